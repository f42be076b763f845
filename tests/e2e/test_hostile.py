"""A report whose every text attacks its reader, on the site in a browser."""

import shutil

import pytest

from tests.support import report_states
from tests.support.browser_pages import Watch, open_page
from tests.support.serving import ROOT, serve

ATTACKS = (
    "www.evil.example https://evil.example a@evil.example [a](https://evil.example) "
    "![b](http://127.0.0.1:9/evil.png) <img src=http://127.0.0.1:9/evil.png>"
)
PAGES = ("", "one-picture", "attention", "faithfulness", "latent-space", "explorer")


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A server of a copy of the site whose one report is hostile."""
    for name in ("HOSTILE_TEXT", "HOSTILE_LINK"):
        monkeypatch.setattr(report_states, name, ATTACKS)
    for name in ("dashboard", "store", ".streamlit"):
        leave_out = shutil.ignore_patterns("data", "__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=leave_out)
    (tmp_path / "store" / "data").mkdir()
    report_states.hostile(tmp_path / "store" / "data")
    with serve(root=tmp_path) as running:
        yield running


def test_no_text_of_a_report_leads_or_asks_anywhere(site, browser):
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    watch = Watch(page, site.address)
    for name in PAGES:
        open_page(page, f"{site.address}/{name}")
        page.wait_for_load_state("networkidle")  # what it asks for, it has asked for
        assert page.get_by_text("evil.example").count(), name
        assert page.locator("a[href*=evil i]:not([href^='#'])").count() == 0, name
    assert not watch.elsewhere
    page.close()
