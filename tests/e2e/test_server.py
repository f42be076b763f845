"""Every page in a real browser: both themes, three widths, no error, nobody else asked."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from dashboard import navigation
from tests.support.browser_pages import (
    LIMIT_MS,
    Watch,
    open_page,
    serious_faults,
    wait_until_whole,
)

PAGES = list(navigation.PAGES)
WIDTHS = (1440, 768, 390)
SHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"  # ignored by git
LAPTOP = {"width": 1280, "height": 800}
SCREEN = {"width": 1440, "height": 1000}
FITS = """() => {
    const main = document.querySelector("[data-testid=stMain]");
    return main.scrollWidth <= main.clientWidth;
}"""


def address_of(server, name):
    return f"{server.address}/{'' if name == navigation.FIRST else navigation.PAGES[name].url_path}"


@pytest.fixture(scope="module", params=["light", "dark"])
def themed(request, browser):
    """A browser's page in one of the two themes, and the theme."""
    context = browser.new_context(color_scheme=request.param, locale="en-GB")
    yield context.new_page(), request.param
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_whole_and_readable(server, themed, name):
    page, scheme = themed
    watch = Watch(page, server.address)
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.set_viewport_size(SCREEN)
    open_page(page, address_of(server, name))
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_text("cannot be shown").count() == 0
    assert page.locator("[data-testid=stMain] img:not([alt])").count() == 0
    assert not serious_faults(page, "[data-testid=stMain]")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 1000})
        wait_until_whole(page)  # charts follow the window with a delay
        page.wait_for_function(FITS, timeout=LIMIT_MS)
        height = page.get_by_test_id("stMain").evaluate("element => element.scrollHeight")
        page.set_viewport_size({"width": width, "height": min(height + 80, 12_000)})
        page.screenshot(path=SHOTS / f"{name}-{scheme}-{width}.png")
    assert not watch.errors
    assert not watch.elsewhere
    maps = Path(f"/proc/{server.process.pid}/maps")
    assert not maps.exists() or "libtorch" not in maps.read_text()


@pytest.mark.parametrize("name", ["one_picture", "attention", "masking", "reconstructions"])
def test_pictures_stay_in_their_columns_on_a_laptop(server, browser, name):
    page = browser.new_page(viewport=LAPTOP)
    open_page(page, address_of(server, name))
    page.locator("[data-testid=stColumn] .marks").first.wait_for(timeout=LIMIT_MS)
    stays = """() => [...document.querySelectorAll("[data-testid=stMain] [data-testid=stColumn]")]
        .every(column => [...column.querySelectorAll("img, .marks")].every(picture =>
            !picture.checkVisibility() ||
            picture.getBoundingClientRect().right <= column.getBoundingClientRect().right + 4))"""
    page.wait_for_function(stays, timeout=LIMIT_MS)
    page.close()


@pytest.mark.parametrize(
    ("width", "height", "n_figures"), [(1440, 900, 4), (390, 844, 1)], ids=["laptop", "phone"]
)
def test_the_first_screen_holds_the_headline_and_the_figures(
    server, browser, width, height, n_figures
):
    page = browser.new_page(viewport={"width": width, "height": height})
    open_page(page, server.address)
    figures = page.locator(".st-key-front [data-testid=stColumn]")
    expect(figures).to_have_count(4, timeout=LIMIT_MS)
    bottom = f"figure => figure.getBoundingClientRect().bottom <= {height}"
    figure = figures.nth(n_figures - 1).element_handle()
    page.wait_for_function(bottom, arg=figure, timeout=LIMIT_MS)  # the style comes after it
    assert page.locator("h1").bounding_box()["y"] > 0
    expect(page.locator(".st-key-claims [data-testid=stPageLink]")).to_have_count(12)
    page.close()


def test_a_figure_of_the_front_page_opens_the_view_that_it_shows(server, browser):
    page = browser.new_page(viewport=SCREEN)
    open_page(page, server.address)
    page.locator(".st-key-front [data-testid=stPageLink] a").first.click(timeout=LIMIT_MS)
    expect(page.locator("h1")).to_have_text("Where does the CLS token attend?", timeout=LIMIT_MS)
    assert "report=photographs" in page.url
    page.close()


def test_hovering_shows_a_value_and_the_keyboard_reaches_the_controls(server, browser):
    page = browser.new_page(viewport=SCREEN)
    open_page(page, f"{server.address}/attention")
    page.get_by_test_id("stVegaLiteChart").first.hover(position={"x": 150, "y": 120})
    page.locator("#vg-tooltip-element.visible").wait_for(timeout=LIMIT_MS)
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.innerText || document.activeElement.ariaLabel")
        )
    for control in ("Link to this view", "Download report", "rollout"):
        assert any(control in (text or "") for text in reached), control
    page.close()


def test_the_slider_and_play_move_the_layout_from_before_to_after(server, browser):
    page = browser.new_page(viewport=SCREEN)
    open_page(page, f"{server.address}/alignment")
    slider = page.locator(".vega-bind input[type=range]").first
    slider.scroll_into_view_if_needed()
    chart = page.get_by_test_id("stVegaLiteChart").filter(has=page.locator("input[type=range]"))
    points = chart.locator("canvas").first.element_handle()  # without the slider, which moves
    before = points.evaluate("canvas => canvas.toDataURL()")
    slider.fill("1")
    moved = "([canvas, before]) => canvas.toDataURL() !== before"
    page.wait_for_function(moved, arg=[points, before], timeout=LIMIT_MS)
    after = points.evaluate("canvas => canvas.toDataURL()")
    chart.locator(".vega-bind input[type=checkbox]").first.check()  # it plays by itself
    page.wait_for_function(moved, arg=[points, after], timeout=LIMIT_MS)
    page.close()


def test_a_chart_is_drawn_and_not_squeezed(server, browser):
    page = browser.new_page()
    open_page(page, f"{server.address}/attention")
    tall = """() => [...document.querySelectorAll("[data-testid=stVegaLiteChart]")]
        .some(chart => chart.getBoundingClientRect().height > 250)"""
    page.wait_for_function(tall, timeout=LIMIT_MS)
    page.close()
