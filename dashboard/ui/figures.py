"""Figures on the page, each built once: what it sent is kept, and sent again to the next reader.

Altair takes some 30 ms to build a chart and to turn it into Vega-Lite, and a page holds a dozen.
"""

from collections.abc import Callable
from types import FunctionType
from typing import Literal, NamedTuple, ParamSpec

import pandas as pd
import streamlit as st

from dashboard.charts.figure import Figure
from dashboard.ui import formatting

P = ParamSpec("P")
MOST_KEPT = 300  # figures of all pages, states and reports; some 50 kB each


class Behind(NamedTuple):
    """What is behind a drawn figure, for a table in another place."""

    numbers: pd.DataFrame
    alt: str


def table(columns: object, about: str) -> None:
    """Draw columns of a table, described for those who cannot see it."""
    st.dataframe(columns, hide_index=True, alt=about)


def wide(build: Callable[P, Figure], /, *args: P.args, **kwargs: P.kwargs) -> Behind:
    """Draw the figure that a function of `charts` builds, as wide as its container."""
    return draw_cached("wide", False, build, args, kwargs)


def fixed(build: Callable[P, Figure], /, *args: P.args, **kwargs: P.kwargs) -> Behind:
    """Draw the figure that a function of `charts` builds, at its own size."""
    return draw_cached("fixed", False, build, args, kwargs)


def numbers(columns: object, about: str, title: str = "Numbers") -> None:
    """Draw a small button that shows the numbers behind a figure."""
    with st.popover(title, icon=":material/table:", type="tertiary"):
        table(columns, about)


@st.cache_data(
    show_spinner=False,
    max_entries=MOST_KEPT,
    hash_funcs={FunctionType: lambda build: (build.__code__.co_filename, build.__qualname__)},
)
def draw_cached(
    form: Literal["wide", "fixed"],
    tabled: bool,
    build: Callable[..., Figure],
    args: tuple,
    kwargs: dict,
) -> Behind:
    """Draw a figure in one of its forms, with its numbers in a table beneath if `tabled`."""
    figure = build(*args, **kwargs)
    if figure.numbers.select_dtypes("number").notna().sum().sum() == 0:
        st.info(f"This store holds no number to draw here. {formatting.escaped(figure.alt)}")
    elif form == "wide":
        st.altair_chart(figure.wide, alt=figure.alt)
    else:
        st.altair_chart(figure.fixed, width="content", alt=figure.alt)
    if tabled:
        numbers(figure.numbers, figure.alt)
    return Behind(figure.numbers, figure.alt)
