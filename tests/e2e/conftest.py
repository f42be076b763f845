"""A server as a user starts it, and a browser, for every test of the pages in it."""

import pytest
from playwright.sync_api import sync_playwright

from tests.support.serving import CHROMIUM, CHROMIUM_ARGUMENTS, serve


@pytest.fixture(scope="session")
def server():
    """A server of the repository's own report."""
    with serve() as running:
        yield running


@pytest.fixture(scope="module")
def browser():
    """A browser for one file of tests: while its driver runs, nobody can start another loop."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: no page was looked at in a browser")
    with sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield launched
        launched.close()
