"""What stands above every page: a link to exactly this view, and the whole report as a file."""

import subprocess
import sys
import tempfile
import threading
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from dashboard import loaders

ROOT = Path(__file__).resolve().parents[2]
KEY = "page-tools"  # the exporter leaves out what has this key
LIMIT_SECONDS = 600
ONE_AT_A_TIME = threading.Lock()  # an export takes as much memory as the site itself


def draw() -> None:
    """Draw both tools; call it once the page has run, when the URL holds what was chosen."""
    with st.popover("Link to this view", icon=":material/link:", type="tertiary"):
        st.caption("Opens this page with the same report and the same choices.")
        st.code(link(), language=None, wrap_lines=True)
    report = loaders.chosen_report()
    if report:
        st.download_button(
            "Download report",
            lambda: document(report, loaders.report_state(report)),
            file_name=f"three-lenses-{report}.html",
            mime="text/html",
            icon=":material/download:",
            help="All pages in one file that opens without a network. Made on request, in seconds.",
            on_click="ignore",
            type="tertiary",
        )


def link() -> str:
    """Return the address of this page with every choice that is not the first one."""
    chosen = urlencode(st.query_params.to_dict())
    return (st.context.url or "/") + (f"?{chosen}" if chosen else "")


@lru_cache(maxsize=2)
def document(report: str, state: tuple[loaders.FileKey, ...]) -> bytes:
    """Return a known report as one HTML file; of another state of its files, another one."""
    with ONE_AT_A_TIME, tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "dashboard.export", "--html-only", "--", report, out]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
        )
        if done.returncode:
            why = done.stderr.strip().splitlines()[-1:] or ["the exporter ended by itself"]
            raise RuntimeError(f"The report could not be exported: {why[0]}")
        return (Path(out) / "report.html").read_bytes()
