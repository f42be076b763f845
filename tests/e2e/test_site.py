"""A site from a plain file server, in a browser that may ask nobody else."""

import functools
import hashlib
import re
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.browser_pages import LIMIT_MS, Watch, serious_faults
from tests.support.serving import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder that `python -m dashboard.export --site` wrote of the smaller report."""
    out = tmp_path_factory.mktemp("build") / "site"
    command = [sys.executable, "-m", "dashboard.export", "--site", "photographs", str(out)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr[-800:]
    return out


@pytest.fixture(scope="module")
def address(site):
    handler = functools.partial(Quiet, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}"
        http.shutdown()
        thread.join()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format, *args):
        pass


@pytest.fixture(params=["light", "dark"])
def opened(request, browser, address):
    """The list of reports in one of the two themes; what it asked for elsewhere was refused."""
    context = browser.new_context(color_scheme=request.param, accept_downloads=True)
    page = context.new_page()
    watch = Watch(page, address)
    elsewhere = re.compile(rf"^(?!{re.escape(address)}/|data:|blob:)")
    context.route(elsewhere, lambda route: route.abort())
    page.goto(f"{address}/", timeout=LIMIT_MS)
    yield page, watch
    context.close()


def test_the_list_leads_to_a_report_that_draws_every_figure(opened, address):
    page, watch = opened
    assert page.locator("article").count() == 1
    assert page.locator("img").evaluate_all("all => all.every(one => one.naturalWidth === 1200)")
    assert not serious_faults(page)
    page.get_by_role("link", name="photographs", exact=True).click()
    page.locator("body[data-drawn=all]").wait_for(timeout=LIMIT_MS)
    assert page.url == f"{address}/photographs/index.html"
    charts = page.locator(".chart")
    assert charts.count() == page.locator(".chart:has(svg.marks, canvas.marks)").count() > 0
    assert not serious_faults(page)
    page.get_by_role("link", name="All reports").click()
    page.locator(".index").wait_for(timeout=LIMIT_MS)
    assert not watch.errors
    assert not watch.elsewhere


@pytest.mark.parametrize("place", ["/", "/photographs/"])
def test_a_store_is_saved_as_it_is_listed(opened, address, tmp_path, place):
    page, watch = opened
    page.goto(f"{address}{place}", timeout=LIMIT_MS)
    with page.expect_download(timeout=LIMIT_MS) as saved:
        page.get_by_role("link", name="vit.h5", exact=True).click()
    saved.value.save_as(tmp_path / "vit.h5")
    digest = hashlib.sha256((tmp_path / "vit.h5").read_bytes()).hexdigest()
    assert page.get_by_text(digest).count() == 1
    assert not watch.elsewhere


@pytest.mark.parametrize("place", ["/", "/photographs/"])
def test_a_phone_scrolls_down_alone(opened, address, place):
    page, _ = opened
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}{place}", timeout=LIMIT_MS)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_report_names_its_picture(opened, address):
    page, _ = opened
    page.goto(f"{address}/photographs/", timeout=LIMIT_MS)
    named = page.locator("meta[property='og:image']").get_attribute("content")
    assert page.request.get(f"{address}/photographs/{named}").headers["content-type"] == "image/png"
