"""Run every page of a report without a server, and keep what each one drew."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from dashboard import navigation

HOME = Path(__file__).resolve().parents[1] / "Home.py"
PAGE_SECONDS = 120


class ExportError(Exception):
    """The report cannot be exported; printed as one line that says what to do."""


@dataclass(frozen=True)
class Page:
    """One page of the site: its name and where it stands."""

    name: str
    title: str
    section: str


def run_pages(report: str) -> Iterator[tuple[Page, Block]]:
    """Run each page over a report; yield it with all that it drew, in the navigation's order.

    `AppTest` is Streamlit's way to run an app in a process without a server. It stands in for
    the server, so a running site must not call this: it starts `python -m dashboard.export`.

    Raises:
        ExportError: a page failed.
    """
    app = AppTest.from_file(str(HOME), default_timeout=PAGE_SECONDS)
    app.query_params["report"] = report
    app.run()
    for section, listed in navigation.SECTIONS.items():
        for name, title, _ in listed:
            if name in navigation.ACROSS_REPORTS:
                continue
            app.switch_page(navigation.page_file(name)).run()
            if app.exception:
                raise ExportError(f"page {name} failed: {app.exception[0].message}")
            yield Page(name, title, section), app.main
