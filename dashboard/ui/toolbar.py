"""What stands above every page: a link to exactly this view, and the whole report as a file."""

import re
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import Future
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from dashboard import loaders
from dashboard.ui import formatting

ROOT = Path(__file__).resolve().parents[2]
KEY = "page-tools"  # the exporter leaves out what has this key
LIMIT_SECONDS = 600
ONE_AT_A_TIME = threading.Lock()  # an export takes as much memory as the site itself
POLL_SECONDS = 0.2
PROGRESS = re.compile(r"(\d+)/(\d+) ?(.*)")
BAR_PX = 340
SAVE = "save-report"
PRESS = f"""<script>
  const press = (tries) => {{
    const button = document.querySelector(".st-key-{SAVE} button");
    if (button) button.click();
    else if (tries) setTimeout(press, 100, tries - 1);
  }};
  press(50);
</script>"""


@st.fragment
def draw() -> None:
    """Draw both tools; call it once the page has run, when the URL holds what was chosen."""
    with st.container(horizontal=True, horizontal_alignment="right"):
        with st.popover("Link to this view", icon=":material/link:", type="tertiary"):
            st.caption("Opens this page with the same report and the same choices.")
            st.code(link(), language=None, wrap_lines=True)
        report = loaders.chosen_report()
        pressed = report and st.button(
            "Download report",
            icon=":material/download:",
            help="All pages in one file that opens without a network. Made on request, in seconds.",
            type="tertiary",
        )
    if pressed:
        with st.container(horizontal=True, horizontal_alignment="right"):
            _download(report)


def _download(report: str) -> None:
    """Draw how far the file is, and in the end save it."""
    state = loaders.report_state(report)
    making = export_of(report, state)
    bar = st.progress(0.0, making.words, width=BAR_PX)
    while not making.document.done():  # whoever clicks elsewhere leaves this loop, not the export
        time.sleep(POLL_SECONDS)
        bar.progress(making.share, making.words, width=BAR_PX)
    bar.empty()
    try:
        content = making.document.result()
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        export_of.cache_clear()  # so that the next press tries again
        st.error(formatting.escaped(f"{error} Press the button to try again."))
        return
    st.download_button(
        f"Save {len(content) / 1e6:.1f} MB",
        content,
        file_name=f"three-lenses-{report}.html",
        mime="text/html",
        icon=":material/save:",
        key=SAVE,
        on_click="ignore",
        type="tertiary",
    )
    st.html(
        PRESS, width="content", unsafe_allow_javascript=True
    )  # one press is enough; the button is for another


def link() -> str:
    """Return the address of this page with every choice that is not the first one."""
    chosen = urlencode(st.query_params.to_dict())
    return (st.context.url or "/") + (f"?{chosen}" if chosen else "")


class Export:
    """One report on its way to a file: how far it is, and in the end the file's bytes."""

    def __init__(self, report: str) -> None:
        """Start as soon as no other export runs."""
        self.share = 0.0  # of the pages
        self._first_seconds = 0.0
        self.words = "Waiting for another export"
        self.document: Future[bytes] = Future()
        # A daemon, so that a server that is told to end does not wait for an export.
        threading.Thread(target=self._run, args=[report], daemon=True).start()

    def _run(self, report: str) -> None:
        try:
            with ONE_AT_A_TIME:
                self.document.set_result(self._make(report))
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            self.document.set_exception(error)

    def _make(self, report: str) -> bytes:
        options = ["--html-only", "--progress", "--", report]
        command = [sys.executable, "-m", "dashboard.export", *options]
        self.words, begun = "Starting", time.monotonic()
        with tempfile.TemporaryDirectory() as out, tempfile.TemporaryFile("w+") as complaints:
            making = subprocess.Popen(
                [*command, out], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=complaints
            )
            watchdog = threading.Timer(LIMIT_SECONDS, making.kill)
            watchdog.start()
            with making:
                assert making.stdout is not None
                for line in making.stdout:
                    self._hear(line, time.monotonic() - begun)
            watchdog.cancel()
            if making.returncode:
                complaints.seek(0)
                why = complaints.read().strip().splitlines()[-1:] or [
                    "the exporter ended by itself"
                ]
                raise RuntimeError(f"The report could not be exported: {why[0]}")
            return (Path(out) / "report.html").read_bytes()

    def _hear(self, line: str, seconds: float) -> None:
        """Take in `pages done/pages in all, title`; pages to come take as long as those done."""
        heard = PROGRESS.match(line)
        if not heard:
            return
        n_done, n_pages = int(heard[1]), int(heard[2])
        self.share = n_done / n_pages
        self.words = f"Page {min(n_done + 1, n_pages)} of {n_pages}: {heard[3] or 'the whole file'}"
        if n_done <= 1:
            self._first_seconds = seconds  # the first page waits for the program to start as well
        else:
            a_page = (seconds - self._first_seconds) / (n_done - 1)
            self.words += f", about {a_page * (n_pages - n_done):.0f} s left"


@lru_cache(maxsize=2)
def export_of(report: str, state: tuple[loaders.FileKey, ...]) -> Export:
    """Return the export of a known report; of another state of its files, another one."""
    return Export(report)
