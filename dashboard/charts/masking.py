"""What hiding patches does to the label: survival curves and the labels that come instead."""

from collections.abc import Sequence

import altair as alt
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts.colours import BLUE, ORANGE, VERMILION
from dashboard.charts.figure import Figure

ARM_COLOURS = (BLUE, ORANGE, VERMILION)


def survival_frame(
    arms: Sequence[str], ratios: NDArray, survival: NDArray, low: NDArray, high: NDArray
) -> pd.DataFrame:
    """Return one row per arm and mask ratio: arm, mask_ratio, survival, low, high.

    survival, low, high: (arms, ratios) of one fill.
    """
    return pd.DataFrame(
        [
            (name, float(ratio), float(survival[a, r]), float(low[a, r]), float(high[a, r]))
            for a, name in enumerate(arms)
            for r, ratio in enumerate(ratios)
        ],
        columns=["arm", "mask_ratio", "survival", "low", "high"],
    )


def survival_chart(frame: pd.DataFrame, fill: str) -> Figure:
    """Return survival against mask ratio, one line and interval band per arm."""
    arms = list(dict.fromkeys(frame["arm"]))
    scale = alt.Scale(domain=arms, range=list(ARM_COLOURS[: len(arms)]))
    legend = alt.Legend(title="Which patches are hidden", orient="top", symbolOpacity=1, columns=1)
    x = alt.X(
        "mask_ratio:Q",
        title="share of patches hidden",
        axis=alt.Axis(format=".0%"),
        scale=alt.Scale(domain=[0, 1]),
    )
    y = alt.Y(
        "survival:Q",
        title="images that keep their label",
        axis=alt.Axis(format=".0%"),
        scale=alt.Scale(domain=[0, 1]),
    )
    colour = alt.Color("arm:N", scale=scale, legend=legend)
    tooltip = [
        alt.Tooltip("arm:N", title="hidden"),
        alt.Tooltip("mask_ratio:Q", title="share of patches hidden", format=".1%"),
        alt.Tooltip("survival:Q", title="keep their label", format=".1%"),
        alt.Tooltip("low:Q", title="95 % low", format=".1%"),
        alt.Tooltip("high:Q", title="95 % high", format=".1%"),
    ]
    base = alt.Chart(frame).encode(x=x, color=colour)
    band = base.mark_area(opacity=0.18, tooltip=None).encode(
        y=alt.Y("low:Q", title="images that keep their label"), y2="high:Q"
    )
    line = base.mark_line(strokeWidth=2).encode(y=y)
    shape = alt.Shape("arm:N", scale=alt.Scale(domain=arms), legend=legend)
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        y=y, shape=shape, tooltip=tooltip
    )
    about = f"Share of images that keep their label as more patches are hidden, fill: {fill}."
    return Figure((band + line + points).properties(height=360), frame, about)


def wrong_labels_frame(labels: Sequence[str], shares: NDArray) -> pd.DataFrame:
    """Return one row per frequent wrong label: label, share; ranks without a label are left out."""
    frame = pd.DataFrame({"label": list(labels), "share": shares.astype(float)})
    return frame.dropna(subset=["share"]).reset_index(drop=True)


def wrong_labels_chart(frame: pd.DataFrame, fill: str) -> Figure:
    """Return bars of the labels that masked images receive once they lose their own."""
    x = alt.X("share:Q", title="share of images that lost their label", axis=alt.Axis(format=".0%"))
    y = alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=170))
    tooltip = ["label:N", alt.Tooltip("share:Q", format=".1%")]
    bars = alt.Chart(frame).mark_bar(color=BLUE).encode(x=x, y=y, tooltip=tooltip)
    chart = bars.properties(height=max(30 * len(frame), 60))
    return Figure(
        chart, frame, f"Most frequent wrong labels when patches are hidden, fill: {fill}."
    )


def top_frame(labels: Sequence[str], probabilities: NDArray) -> pd.DataFrame:
    """Return one row per label, most probable first: label, probability."""
    return pd.DataFrame({"label": list(labels), "probability": probabilities.astype(float)})


def top_chart(frame: pd.DataFrame, marked: str = "", about: str = "") -> Figure:
    """Return bars of the most probable labels; `marked` is drawn in the second colour."""
    x = alt.X(
        "probability:Q",
        scale=alt.Scale(domain=[0, 1]),
        title="probability",
        axis=alt.Axis(format=".0%"),
    )
    y = alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=150, ticks=False))
    base = alt.Chart(frame).encode(
        x=x, y=y, tooltip=["label:N", alt.Tooltip("probability:Q", format=".4f")]
    )
    bars = base.mark_bar().encode(
        color=alt.condition(alt.datum.label == marked, alt.value(ORANGE), alt.value(BLUE))
    )
    return Figure(
        bars.properties(height=max(30 * len(frame), 60)), frame, about or "Likely labels."
    )
