"""Draw the README's pictures anew from the committed reports: `python -m tests.pictures`."""

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.support.browser_pages import open_page, wait_for_two_frames
from tests.support.serving import CHROMIUM, CHROMIUM_ARGUMENTS, serve

DOCS = Path(__file__).resolve().parents[1] / "docs"
SCREEN = {"width": 1440, "height": 900}
FRAMES, HOLD, FRAME_MS = 14, 6, 70  # of the animation: on the way, at each end, each of them
WIDTH, COLOURS = 760, 48  # of the animation


def front_page(page: Page, address: str) -> None:
    """Take the first screen."""
    open_page(page, f"{address}/?report=embedded")
    page.screenshot(path=DOCS / "overview.png")


def attention(page: Page, address: str) -> None:
    """Take the attention page of the photographs, without the sidebar."""
    open_page(page, f"{address}/attention?report=photographs")
    page.locator("[data-testid=stMain]").screenshot(path=DOCS / "attention.png")


def alignment(page: Page, address: str) -> None:
    """Play the way from before to after Procrustes, and back."""
    open_page(page, f"{address}/alignment?report=embedded")
    slider = page.locator(".vega-bind input[type=range]").first
    chart = page.get_by_test_id("stVegaLiteChart").filter(has=slider).first
    shares = [step / FRAMES for step in range(FRAMES + 1)]
    stills = []
    for share in [0.0] * HOLD + shares + [1.0] * HOLD + shares[::-1]:
        slider.fill(f"{share:.2f}")
        wait_for_two_frames(page)
        still = Image.open(io.BytesIO(chart.screenshot())).convert("RGB")
        height = round(still.height * WIDTH / still.width)
        stills.append(still.resize((WIDTH, height), Image.Resampling.LANCZOS))
    palette = stills[0].quantize(COLOURS, dither=Image.Dither.NONE)
    first, *others = (still.quantize(palette=palette, dither=Image.Dither.NONE) for still in stills)
    first.save(
        DOCS / "alignment.gif", save_all=True, append_images=others, duration=FRAME_MS, loop=0
    )


def main() -> None:
    """Draw all three."""
    with serve() as server, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(viewport=SCREEN, color_scheme="light")
        for draw in (front_page, attention, alignment):
            draw(page, server.address)
        browser.close()


if __name__ == "__main__":
    main()
