"""A table that a page drew, as HTML for reading and as CSV for working on."""

import base64
from html import escape

import pandas as pd

from dashboard.ui import formatting

MOST_ROWS = 40  # in the page; the CSV holds all


def as_html(table: pd.DataFrame, name: str, about: str) -> str:
    """Return the first rows as an HTML table, with a link that saves all of them as CSV."""
    head = "".join(f'<th scope="col">{escape(str(column))}</th>' for column in table.columns)
    body = "".join(
        "<tr>" + "".join(_cell(value) for value in row) + "</tr>"
        for row in table.head(MOST_ROWS).itertuples(index=False)
    )
    rest = f"The first {MOST_ROWS} of {len(table):,} rows. " if len(table) > MOST_ROWS else ""
    return (
        f'<div class="table" tabindex="0" role="group" aria-label="{escape(about)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f'<p class="caption">{rest}{_download(table, name)}</p>'
    )


def as_csv(table: pd.DataFrame) -> str:
    """Return every row as CSV; a text that a spreadsheet would run as a formula is quoted."""
    safe = table.apply(lambda column: column.map(_no_formula))
    return safe.to_csv(index=False, lineterminator="\n")


def _download(table: pd.DataFrame, name: str) -> str:
    content = base64.b64encode(as_csv(table).encode()).decode()
    return (
        f'<a download="{escape(name)}.csv" href="data:text/csv;base64,{content}">'
        f"Save {len(table):,} rows as CSV</a>"
    )


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f'<td class="number">{escape(formatting.number(value))}</td>'
    kind = ' class="number"' if isinstance(value, int) and not isinstance(value, bool) else ""
    return f"<td{kind}>{escape(str(value))}</td>"


def _no_formula(value: object) -> object:
    risky = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{value}" if risky else value
