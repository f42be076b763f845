"""A page in a browser: when it is whole, what it asks for and complains of, what axe finds on it.

Waits are for conditions, with a limit that only a page which never gets there reaches: a busy
machine takes long for what a quiet one does at once.
"""

import re
import time

from axe_playwright_python.sync_playwright import Axe

LIMIT_MS = 120_000
SERIOUS = ("serious", "critical")
# Streamlit's page, opened at /PAGE, first looks for its server under /PAGE/ and then at the root.
# The two answers 404 are how it finds out; nothing in an app can spare it the question.
PROBE = re.compile(r"/[a-z-]+/_stcore/(health|host-config)$")

# No element's code is still on its way (Streamlit holds its place with a skeleton), every chart
# that a reader sees has its marks, and nothing moved from one frame to the next.
WHOLE = """async () => {
    const app = document.querySelector("[data-testid=stApp]");
    if (app?.getAttribute("data-test-script-state") !== "notRunning") return false;
    const main = document.querySelector("[data-testid=stMain]");
    if (document.querySelector("[data-testid=stSkeleton]")) return false;
    const charts = [...main.querySelectorAll("[data-testid=stVegaLiteChart]")]
        .filter(chart => chart.checkVisibility());
    const places = () => [main, ...charts.map(chart => chart.querySelector(".marks"))].map(one => {
        const { x, y, width, height } = one?.getBoundingClientRect() ?? { width: 0 };
        return [x, y, width, height, one?.scrollWidth, one?.scrollHeight];
    });
    const frame = () => new Promise(requestAnimationFrame);
    const before = places();
    for (let n = 0; n < 10; n++) await frame();
    const after = places();
    return after.every(place => place[2] > 0) && JSON.stringify(before) === JSON.stringify(after);
}"""


def open_page(page, address):
    """Open a page of the site and wait until it is whole."""
    page.goto(address, timeout=LIMIT_MS)
    wait_until_whole(page)


def wait_until_whole(page):
    """Wait until the page has run, its last words stand, and every chart is drawn and at rest."""
    page.get_by_text("How this was measured").wait_for(timeout=LIMIT_MS)
    wait_for_promise(page, WHOLE)


def wait_for_promise(page, condition):
    """Wait until what a condition promises is true: `wait_for_function` takes any promise so."""
    ends = time.monotonic() + LIMIT_MS / 1000
    while not page.evaluate(condition):
        assert time.monotonic() < ends, f"{page.url}: not so after {LIMIT_MS / 1000:g} s"
        page.wait_for_timeout(50)


def wait_for_two_frames(page):
    """Wait until the page has drawn what the last event led to."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


class Watch:
    """Collects console errors, uncaught errors and requests to anyone but the server."""

    def __init__(self, page, address=""):
        self.errors, self.elsewhere = [], []
        self.address = address
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._request)

    def _console(self, message):
        asked = message.location.get("url", "")
        probe = "404" in message.text and PROBE.search(asked)
        if message.type == "error" and not probe:
            self.errors.append(f"{message.text} ({asked})")

    def _request(self, request):
        own = self.address and self.address.removeprefix("http://") in request.url
        if not own and not request.url.startswith(("data:", "blob:", "file:")):
            self.elsewhere.append(request.url)


def serious_faults(page, within="body"):
    """What would keep a reader from the page: rule, how often, the first place.

    within: a selector, to leave out what is not ours.
    """
    faults = Axe().run(page, context=within).response["violations"]
    return [
        (fault["id"], len(fault["nodes"]), fault["nodes"][0]["html"])
        for fault in faults
        if fault["impact"] in SERIOUS
    ]
