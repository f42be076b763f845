"""The exported report in a browser that reaches nothing: the committed one, and a hostile one."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import report_states
from tests.support.browser_pages import LIMIT_MS, Watch, serious_faults

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 15_000_000
PAPER = {"width": 703, "height": 1000}  # px between the margins of A4


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The folder that `python -m dashboard.export` wrote, and what it printed."""
    out = tmp_path_factory.mktemp("export")
    return out, run_export(out)


def run_export(out, *options, data=None):
    command = [sys.executable, "-m", "dashboard.export", "embedded", str(out), *options]
    env = {"PATH": "/usr/bin:/bin", "PYTHONWARNINGS": "error"}
    if data is not None:
        env["THREE_LENSES_DATA"] = str(data)
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr[-800:]
    return done.stdout


@pytest.fixture(scope="module", params=["light", "dark"])
def themed(request, exported, browser):
    """The file, opened in one of the two themes; the theme, and what was watched."""
    page, watch = opened(browser, exported[0] / "report.html", color_scheme=request.param)
    yield page, request.param, watch
    page.context.close()


def test_the_file_opens_from_disk_and_draws_every_figure(exported, themed):
    page, scheme, watch = themed
    assert (exported[0] / "report.html").stat().st_size <= MOST_BYTES
    charts = page.locator(".chart")
    with_marks = page.locator(".chart:has(svg.marks, canvas.marks)")
    assert charts.count() == with_marks.count() > 20
    assert page.locator("img:not([alt]), .chart:not([aria-label])").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(16, 21, 28)"}[scheme]
    assert not watch.errors
    assert not watch.elsewhere


def test_the_file_begins_with_a_front_page_and_its_contents(themed):
    page = themed[0]
    assert page.locator("h1").count() == 1
    assert page.locator("main > article").first.get_attribute("id") == "overview"
    assert page.locator(".front .border:has(img)").count() == 4
    assert page.locator(".claims > .row").count() == page.locator(".claims img").count() > 5
    contents = page.get_by_role("navigation", name="Contents")
    places = contents.locator("a").evaluate_all("links => links.map(one => one.hash.slice(1))")
    assert places == page.locator("article + article, nav + article").evaluate_all(
        "pages => pages.map(one => one.id)"
    )
    order = "one => one.previousElementSibling.id"
    assert contents.evaluate(order) == "overview"


def test_axe_finds_nothing_serious_in_the_file(themed):
    assert not serious_faults(themed[0])


def opened(browser, file, **options):
    page = browser.new_context(offline=True, **options).new_page()
    watch = Watch(page)
    page.goto(file.as_uri(), timeout=LIMIT_MS)
    page.locator("body[data-drawn=all]").wait_for(timeout=LIMIT_MS)
    return page, watch


def test_everything_that_the_site_shows_is_in_the_file(exported):
    out, printed = exported
    assert "only on the site" not in printed
    captions = (out / "figures" / "captions.md").read_text(encoding="utf-8")
    for width in ("single-column", "double-column"):
        names = {file.stem for file in (out / "figures" / width).glob("*.svg")}
        assert len(names) > 20
        for kind in ("pdf", "png"):
            assert {file.stem for file in (out / "figures" / width).glob(f"*.{kind}")} == names
        assert set(re.findall(r"^## (\S+)$", captions, re.MULTILINE)) == names
    assert len(list((out / "data").glob("*.csv"))) > 20


def test_the_pdf_is_printed_with_its_figures(exported):
    content = (exported[0] / "report.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert content.count(b"/Type /Page") > 11


def test_paper_holds_tables_whole_and_how_everything_was_measured(exported, browser):
    page, _ = opened(browser, exported[0] / "report.html", viewport=PAPER)
    page.emulate_media(media="print")
    cut = """tables => tables.filter(one => one.checkVisibility() && (
        one.scrollHeight > one.clientHeight || one.scrollWidth > one.clientWidth))
        .map(one => one.ariaLabel)"""
    on_landscape_paper = ":has(th:nth-child(12))"
    assert page.locator(f".table:not({on_landscape_paper})").evaluate_all(cut) == []
    sideways = page.locator(f".table{on_landscape_paper}")
    assert sideways.evaluate_all("tables => tables.map(one => getComputedStyle(one).page)") == (
        ["wide"] * sideways.count()
    )
    methods = page.locator("details").filter(has_text="How this was measured").locator("p")
    assert methods.count() > page.locator("article").count()
    assert methods.evaluate_all("texts => texts.every(one => one.checkVisibility())")
    page.context.close()


def test_a_phone_shows_charts_without_their_menus_and_tables_with_room(exported, browser):
    page, _ = opened(browser, exported[0] / "report.html", viewport={"width": 390, "height": 900})
    charts = page.locator(".vega-embed.has-actions")
    assert charts.count() > 20
    room = "charts => new Set(charts.map(one => getComputedStyle(one).paddingRight)).size"
    assert charts.evaluate_all(room) == 1
    assert charts.first.evaluate("one => getComputedStyle(one).paddingRight") == "0px"
    assert not page.locator(".vega-embed > details").first.is_visible()
    cell = page.get_by_role("cell", name="Adds the gap vector to every text")
    assert cell.bounding_box()["width"] > 250
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.close()


def test_a_hostile_report_runs_nothing(tmp_path, browser):
    printed = run_export(
        tmp_path / "out", "--html-only", data=report_states.hostile(tmp_path / "data")
    )
    assert "report.html" in printed
    page, watch = opened(browser, tmp_path / "out" / "report.html")
    assert page.evaluate("window.hacked === undefined")
    assert page.locator("article script:not([type='application/json']), [onerror]").count() == 0
    assert page.locator("a[href^=javascript], img[src^=http]").count() == 0
    assert report_states.HOSTILE_TEXT in page.locator("main").inner_text()
    assert not watch.errors
    assert not watch.elsewhere
    page.context.close()


def test_the_site_offers_the_same_file(server, browser, tmp_path):
    page = browser.new_context(accept_downloads=True).new_page()
    page.goto(server.address, timeout=LIMIT_MS)
    page.get_by_text("How this was measured").wait_for(timeout=LIMIT_MS)
    with page.expect_download(timeout=200_000) as saved:  # one press is enough
        page.get_by_role("button", name="Download report").click()
        page.get_by_text(re.compile(r"Page \d+ of \d+: \w+")).wait_for(timeout=LIMIT_MS)
    assert saved.value.suggested_filename == "three-lenses-embedded.html"
    saved.value.save_as(tmp_path / "report.html")
    page.get_by_role("button", name=re.compile(r"^Save \d")).wait_for(timeout=LIMIT_MS)
    assert "Three Lenses: report embedded" in (tmp_path / "report.html").read_text(encoding="utf-8")
    page.context.close()
