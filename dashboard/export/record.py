"""Run every page of a report without a server, and keep what each one drew."""

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
    """One page of the site: its name, where it stands, and everything that it drew."""

    name: str
    title: str
    section: str
    drawn: Block


def run_pages(report: str) -> list[Page]:
    """Run each page over a report and return them in the order of the navigation.

    `AppTest` is Streamlit's way to run an app in a process without a server. It stands in for
    the server, so a running site must not call this: it starts `python -m dashboard.export`.

    Raises:
        ExportError: a page failed.
    """
    app = AppTest.from_file(str(HOME), default_timeout=PAGE_SECONDS)
    app.query_params["report"] = report
    app.run()
    pages = []
    for section, listed in navigation.SECTIONS.items():
        for name, title, _ in listed:
            if name in navigation.ACROSS_REPORTS:
                continue
            app.switch_page(f"views/{name}.py").run()
            if app.exception:
                raise ExportError(f"page {name} failed: {app.exception[0].message}")
            pages.append(Page(name, title, section, app.main))
    return pages
