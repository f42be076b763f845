"""Charts and tables that a page drew, as a browser and as a file needs them."""

import base64
import io
import json
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd
import pyarrow as pa

from dashboard.ui import formatting

DECIMALS = 8  # what float32 holds below 1
MOST_ROWS = 40  # of a table in the page; its CSV holds all


@dataclass(frozen=True)
class Exported:
    """One figure of the report: its name in files, its description, and all that it needs."""

    name: str
    alt: str
    spec: dict[str, Any]  # Vega-Lite with its data inside
    numbers: pd.DataFrame  # every row that it draws
    heading: str = ""  # what stands above it on its page


def figure_from_proto(name: str, proto: Any, heading: str = "") -> Exported:
    """Return the figure of a VegaLiteChart message: a specification, its data as Arrow streams."""
    spec = json.loads(proto.spec)
    tables = {dataset.name: _rows_of(dataset.data.data) for dataset in proto.datasets}
    if proto.data.data:
        tables["rows"] = _rows_of(proto.data.data)
        spec["data"] = {"name": "rows"}
    spec["datasets"] = {
        key: json.loads(table.to_json(orient="records", double_precision=DECIMALS))
        for key, table in tables.items()
    }
    largest = max(tables.values(), key=len, default=pd.DataFrame())
    return Exported(name, proto.alt, spec, largest, heading)


def fills_container(spec: dict[str, Any]) -> bool:
    """Say whether the chart is as wide as what holds it: it names no width."""
    return "width" not in spec


def for_browser(figure: Exported) -> str:
    """Return the specification as JSON that may stand inside a script element."""
    spec = {"width": "container"} | figure.spec
    return json.dumps(spec, separators=(",", ":")).replace("<", "\\u003c")


def _rows_of(stream: bytes) -> pd.DataFrame:
    return pa.ipc.open_stream(io.BytesIO(stream)).read_pandas()


def table_as_html(table: pd.DataFrame, name: str, about: str) -> str:
    """Return the first rows as an HTML table, with a link that saves all of them as CSV."""
    head = "".join(f'<th scope="col">{escape(str(column))}</th>' for column in table.columns)
    body = "".join(
        "<tr>" + "".join(_cell(value) for value in row) + "</tr>"
        for row in table.head(MOST_ROWS).itertuples(index=False)
    )
    csv = base64.b64encode(table_as_csv(table).encode()).decode()
    rest = f"The first {MOST_ROWS} of {len(table):,} rows. " if len(table) > MOST_ROWS else ""
    return (
        f'<div class="table" tabindex="0" role="group" aria-label="{escape(about)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f'<p class="caption">{rest}<a download="{escape(name)}.csv" '
        f'href="data:text/csv;base64,{csv}">Save {len(table):,} rows as CSV</a></p>'
    )


def table_as_csv(table: pd.DataFrame) -> str:
    """Return every row as CSV; a text that a spreadsheet would run as a formula is quoted."""
    safe = table.apply(lambda column: column.map(_no_formula))
    return safe.to_csv(index=False, lineterminator="\n")


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f'<td class="number">{escape(formatting.number(value))}</td>'
    kind = ' class="number"' if isinstance(value, int) and not isinstance(value, bool) else ""
    return f"<td{kind}>{escape(str(value))}</td>"


def _no_formula(value: object) -> object:
    risky = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{value}" if risky else value
