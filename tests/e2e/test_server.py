"""The server as a user starts it, and its pages in a real browser."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from dashboard import navigation

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PAGES = [name for pages in navigation.SECTIONS.values() for name, _, _ in pages]
STARTS_WITHIN_SECONDS = 60


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address and process of a server started in the repository's root."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (tmp_path_factory.mktemp("server") / "log").open("w+")
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/Home.py"]
    process = subprocess.Popen(
        [*command, "--server.port", str(port), "--server.address", "127.0.0.1"],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if key != "THREE_LENSES_DATA"},
        stdout=log,
        stderr=log,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_healthy(address, process)
        yield address, process
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


def wait_until_healthy(address, process):
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended by itself"
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server did not become healthy")


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: no page was looked at in a browser")
    with sync_playwright() as driver:
        launched = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield launched
        launched.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_every_page_is_whole_and_asks_nobody_else(server, browser, scheme, width):
    address, process = server
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}, locale="en-GB"
    )
    page = context.new_page()
    elsewhere = []
    page.on("request", lambda request: note_elsewhere(request.url, address, elsewhere))
    for name in PAGES:
        page.goto(f"{address}/{'' if name == 'overview' else name.replace('_', '-')}")
        page.get_by_text("How this was measured").wait_for(timeout=30_000)
        assert page.get_by_test_id("stException").count() == 0, name
        assert page.get_by_text("cannot be shown").count() == 0, name
        main = page.get_by_test_id("stMain")
        assert main.evaluate("element => element.scrollWidth - element.clientWidth") <= 0, name
    assert not elsewhere
    maps = Path(f"/proc/{process.pid}/maps")
    if maps.exists():
        assert "libtorch" not in maps.read_text()
    context.close()


def note_elsewhere(url, address, elsewhere):
    host = address.removeprefix("http://")
    if host not in url and not url.startswith(("data:", "blob:")):
        elsewhere.append(url)


def test_a_chart_is_drawn_and_not_squeezed(server, browser):
    page = browser.new_page()
    page.goto(f"{server[0]}/attention")
    chart = page.get_by_test_id("stVegaLiteChart").nth(0)
    chart.wait_for(timeout=30_000)
    page.wait_for_timeout(1500)
    assert chart.bounding_box()["height"] > 250
    page.close()
