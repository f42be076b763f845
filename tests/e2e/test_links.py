"""A link copied from a page opens the same view; one that asks for nonsense says so."""

import io
import itertools
import re
import time

import numpy as np
from PIL import Image

from tests.support.browser_pages import (
    LIMIT_MS,
    open_page,
    wait_for_promise,
    wait_for_two_frames,
    wait_until_whole,
)


def test_a_copied_link_opens_the_same_view(server, browser):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    open_page(page, f"{server.address}/attention")
    choose(page, "Method", "rollout")
    page.get_by_role("heading", name="rollout, all layers").wait_for(timeout=LIMIT_MS)
    wait_until_whole(page)
    click_the_fourth_thumbnail(page)
    page.get_by_text("Picture 4").wait_for(timeout=LIMIT_MS)
    copied = copy_link(page)
    assert "image=4" in copied
    assert "method=rollout" in copied

    other = context.new_page()
    other.goto(copied, timeout=LIMIT_MS)
    other.get_by_text("Picture 4").wait_for(timeout=LIMIT_MS)
    wait_until_whole(other)
    assert other.get_by_role("heading", name="rollout, all layers").count() == 1
    assert copy_link(other) == copied
    context.close()


def test_a_thumbnail_can_be_clicked_again_after_another_choice_in_the_list(server, browser):
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    open_page(page, f"{server.address}/attention")
    click_the_fourth_thumbnail(page)
    page.get_by_role("heading", name="Picture 4").wait_for(timeout=LIMIT_MS)
    choose(page, "Picture", re.compile("^2 · "))
    page.get_by_role("heading", name="Picture 2").wait_for(timeout=LIMIT_MS)
    wait_until_whole(page)
    click_the_fourth_thumbnail(page)
    page.get_by_role("heading", name="Picture 4").wait_for(timeout=LIMIT_MS)
    page.close()


def click_the_fourth_thumbnail(page):
    wall = page.locator("[class*=image_wall] .vega-embed").first
    wall.click(position={"x": 3.5 * 42, "y": 0.5 * 42})


def test_a_click_in_a_layout_chooses_the_picture_and_is_in_the_link(server, browser):
    context = browser.new_context(
        permissions=["clipboard-read", "clipboard-write"], viewport={"width": 1440, "height": 1000}
    )
    page = context.new_page()
    open_page(page, f"{server.address}/modality-gap")
    chart = page.locator("[class*=gap_layout]")
    chart.scroll_into_view_if_needed()
    wait_until_whole(page)
    place = hover_an_image(page, chart)
    chart.click(position=place)
    page.get_by_text("Nearest in the embedding space to picture").wait_for(timeout=LIMIT_MS)
    copied = copy_link(page)
    assert "picture=" in copied

    other = context.new_page()
    other.goto(copied, timeout=LIMIT_MS)
    other.get_by_text("Nearest in the embedding space to picture").wait_for(timeout=LIMIT_MS)
    context.close()


def choose(page, label, option):
    """Choose in a list, brought into view first: a list closes when its click scrolls the page."""
    combobox = page.get_by_role("combobox", name=label)
    combobox.evaluate("element => element.scrollIntoView({block: 'center'})")
    combobox.click()
    page.get_by_role("option", name=option, exact=True).click()


def hover_an_image(page, chart):
    """Hover coloured places in the layout's right part until a picture shows; return the place."""
    pixels = np.asarray(Image.open(io.BytesIO(chart.screenshot())).convert("RGB")).astype(int)
    coloured = np.ptp(pixels, axis=-1) > 40
    coloured[int(len(coloured) * 0.75) :] = False  # the legend
    coloured[:, : int(coloured.shape[1] * 0.7)] = False  # where most of the texts are
    places = np.argwhere(coloured)
    some = places[:: max(1, len(places) // 30)].tolist()
    end = time.monotonic() + LIMIT_MS / 1000
    for down, across in itertools.cycle(some):  # a busy machine may answer on the next round
        chart.hover(position={"x": across, "y": down})
        wait_for_two_frames(page)
        if page.locator("#vg-tooltip-element.visible img").count():
            return {"x": across, "y": down}
        if time.monotonic() > end:
            break
    raise AssertionError(f"none of {len(places)} coloured places shows a picture")


def copy_link(page):
    wait_until_whole(page)
    page.evaluate("navigator.clipboard.writeText('')")
    page.get_by_role("button", name="Link to this view").click()
    code = page.get_by_test_id("stCode").first
    code.hover()
    code.locator("button").first.click()
    wait_for_promise(page, "navigator.clipboard.readText()")
    page.keyboard.press("Escape")
    return page.evaluate("navigator.clipboard.readText()")


def test_an_unknown_value_in_a_link_falls_back_with_a_notice(server, browser):
    page = browser.new_page()
    open_page(page, f"{server.address}/attention?image=no-such-picture&report=../../etc")
    assert page.get_by_text("“no-such-picture” is not available here").is_visible()
    assert page.get_by_text("../../etc").count() == 1
    assert page.get_by_text("cannot be shown").count() == 0
    page.close()
