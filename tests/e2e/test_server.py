"""Every page in a real browser: both themes, three widths, no error, nobody else asked."""

from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError

from dashboard import navigation
from tests.support.axe import serious_faults
from tests.support.browser_watch import Watch

PAGES = [name for pages in navigation.SECTIONS.values() for name, _, _ in pages]
WIDTHS = (1440, 768, 390)
SHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"  # ignored by git


def address_of(server, name):
    return f"{server.address}/{'' if name == navigation.FIRST else name.replace('_', '-')}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_whole_and_readable(server, browser, scheme):
    context = browser.new_context(color_scheme=scheme, locale="en-GB")
    page = context.new_page()
    watch = Watch(page, server.address)
    SHOTS.mkdir(parents=True, exist_ok=True)
    for name in PAGES:
        page.set_viewport_size({"width": WIDTHS[0], "height": 1000})
        page.goto(address_of(server, name))
        page.get_by_text("How this was measured").wait_for(timeout=60_000)
        page.wait_for_load_state("networkidle")
        assert page.get_by_test_id("stException").count() == 0, name
        assert page.get_by_text("cannot be shown").count() == 0, name
        assert page.locator("[data-testid=stMain] img:not([alt])").count() == 0, name
        assert not serious_faults(page, "[data-testid=stMain]"), name
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 1000})
            fits = wait_until_it_fits(page)
            height = page.get_by_test_id("stMain").evaluate("element => element.scrollHeight")
            page.set_viewport_size({"width": width, "height": min(height + 80, 12_000)})
            page.screenshot(path=SHOTS / f"{name}-{scheme}-{width}.png")
            assert fits, f"{name} is too wide for {width} px"
        assert not watch.errors, name
    assert not watch.elsewhere
    maps = Path(f"/proc/{server.process.pid}/maps")
    if maps.exists():
        assert "libtorch" not in maps.read_text()
    context.close()


def wait_until_it_fits(page):
    """Say whether the page becomes as narrow as its window; charts follow it with a delay."""
    narrow = """() => {
        const main = document.querySelector("[data-testid=stMain]");
        return main.scrollWidth <= main.clientWidth;
    }"""
    page.wait_for_timeout(300)
    try:
        page.wait_for_function(narrow, timeout=10_000)
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize("name", ["one_picture", "attention", "masking", "reconstructions"])
def test_pictures_stay_in_their_columns_on_a_laptop(server, browser, name):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(address_of(server, name))
    page.get_by_text("How this was measured").wait_for(timeout=60_000)
    charts = page.locator("[data-testid=stColumn] .marks")
    charts.first.wait_for(timeout=60_000)  # a busy machine draws it long after the last words
    page.wait_for_load_state("networkidle")
    stays = """() => [...document.querySelectorAll("[data-testid=stMain] [data-testid=stColumn]")]
        .every(column => [...column.querySelectorAll("img, .marks")].every(picture =>
            !picture.checkVisibility() ||
            picture.getBoundingClientRect().right <= column.getBoundingClientRect().right + 4))"""
    page.wait_for_function(stays, timeout=10_000)  # charts follow the page with a delay
    page.close()


def test_ten_claims_stand_on_one_screen(server, browser):
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.goto(server.address)
    page.get_by_text("How this was measured").wait_for(timeout=60_000)
    links = page.locator(".st-key-claims [data-testid=stPageLink]")
    links.nth(9).wait_for()
    assert links.count() == 10
    bottom = "link => link.getBoundingClientRect().bottom < 1000"
    link = links.last.element_handle()
    page.wait_for_function(bottom, arg=link, timeout=10_000)  # the style arrives after the rows
    page.close()


def test_hovering_shows_a_value_and_the_keyboard_reaches_the_controls(server, browser):
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.goto(f"{server.address}/attention")
    page.get_by_text("How this was measured").wait_for(timeout=60_000)
    page.wait_for_load_state("networkidle")
    page.get_by_test_id("stVegaLiteChart").first.hover(position={"x": 150, "y": 120})
    page.locator("#vg-tooltip-element.visible").wait_for(timeout=10_000)
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.innerText || document.activeElement.ariaLabel")
        )
    for control in ("Link to this view", "Download report", "rollout"):
        assert any(control in (text or "") for text in reached), control
    page.close()


def test_the_slider_moves_the_layout_from_before_to_after(server, browser):
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.goto(f"{server.address}/alignment")
    slider = page.locator(".vega-bind input[type=range]").first
    slider.wait_for(timeout=60_000)
    slider.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    chart = page.get_by_test_id("stVegaLiteChart").filter(has=page.locator("input[type=range]"))
    points = chart.locator("canvas").first  # without the slider, which moves in any case
    before = points.screenshot()
    slider.fill("1")
    for _ in range(50):
        if points.screenshot() != before:
            break
        page.wait_for_timeout(200)
    else:
        pytest.fail("the layout stayed where it was for 10 s")
    page.close()


def test_a_chart_is_drawn_and_not_squeezed(server, browser):
    page = browser.new_page()
    page.goto(f"{server.address}/attention")
    chart = page.get_by_test_id("stVegaLiteChart").nth(0)
    chart.wait_for(timeout=30_000)
    tall = "chart => chart.getBoundingClientRect().height > 250"
    page.wait_for_function(tall, arg=chart.element_handle(), timeout=10_000)
    page.close()
