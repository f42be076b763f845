"""Reconstructions: pictures side by side, and how much sharper or blurrier each one is."""

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts import image_encoding
from dashboard.charts.colours import BLUE, GREEN, GREY, INK, ORANGE
from dashboard.charts.figure import Figure

BINS = 60
PICTURE_TITLES = ("original", "reconstruction", "difference", "encoded again")


def four_pictures(original: NDArray, once: NDArray, twice: NDArray) -> list[NDArray]:
    """Return original, reconstruction, original minus reconstruction, and the second pass."""
    return [
        image_encoding.to_rgb(original),
        image_encoding.to_rgb(once),
        image_encoding.difference(original, once),
        image_encoding.to_rgb(twice),
    ]


def tile(*rows: NDArray) -> str:
    """Return pictures above each other, such as original and reconstruction, as a data URI."""
    return image_encoding.uri(image_encoding.enlarged(image_encoding.stacked(list(rows)), 84))


def ratio_frame(**ratios: NDArray) -> pd.DataFrame:
    """Return counts of images per bin of a log axis: kind, low, high, images.

    ratios: per-image values by kind; values at or below zero are left out of the picture.
    """
    positive = {kind: values[values > 0].astype(float) for kind, values in ratios.items()}
    every = np.concatenate(list(positive.values()))
    return _counts(positive, np.geomspace(every.min(), every.max() * 1.0001, BINS + 1))


def value_frame(**values: NDArray) -> pd.DataFrame:
    """Return counts of images per bin of a plain axis: kind, low, high, images."""
    defined = {kind: found[~np.isnan(found)].astype(float) for kind, found in values.items()}
    every = np.concatenate(list(defined.values()))
    return _counts(defined, np.linspace(every.min(), every.max(), BINS + 1))


def _counts(values: dict[str, NDArray], edges: NDArray) -> pd.DataFrame:
    parts = []
    for kind, found in values.items():
        images, _ = np.histogram(found, edges)
        part = {"low": edges[:-1], "high": edges[1:], "images": images}
        parts.append(pd.DataFrame(part).assign(kind=kind.replace("_", " ")))
    return pd.concat(parts, ignore_index=True)[["kind", "low", "high", "images"]]


def ratio_chart(
    frame: pd.DataFrame, axis: str, about: str, *, equal_label: str = "as sharp as the original"
) -> Figure:
    """Return overlaid histograms on a log axis, with a rule at 1."""
    bars = _bars(frame, axis, alt.Scale(type="log", nice=False))
    one = pd.DataFrame({"low": [1.0], "label": [equal_label]})
    rule = alt.Chart(one).mark_rule(color=INK, strokeDash=[5, 4], strokeWidth=1.5).encode(x="low:Q")
    text = (
        alt.Chart(one)
        .mark_text(align="right", dx=-5, baseline="top", color=INK, fontSize=12)
        .encode(x="low:Q", y=alt.value(2), text="label:N")
    )
    return Figure((bars + rule + text).properties(height=260), frame, about)


def value_chart(frame: pd.DataFrame, axis: str, about: str) -> Figure:
    """Return overlaid histograms on a plain axis."""
    return Figure(_bars(frame, axis, alt.Scale(zero=False)).properties(height=260), frame, about)


def _bars(frame: pd.DataFrame, axis: str, scale: alt.Scale) -> alt.Chart:
    kinds = list(dict.fromkeys(frame["kind"]))
    colour = alt.Color(
        "kind:N",
        title=None,
        scale=alt.Scale(domain=kinds, range=[BLUE, ORANGE, GREEN, GREY][: len(kinds)]),
        legend=alt.Legend(orient="top", columns=1) if len(kinds) > 1 else None,
    )
    x = alt.X(
        "low:Q", title=axis, scale=scale, axis=alt.Axis(format="~g", tickCount=8, labelOverlap=True)
    )
    tooltip = [
        "kind:N",
        alt.Tooltip("low:Q", title="from", format=".3g"),
        alt.Tooltip("high:Q", title="to", format=".3g"),
        "images:Q",
    ]
    marks = alt.Chart(frame).mark_bar(opacity=0.65, binSpacing=0)
    return marks.encode(
        x=x,
        x2="high:Q",
        y=alt.Y("images:Q", title="test images", stack=None),
        y2=alt.datum(0),
        color=colour,
        tooltip=tooltip,
    )
