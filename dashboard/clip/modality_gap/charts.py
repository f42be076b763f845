"""The modality gap: two clouds, the cosines within and between them, and the gap's own axis."""

import json
from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts.colours import BLUE, GREEN, ORANGE, PINK, VERMILION
from dashboard.charts.figure import CANVAS, Figure
from dashboard.clip.layout_charts import MODALITIES

# Metrics that one axis can hold, all between -1 and 2 and near each other in size.
ON_ONE_SCALE = ("gap_distance", "relative_gap", "centroid_cosine", "matched_cosine")
ON_ONE_SCALE += ("unmatched_cosine", "matched_auroc", "margin", "neighbour_mixing", "separability")
KIND_COLOURS = (BLUE, ORANGE, GREEN, PINK)


def cosine_frame(kinds: Sequence[str], edges: NDArray, density: NDArray) -> pd.DataFrame:
    """Return one row per kind of pair and bin: kind, low, high, share.

    edges: (bins + 1,). density: (kinds, bins).
    """
    n_bins = len(edges) - 1
    return pd.DataFrame(
        {
            "kind": np.repeat(list(kinds), n_bins),
            "low": np.tile(edges[:-1], len(kinds)).astype(float),
            "high": np.tile(edges[1:], len(kinds)).astype(float),
            "share": density.ravel().astype(float),
        }
    )


def cosine_chart(frame: pd.DataFrame, chosen: float | None = None) -> Figure:
    """Return one histogram per kind of pair over each other, on the same cosine axis.

    chosen: the cosine of one image with its own prompt, marked by a line.
    """
    kinds = list(dict.fromkeys(frame["kind"]))
    held = frame[frame["share"] > 0]
    domain = [float(held["low"].min()), float(held["high"].max())]
    bars = (
        alt.Chart(frame)
        .mark_bar(binSpacing=0, opacity=0.6, clip=True)
        .encode(
            x=alt.X("low:Q", title="cosine", scale=alt.Scale(domain=domain, nice=True)),
            x2="high:Q",
            y=alt.Y("share:Q", title="share of pairs", axis=alt.Axis(format=".0%"), stack=None),
            y2=alt.datum(0),
            color=alt.Color(
                "kind:N",
                title="pairs",
                scale=alt.Scale(domain=kinds, range=list(KIND_COLOURS[: len(kinds)])),
                legend=alt.Legend(orient="top", columns=2),
            ),
            tooltip=[
                alt.Tooltip("kind:N", title="pairs"),
                alt.Tooltip("low:Q", title="cosine from", format=".3f"),
                alt.Tooltip("high:Q", title="to", format=".3f"),
                alt.Tooltip("share:Q", title="share of pairs", format=".2%"),
            ],
        )
    )
    about = "Cosines of matched, unmatched, image-image and text-text pairs."
    return Figure(alt.layer(bars, *_mark(chosen, "low")).properties(height=300), frame, about)


def axis_frame(
    images: NDArray, texts: NDArray, image_classes: Sequence[str], text_classes: Sequence[str]
) -> pd.DataFrame:
    """Return one row per image and text: modality, class, coordinate along the gap vector."""
    return pd.DataFrame(
        {
            "modality": ["image"] * len(images) + ["text"] * len(texts),
            "class": [*image_classes, *text_classes],
            "coordinate": np.concatenate([images, texts]).astype("float32"),
        }
    )


def axis_chart(frame: pd.DataFrame, highlight: str = "", chosen: float | None = None) -> Figure:
    """Return every image and text as a tick along the direction of the gap.

    highlight: the class that is not faded; all of them when empty. chosen: one image's coordinate.
    """
    faded = f"datum['class'] !== {json.dumps(highlight)}" if highlight else "false"
    ticks = (
        alt.Chart(frame)
        .mark_tick(thickness=1.5, height=34)
        .encode(
            x=alt.X(
                "coordinate:Q", title="coordinate along the gap vector", scale=alt.Scale(zero=False)
            ),
            y=alt.Y("modality:N", title=None, sort=MODALITIES),
            color=alt.Color(
                "modality:N", scale=alt.Scale(domain=MODALITIES, range=[BLUE, ORANGE]), legend=None
            ),
            opacity=alt.condition(faded, alt.value(0.03), alt.value(0.35)),
            tooltip=["modality:N", "class:N", alt.Tooltip("coordinate:Q", format=".4f")],
        )
    )
    about = "Images and texts along the direction that separates their means."
    chart = alt.layer(ticks, *_mark(chosen, "coordinate"))
    return Figure(chart.properties(height=110, usermeta=CANVAS), frame, about)


def _mark(at: float | None, field: str) -> list[alt.Chart]:
    if at is None:
        return []
    rule = alt.Chart(pd.DataFrame({field: [at], "label": ["the chosen image"]})).mark_rule(
        color=VERMILION, strokeWidth=2
    )
    return [rule.encode(x=f"{field}:Q", tooltip=["label:N", f"{field}:Q"])]
