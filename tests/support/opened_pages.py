"""What a view that was opened shows: its words, its pictures, and the tables behind its charts."""

from pathlib import Path

import pyarrow as pa

HOME = Path(__file__).resolve().parents[2] / "dashboard" / "Home.py"


def words(app):
    return "\n".join(element.value for kind in ("markdown", "caption") for element in app.get(kind))


def captions(app):
    """The page's captions as plain text."""
    return " ".join(element.value for element in app.caption).replace("\\", "")


def pictures_of(app):
    """Every picture of the page by its description: the data that was sent."""
    images = [
        image for element in app.main if element.type == "image" for image in element.proto.imgs
    ]
    return {image.alt: image.url for image in images}


def drawn(app, about):
    """The tables that the chart of this description draws."""
    charts = [e.proto for e in app.main if e.type == "vega_lite_chart" and about in e.proto.alt]
    (chart,) = charts
    return [pa.ipc.open_stream(table.data.data).read_pandas() for table in chart.datasets]
