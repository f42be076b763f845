"""What the dashboard costs a reader, in Chromium and over its websocket, and its host."""

import asyncio
import random
import re
import statistics
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, BrowserContext, Request, sync_playwright

from dashboard import navigation
from tests.bench.morph_app import N_POINTS
from tests.bench.row import Bound, Row
from tests.support.serving import CHROMIUM, CHROMIUM_ARGUMENTS, Server, serve
from tests.support.websocket_reader import Reader, session

CHOICES = 8  # made on every page by one reader
READERS, EVERY_SECONDS, FOR_SECONDS = 40, 10, 60
KEPT_OPEN, OPENED_AND_CLOSED = 50, 500
MORPH_APP, STEPS = Path(__file__).with_name("morph_app.py"), 60
STREAMLITS_OWN = re.compile(r"/(static|_stcore|vendor)/|/$|^data:|^blob:")
FULL_PAGE = """() => {
    const charts = [...document.querySelectorAll("[data-testid=stVegaLiteChart]")];
    return charts.every(chart => chart.querySelector("canvas, svg"));
}"""
DRAG = """async (slider, steps) => {
    const frame = () => new Promise(requestAnimationFrame);
    const costs = [];
    for (let step = 1; step <= steps; step++) {
        let start;
        requestAnimationFrame(() => (start = performance.now()));
        slider.value = step / steps;
        slider.dispatchEvent(new Event("input"));
        await frame();
        costs.push(performance.now() - start);
    }
    return costs;
}"""
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
MORPH = """async steps => {
    const slider = document.querySelector(".vega-bind input[type=range]");
    const frame = () => new Promise(requestAnimationFrame);
    await frame();
    const start = performance.now();
    for (let step = 1; step <= steps; step++) {
        slider.value = step / steps;
        slider.dispatchEvent(new Event("input"));
        await frame();
    }
    return (performance.now() - start) / steps;
}"""


def rows() -> Iterator[Row]:
    """Yield the rows of one server: a reader's in a browser, then many readers'."""
    with serve() as server:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
            yield from _in_a_browser(browser, server)
            yield _drag(browser, server)
            browser.close()
        yield from asyncio.run(_all(_one_reader(server)))
        yield from asyncio.run(_all(_many_readers(server)))
    yield _morph()


async def _all(rows: AsyncIterator[Row]) -> list[Row]:
    return [row async for row in rows]


def _in_a_browser(browser: Browser, server: Server) -> Iterator[Row]:
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    pages = ["" if p.name == navigation.FIRST else p.url_path for p in navigation.PAGES.values()]
    for name in pages:  # the first visit makes the server's caches and the browser's warm
        _visit(context, f"{server.address}/{name}")
    visits = {name: _visit(context, f"{server.address}/{name}") for name in pages}
    context.close()
    slowest = max(visits, key=lambda name: visits[name][1])
    yield Row(
        work=f"from the click on a link to the first paint, slowest of {len(pages)} pages",
        ours=max(painted for painted, _, _ in visits.values()),
        unit="s",
        limited_by="Streamlit's own start in the browser",
        bound=Bound("at most", 1.5, of="figure"),
    )
    yield Row(
        work=f"the same until its last chart is drawn; slowest: {slowest or 'overview'}",
        ours=visits[slowest][1],
        unit="s",
        limited_by="drawing charts on two cores without a GPU",
        bound=Bound("at most", 3, of="figure"),
    )
    heaviest = max(visits, key=lambda name: visits[name][2])
    yield Row(
        work=f"sent to a browser beyond Streamlit's own files; heaviest page: {heaviest}",
        ours=visits[heaviest][2] / 1e6,
        unit="MB",
        limited_by="pictures of the layouts, or the explorer's decoder",
        bound=Bound("at most", 2, of="figure"),
    )


def _visit(context: BrowserContext, address: str) -> tuple[float, float, int]:
    """Open a page in a new tab: seconds to first paint and last chart, and its bytes."""
    page = context.new_page()
    frames: list[str | bytes] = []
    fetched: list[Request] = []
    page.on(
        "websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(frame))
    )
    page.on("requestfinished", lambda request: fetched.append(request))
    page.goto(address, wait_until="commit")
    page.locator("[data-testid=stHeading] h1").wait_for(timeout=30_000)
    painted = page.evaluate(FIRST_PAINT)
    page.get_by_text("How this was measured").wait_for(timeout=30_000)
    page.wait_for_function(FULL_PAGE)
    ready = page.evaluate("performance.now()")
    own = [request for request in fetched if not STREAMLITS_OWN.search(request.url)]
    n_bytes = sum(map(len, frames)) + sum(one.sizes()["responseBodySize"] for one in own)
    page.close()
    return painted / 1e3, ready / 1e3, n_bytes


async def _one_reader(server: Server) -> AsyncIterator[Row]:
    async with session(server.address) as reader:
        taken = []
        for page in reader.pages:
            await reader.open_page(page)
            taken += [await reader.choose() for _ in range(CHOICES)]
    yield Row(
        work=f"run a page again after a choice in it, 95th percentile of {len(taken)}",
        ours=float(np.percentile(taken, 95)) * 1e3,
        unit="ms",
        limited_by="Altair, where a choice asks for a figure that nobody saw yet",
        bound=Bound("at most", 250, of="figure"),
    )
    yield Row(
        work="the server's memory after all pages in a browser and those choices",
        ours=server.megabytes(),
        unit="MB",
        limited_by="pandas, pyarrow, Altair and Streamlit: 210 MB before the first page",
        bound=Bound("at most", 300, of="figure"),
    )


async def _many_readers(server: Server) -> AsyncIterator[Row]:
    before = server.megabytes()
    async with AsyncExitStack() as stack:
        readers = [
            await stack.enter_async_context(session(server.address, seed))
            for seed in range(KEPT_OPEN)
        ]
        yield Row(
            work=f"memory of one more session, of {KEPT_OPEN} open ones",
            ours=max(0.0, server.megabytes() - before) / KEPT_OPEN,
            unit="MB",
            limited_by="widget states; figures and arrays are shared",
            bound=Bound("at most", 0.5, of="figure"),
        )
        acts = [_reads(reader, seed) for seed, reader in enumerate(readers[:READERS])]
        taken = np.concatenate(await asyncio.gather(*acts))
    yield Row(
        work=f"{READERS} sessions, each acting every {EVERY_SECONDS} s: 95th percentile of "
        f"{len(taken)} acts, no error",
        ours=float(np.percentile(taken, 95)),
        unit="s",
        limited_by="one core: scripts share Python's lock",
        bound=Bound("at most", 1, of="figure"),
    )
    before = server.megabytes()
    for seed in range(OPENED_AND_CLOSED):
        async with session(server.address, seed):
            pass
    yield Row(
        work=f"memory that {OPENED_AND_CLOSED} sessions opened and closed leave behind",
        ours=max(0.0, server.megabytes() - before),
        unit="MB",
        limited_by="sessions kept for a minute in case a reader comes back",
        bound=Bound("at most", 20, of="figure"),
    )


async def _reads(reader: Reader, seed: int) -> list[float]:
    """Read for a while: open a page, make a choice, wait, by turns; return each act's seconds."""
    chance = random.Random(seed)
    taken = []
    await asyncio.sleep(chance.uniform(0, EVERY_SECONDS))
    for act in range(FOR_SECONDS // EVERY_SECONDS):
        page = chance.choice(reader.pages)
        taken.append(await (reader.choose() if act % 2 else reader.open_page(page)))
        await asyncio.sleep(max(0.0, EVERY_SECONDS - taken[-1]))
    return taken


def _drag(browser: Browser, server: Server) -> Row:
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.goto(f"{server.address}/explorer")
    page.get_by_text("Decoded in your browser").wait_for(timeout=60_000)
    page.wait_for_timeout(1000)
    costs = page.locator("#share").evaluate(DRAG, STEPS)
    page.close()
    return Row(
        work=f"a picture of the explorer while a slider moves, median of {STEPS}",
        ours=statistics.median(costs),
        unit="ms",
        limited_by="the decoder's products in JavaScript, on one core",
        bound=Bound("at most", 50, of="figure"),
    )


def _morph() -> Row:
    with serve(str(MORPH_APP)) as server, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(server.address)
        page.locator(".vega-bind input[type=range]").wait_for(timeout=60_000)
        page.wait_for_timeout(1000)
        milliseconds = page.evaluate(MORPH, STEPS)
        browser.close()
    return Row(
        work=f"one step of the slider from before to after, {N_POINTS:,} points, painted",
        ours=milliseconds,
        unit="ms",
        limited_by="Vega's expressions, and a canvas painted without a GPU",
        bound=Bound("at most", 33, of="figure"),
    )
