"""Values with their intervals, as dots on whiskers: one row per item."""

from collections.abc import Sequence
from typing import Literal

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dashboard.charts import encodings
from dashboard.charts.colours import BLUE, GREY, INK, ORANGE, VERMILION
from dashboard.charts.figure import Figure
from store.records import Claim

ROW_HEIGHT = 34
OURS, ORIGINAL, OTHERS = "this report", "original report", "other public runs"
STRIP = {  # who measured a claim -> colour and shape on the strip
    OURS: (BLUE, "circle"),
    ORIGINAL: (VERMILION, "diamond"),
    OTHERS: (GREY, "square"),
}
INWARDS: dict[Literal["left", "right"], int] = {"left": 4, "right": -4}  # px from rule to label


def estimates_frame(names: Sequence[str], estimates: ArrayLike) -> pd.DataFrame:
    """Return one row per item of (items, 3) estimates: name, value, low, high."""
    frame = pd.DataFrame(np.asarray(estimates, dtype=float), columns=["value", "low", "high"])
    frame.insert(0, "name", list(names))
    return frame


def interval_chart(
    frame: pd.DataFrame,  # name, value, low, high
    axis: str,
    about: str,
    *,
    marks: Sequence[tuple[float, str]] = (),  # labelled vertical rules
    controls: Sequence[str] = (),  # names that are drawn in the second colour
    percent: bool = False,
    zero: bool = False,
) -> Figure:
    """Return dots on whiskers, in the frame's order; rows without a value stay out of the chart."""
    defined = frame.dropna(subset=["value"])
    defined = defined.assign(kind=np.where(defined["name"].isin(controls), "control", "measured"))
    style, detail = (".3~p", ".1%") if percent else (",.6~g", ".4f")
    x = encodings.x("value:Q", axis, style, axis={"tickCount": 8}, zero=zero)
    rows = {"labelLimit": 210, "domain": False, "ticks": False}
    y = encodings.y("name:N", None, axis=rows).sort(list(defined["name"]))
    colour = encodings.colour("kind", {"measured": BLUE, "control": ORANGE})
    shape = encodings.shape("kind", {"measured": "circle", "control": "diamond"})
    if not controls:
        colour, shape = colour.legend(None), shape.legend(None)
    tooltip = ["name:N", *encodings.hover(detail, "value", "low", "high")]
    base = alt.Chart(defined).encode(y=y, color=colour, tooltip=tooltip)
    whiskers = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=axis), x2="high:Q")
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(x=x, shape=shape)
    middle = (defined["value"].min() + defined["value"].max()) / 2
    chart = alt.layer(*_rules(marks, middle), whiskers, dots)
    height = ROW_HEIGHT * len(defined) + (26 if marks else 0)
    return Figure(chart.properties(height=max(height, 70)), frame, about)


def reference_strip(claim: Claim) -> Figure:
    """Return a claim's value with its interval on one axis with what others measured for it."""
    ours = (OURS, claim.value, claim.low, claim.high, claim.n, claim.unit)
    others = [(one.run, one.value, np.nan, np.nan, one.n, one.note) for one in claim.references]
    frame = pd.DataFrame([ours, *others], columns=["run", "value", "low", "high", "n", "what"])
    frame["who"] = frame["run"].where(frame["run"].isin((OURS, ORIGINAL)), OTHERS)
    kinds = [kind for kind in STRIP if (frame["who"] == kind).any()]
    x = encodings.x("value:Q", None, ".3~g", axis={"tickCount": 6}, zero=False)
    base = alt.Chart(frame).encode(
        color=encodings.colour("who", {kind: STRIP[kind][0] for kind in kinds}),
        tooltip=["run:N", "value:Q", "n:Q", "what:N"],
    )
    whisker = base.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=2)
    dots = base.mark_point(filled=True, size=90, opacity=0.9)
    dots = dots.encode(x=x, shape=encodings.shape("who", {kind: STRIP[kind][1] for kind in kinds}))
    chart = alt.layer(whisker.encode(x=alt.X("low:Q", title=None), x2="high:Q"), dots)
    about = f"What others measured for the claim {claim.sentence}"
    return Figure(chart.properties(height=34), frame, about)


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
