"""A page as Streamlit runs it over some reports, and what it then holds."""

import os
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pyarrow as pa
from streamlit.testing.v1 import AppTest

from dashboard import navigation
from dashboard.loaders import DATA_VARIABLE

HOME = Path(__file__).resolve().parents[2] / "dashboard" / "Home.py"


def open_page(view, data, query=None):
    """Open a page over a folder of reports; to use its widgets, leave the variable on that folder.

    It is the first that the session shows, as where a reader follows a link.
    """
    app = AppTest.from_file(str(HOME), default_timeout=150)
    app._registered_pages = _pages()
    for name, value in (query or {}).items():
        app.query_params[name] = value
    with patch.dict(os.environ, {DATA_VARIABLE: str(data)}):
        return app.switch_page(navigation.PAGES[view].file).run()


@cache
def _pages():
    """What a session that has begun knows of the pages, without which none can be switched to.

    It begins where there is no report, since the overview, the first page, takes long to draw.
    """
    with patch.dict(os.environ, {DATA_VARIABLE: str(HOME.with_name("no-reports"))}):
        return AppTest.from_file(str(HOME), default_timeout=150).run()._registered_pages


def words(app, *notices):
    """The page's text and captions as plain text, and its notices of these kinds."""
    kinds = ("markdown", "caption", *notices)
    return "\n".join(one.value for kind in kinds for one in app.get(kind)).replace("\\", "")


def captions(app):
    """The page's captions as plain text."""
    return " ".join(element.value for element in app.caption).replace("\\", "")


def images(app):
    """Every image of the page, with its caption, description and URL."""
    elements = [element for element in app.main if element.type == "image"]
    return [image for element in elements for image in element.proto.imgs]


def image_urls(app):
    """The URL of every image of the page, which follows from its pixels, by its description."""
    return {image.alt: image.url for image in images(app)}


def charts(app):
    """Every chart of the page, with its description, specification and data."""
    return [element.proto for element in app.main if element.type == "vega_lite_chart"]


def chart_tables(app, about):
    """The tables behind the one chart whose description contains this."""
    (chart,) = [chart for chart in charts(app) if about in chart.alt]
    return [pa.ipc.open_stream(table.data.data).read_pandas() for table in chart.datasets]
