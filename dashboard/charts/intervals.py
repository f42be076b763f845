"""Values with their intervals, as dots on whiskers: one row per item."""

from collections.abc import Sequence
from typing import Literal

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from dashboard.charts.colours import BLUE, INK, ORANGE
from dashboard.charts.figure import Figure

ROW_HEIGHT = 34
INWARDS: dict[Literal["left", "right"], int] = {
    "left": 4,
    "right": -4,
}  # px from a rule to its label


def estimates_frame(names: Sequence[str], estimates: ArrayLike) -> pd.DataFrame:
    """Return one row per item: name, value, low, high.

    estimates: (items, 3) value, low, high.
    """
    values = np.asarray(estimates, dtype=float)
    return pd.DataFrame(
        {"name": list(names), "value": values[:, 0], "low": values[:, 1], "high": values[:, 2]}
    )


def interval_chart(
    frame: pd.DataFrame,
    axis: str,
    about: str,
    *,
    marks: Sequence[tuple[float, str]] = (),
    controls: Sequence[str] = (),
    percent: bool = False,
    zero: bool = False,
) -> Figure:
    """Return dots on whiskers, in the frame's order; rows without a value stay out of the chart.

    frame: name, value, low, high.
    marks: labelled vertical rules, (value, label).
    controls: names that are drawn in the second colour.
    """
    drawn = frame.dropna(subset=["value"])
    drawn = drawn.assign(kind=np.where(drawn["name"].isin(controls), "control", "measured"))
    style = ".3~p" if percent else ".3~g"
    x = alt.X(
        "value:Q", title=axis, scale=alt.Scale(zero=zero), axis=alt.Axis(format=style, tickCount=8)
    )
    y = alt.Y(
        "name:N",
        title=None,
        sort=list(drawn["name"]),
        axis=alt.Axis(labelLimit=210, domain=False, ticks=False),
    )
    colour = alt.Color(
        "kind:N",
        title=None,
        scale=alt.Scale(domain=["measured", "control"], range=[BLUE, ORANGE]),
        legend=alt.Legend(orient="top") if controls else None,
    )
    shape = alt.Shape(
        "kind:N",
        scale=alt.Scale(domain=["measured", "control"], range=["circle", "diamond"]),
        title=None,
        legend=alt.Legend(orient="top") if controls else None,
    )
    detail = ".1%" if percent else ".4f"
    tooltip = ["name:N"] + [alt.Tooltip(f"{f}:Q", format=detail) for f in ("value", "low", "high")]
    base = alt.Chart(drawn).encode(y=y, color=colour, tooltip=tooltip)
    whiskers = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=axis), x2="high:Q")
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(x=x, shape=shape)
    middle = (drawn["value"].min() + drawn["value"].max()) / 2
    chart = alt.layer(*_rules(marks, middle), whiskers, dots)
    height = ROW_HEIGHT * len(drawn) + (26 if marks else 0)
    return Figure(chart.properties(height=max(height, 70)), frame, about)


def _rules(marks: Sequence[tuple[float, str]], middle: float) -> list[alt.Chart]:
    """Return labelled rules; labels point inwards, for beyond the axis they take room from it."""
    if not marks:
        return []
    frame = pd.DataFrame(marks, columns=["at", "label"])
    rule = alt.Chart(frame).mark_rule(strokeDash=[4, 3], color=INK, strokeWidth=1.5)
    layers = [rule.encode(x="at:Q", tooltip=["label:N", "at:Q"])]
    for align, dx in INWARDS.items():
        some = frame[(frame["at"] > middle) == (align == "right")]
        text = alt.Chart(some).mark_text(align=align, dx=dx, baseline="top", color=INK, fontSize=12)
        if len(some):
            layers.append(text.encode(x="at:Q", y=alt.value(0), text="label:N"))
    return layers


def shares_frame(names: Sequence[str], shares: NDArray) -> pd.DataFrame:
    """Return one row per item whose share is defined: name, share."""
    frame = pd.DataFrame({"name": list(names), "share": np.asarray(shares, dtype=float)})
    return frame.dropna(subset=["share"]).reset_index(drop=True)


def share_bars(frame: pd.DataFrame, axis: str, about: str) -> Figure:
    """Return one bar per item.

    frame: name, share.
    """
    bars = alt.Chart(frame).mark_bar(color=BLUE)
    chart = bars.encode(
        x=alt.X("share:Q", title=axis, axis=alt.Axis(format=".1%")),
        y=alt.Y("name:N", sort=None, title=None),
        tooltip=["name:N", alt.Tooltip("share:Q", format=".2%")],
    )
    return Figure(chart.properties(height=max(34 * len(frame), 70)), frame, about)
