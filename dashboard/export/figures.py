"""A chart that a page drew: its whole specification, with data, as a browser or a file needs it."""

import io
import json
import re
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

FILE_WIDTH = 640  # px; a chart that fills its container has this width in a file
DECIMALS = 8  # what float32 holds below 1


@dataclass(frozen=True)
class Exported:
    """One figure of the report: its name in files, its description, and all that it needs."""

    name: str
    alt: str
    spec: dict[str, Any]  # Vega-Lite with its data inside
    numbers: pd.DataFrame  # every row that it draws


def from_proto(name: str, proto: Any) -> Exported:
    """Return the figure that Streamlit would have sent to the browser.

    proto: a VegaLiteChart message: a specification, and its data as Arrow streams.
    """
    spec = json.loads(proto.spec)
    tables = {dataset.name: _table(dataset.data.data) for dataset in proto.datasets}
    if proto.data.data:
        tables["rows"] = _table(proto.data.data)
        spec["data"] = {"name": "rows"}
    spec["datasets"] = {key: _records(table) for key, table in tables.items()}
    largest = max(tables.values(), key=len, default=pd.DataFrame())
    return Exported(name, proto.alt, spec, largest)


def fills_container(spec: dict[str, Any]) -> bool:
    """Say whether the chart is as wide as what holds it: it names no width."""
    return "width" not in spec


def for_browser(figure: Exported) -> str:
    """Return the specification as JSON that may stand inside a script element."""
    spec = dict(figure.spec)
    if fills_container(spec):
        spec["width"] = "container"
    return json.dumps(spec, separators=(",", ":")).replace("<", "\\u003c")


def for_file(figure: Exported) -> dict[str, Any]:
    """Return the specification with a width of its own, for SVG and PNG."""
    if not fills_container(figure.spec):
        return figure.spec
    return figure.spec | {"width": FILE_WIDTH}


def slug(text: str, longest: int = 48) -> str:
    """Return a text as part of a file name: lower case letters, digits and single hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:longest].strip("-")


def _table(stream: bytes) -> pd.DataFrame:
    return pa.ipc.open_stream(io.BytesIO(stream)).read_pandas()


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return json.loads(table.to_json(orient="records", double_precision=DECIMALS))
