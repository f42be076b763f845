"""How a chart's columns become places, colours and words on hover, in few words each."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import altair as alt

T = TypeVar("T")


def hover(detail: str, *columns: str, **titled: str) -> list[alt.Tooltip]:
    """Return the numbers of some columns in one format, then others by column -> title."""
    plain = [alt.Tooltip(f"{column}:Q", format=detail) for column in columns]
    named = [alt.Tooltip(f"{c}:Q", title=title, format=detail) for c, title in titled.items()]
    return plain + named


def _place(
    channel: Callable[..., T],
    field: str,  # column and type, 'share:Q'
    title: str | None,
    ticks: str = "",  # format of the numbers on the axis
    *,
    axis: Mapping[str, Any] | None = None,  # more of `alt.Axis`
    **scale: Any,  # of `alt.Scale`
) -> T:
    parts: dict[str, Any] = {"scale": alt.Scale(**scale)} if scale else {}
    if ticks or axis:
        parts["axis"] = alt.Axis(**({"format": ticks} if ticks else {}), **(axis or {}))
    return channel(field, title=title, **parts)


def _named(
    channel: Callable[..., T],
    column: str,
    by: Mapping[str, str],  # name -> its colour or shape
    title: str | None = None,
    **legend: Any,  # of `alt.Legend`; it stands above the chart
) -> T:
    entries = alt.Legend(**({"orient": "top", "title": title} | legend))
    scale = alt.Scale(domain=list(by), range=list(by.values()))
    return channel(f"{column}:N", title=title, scale=scale, legend=entries)


x, y = partial(_place, alt.X), partial(_place, alt.Y)
colour, shape = partial(_named, alt.Color), partial(_named, alt.Shape)  # their legends join
