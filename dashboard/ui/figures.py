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


def with_numbers(build: Callable[P, Figure], /, *args: P.args, **kwargs: P.kwargs) -> None:
    """Draw the figure that a function of `charts` builds, its numbers in a table beneath."""
    _sent("wide", True, build, args, kwargs)


def wide(build: Callable[P, Figure], /, *args: P.args, **kwargs: P.kwargs) -> Behind:
    """Draw the figure alone, as wide as its container."""
    return _sent("wide", False, build, args, kwargs)


def fixed(build: Callable[P, Figure], /, *args: P.args, **kwargs: P.kwargs) -> Behind:
    """Draw the figure alone, at its own size."""
    return _sent("fixed", False, build, args, kwargs)


def numbers(table: object, about: str, title: str = "The numbers") -> None:
    """Draw the numbers behind a figure, folded."""
    with st.expander(title, icon=":material/table:"):
        st.dataframe(table, hide_index=True, alt=about)


@st.cache_data(
    show_spinner=False,
    max_entries=MOST_KEPT,
    hash_funcs={FunctionType: lambda build: f"{build.__module__}.{build.__qualname__}"},
)
def _sent(
    form: Literal["wide", "fixed"],
    tabled: bool,
    build: Callable[..., Figure],
    args: tuple,
    kwargs: dict,
) -> Behind:
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
