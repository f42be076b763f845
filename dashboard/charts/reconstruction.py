"""Reconstructions: pictures side by side, and how much sharper or blurrier each one is."""

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts import pictures
from dashboard.charts.colours import BLUE, GREEN, GREY, INK, ORANGE
from dashboard.charts.figure import Figure

BINS = 60
PICTURE_TITLES = ("original", "reconstruction", "difference", "encoded again")


def four_pictures(original: NDArray, once: NDArray, twice: NDArray) -> list[NDArray]:
    """Return original, reconstruction, original minus reconstruction, and the second pass."""
    return [
        pictures.to_rgb(original),
        pictures.to_rgb(once),
        pictures.difference(original, once),
        pictures.to_rgb(twice),
    ]


def tile(original: NDArray, once: NDArray, twice: NDArray) -> str:
    """Return original, reconstruction and second pass above each other, as a data URI."""
    column = pictures.stacked([original, once, twice])
    return pictures.uri(pictures.enlarged(column, 84))


def ratio_frame(**ratios: NDArray) -> pd.DataFrame:
    """Return counts of images per bin of a log axis: kind, low, high, images.

    ratios: per-image values by kind; values at or below zero are left out of the picture.
    """
    positive = {kind: values[values > 0].astype(float) for kind, values in ratios.items()}
    every = np.concatenate(list(positive.values()))
    edges = np.geomspace(every.min(), every.max() * 1.0001, BINS + 1)
    parts = []
    for kind, values in positive.items():
        images, _ = np.histogram(values, edges)
        part = {"low": edges[:-1], "high": edges[1:], "images": images}
        parts.append(pd.DataFrame(part).assign(kind=kind.replace("_", " ")))
    return pd.concat(parts, ignore_index=True)[["kind", "low", "high", "images"]]


def ratio_chart(
    frame: pd.DataFrame, axis: str, about: str, *, equal_label: str = "as sharp as the original"
) -> Figure:
    """Return overlaid histograms on a log axis, with a rule at 1."""
    kinds = list(dict.fromkeys(frame["kind"]))
    colour = alt.Color(
        "kind:N",
        title=None,
        scale=alt.Scale(domain=kinds, range=[BLUE, ORANGE, GREEN, GREY][: len(kinds)]),
        legend=alt.Legend(orient="top", columns=1) if len(kinds) > 1 else None,
    )
    x = alt.X(
        "low:Q",
        title=axis,
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(format="~g", tickCount=8, labelOverlap=True),
    )
    bars = (
        alt.Chart(frame)
        .mark_bar(opacity=0.65, binSpacing=0)
        .encode(
            x=x,
            x2="high:Q",
            y=alt.Y("images:Q", title="test images", stack=None),
            y2=alt.datum(0),
            color=colour,
            tooltip=[
                "kind:N",
                alt.Tooltip("low:Q", title="from", format=".3g"),
                alt.Tooltip("high:Q", title="to", format=".3g"),
                "images:Q",
            ],
        )
    )
    one = pd.DataFrame({"low": [1.0], "label": [equal_label]})
    rule = alt.Chart(one).mark_rule(color=INK, strokeDash=[5, 4], strokeWidth=1.5).encode(x="low:Q")
    text = (
        alt.Chart(one)
        .mark_text(align="right", dx=-5, baseline="top", color=INK, fontSize=12)
        .encode(x="low:Q", y=alt.value(2), text="label:N")
    )
    return Figure((bars + rule + text).properties(height=260), frame, about)
