"""Curves and layouts of two reports: one colour each, or one highlighted class in both."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from dashboard.charts.colours import BLUE, GREY, ORANGE
from dashboard.charts.figure import CANVAS, Figure
from dashboard.clip.layout_charts import MODALITIES, SHAPES

EVERY = "all classes"


def stacked(frames: Sequence[pd.DataFrame], names: Sequence[str]) -> pd.DataFrame:
    """Return the rows of both frames, with a first column that says whose they are."""
    named = [frame.assign(report=name) for frame, name in zip(frames, names, strict=True)]
    every = pd.concat(named, ignore_index=True)
    return every[["report", *[column for column in every.columns if column != "report"]]]


def curves(
    frame: pd.DataFrame, x: tuple[str, str, str], y: tuple[str, str, str], about: str
) -> Figure:
    """Return one line per report, with its interval as a band where the frame has low and high.

    frame: report and the columns named by x and y.
    x, y: column, axis title and format of the axis' numbers.
    """
    names = list(dict.fromkeys(frame["report"]))
    scale = alt.Scale(domain=names, range=[BLUE, ORANGE][: len(names)])
    steps = sorted(set(frame[x[0]].tolist()))  # where there are values, and nowhere between
    legend = alt.Legend(orient="top", symbolOpacity=1, symbolStrokeWidth=0)
    base = alt.Chart(frame).encode(
        x=alt.X(
            f"{x[0]}:Q", title=x[1], axis=alt.Axis(format=x[2], values=steps, labelOverlap="greedy")
        ),
        color=alt.Color("report:N", title=None, scale=scale, legend=legend),
        tooltip=["report:N", f"{x[0]}:Q", alt.Tooltip(f"{y[0]}:Q", title=y[1], format=".4~g")],
    )
    height = alt.Y(f"{y[0]}:Q", title=y[1], axis=alt.Axis(format=y[2]), scale=alt.Scale(zero=False))
    line = base.mark_line(strokeWidth=2).encode(
        y=height, strokeDash=alt.StrokeDash("report:N", scale=alt.Scale(domain=names), legend=None)
    )
    points = base.mark_point(filled=True, size=60, opacity=1).encode(y=height)
    layers = [line, points]
    if {"low", "high"} <= set(frame.columns):
        layers.insert(
            0, base.mark_area(opacity=0.18).encode(y=alt.Y("low:Q", title=y[1]), y2="high:Q")
        )
    return Figure(alt.layer(*layers).properties(height=300), frame, about)


def highlighted(frame: pd.DataFrame, chosen: str, title: str, about: str) -> Figure:
    """Return a layout with one class in colour and every other in grey, or all in one colour.

    frame: x, y, class, modality.
    """
    here = alt.datum["class"] == chosen
    one = chosen != EVERY
    colour = alt.condition(here, alt.value(ORANGE), alt.value(GREY)) if one else alt.value(BLUE)
    seen = alt.condition(here, alt.value(0.9), alt.value(0.15)) if one else alt.value(0.4)
    shapes = alt.Scale(domain=MODALITIES, range=SHAPES)
    sizes = alt.Scale(domain=MODALITIES, range=[14, 150])
    legend = alt.Legend(orient="top")
    fitted = alt.Scale(zero=False, nice=False, padding=14)
    chart = (
        alt.Chart(frame)
        .mark_point(filled=True)
        .encode(
            x=alt.X("x:Q", title=f"{title} 1, no unit", scale=fitted),
            y=alt.Y("y:Q", title=f"{title} 2, no unit", scale=fitted),
            color=colour,
            opacity=seen,
            shape=alt.Shape("modality:N", scale=shapes, title=None, legend=legend),
            size=alt.Size("modality:N", scale=sizes, legend=None),
            tooltip=["modality:N", "class:N"],
        )
        .properties(height=360, usermeta=CANVAS)
    )
    return Figure(chart, frame, about)
