"""The modality gap: two clouds, the cosines within and between them, and the gap's own axis."""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts.colours import BLUE, GREEN, GREY, ORANGE, PINK
from dashboard.charts.figure import CANVAS, Figure
from dashboard.charts.scatter import class_colour

MODALITIES = ["image", "text"]
KIND_COLOURS = (BLUE, ORANGE, GREEN, PINK)


def layout_frame(
    image_xy: NDArray,
    image_classes: Sequence[str],
    text_xy: NDArray,
    text_classes: Sequence[str],
    prompts: Sequence[str],
) -> pd.DataFrame:
    """Return one row per shown image and text: x, y, class, modality, what, shown.

    `shown` is the image's place on the shown axis; -1 for a text.
    """
    images = pd.DataFrame(image_xy, columns=["x", "y"]).assign(
        **{"class": list(image_classes)}, modality="image", shown=np.arange(len(image_xy))
    )
    images["what"] = "image " + images["shown"].astype(str)
    texts = pd.DataFrame(text_xy, columns=["x", "y"]).assign(
        **{"class": list(text_classes)}, modality="text", shown=-1, what=list(prompts)
    )
    return pd.concat([images, texts], ignore_index=True)


def layout_chart(frame: pd.DataFrame, names: Sequence[str], layout: str) -> Figure:
    """Return images as small circles and texts as large triangles, coloured by class."""
    click = alt.selection_point(name="clicked", fields=["shown"], on="click", empty=False)
    legend = alt.Legend(orient="bottom", columns=3, symbolOpacity=1, symbolType="circle")
    chart = (
        alt.Chart(frame)
        .mark_point(filled=True)
        .encode(
            x=alt.X("x:Q", title=f"{layout} 1, no unit", scale=_tight()),
            y=alt.Y("y:Q", title=f"{layout} 2, no unit", scale=_tight()),
            color=class_colour(names, legend),
            shape=alt.Shape(
                "modality:N",
                scale=alt.Scale(domain=MODALITIES, range=["circle", "triangle-up"]),
                legend=alt.Legend(orient="top", title=None, symbolFillColor=GREY),
            ),
            size=alt.Size(
                "modality:N", scale=alt.Scale(domain=MODALITIES, range=[14, 150]), legend=None
            ),
            opacity=alt.Opacity(
                "modality:N", scale=alt.Scale(domain=MODALITIES, range=[0.5, 1.0]), legend=None
            ),
            tooltip=["modality:N", "class:N", alt.Tooltip("what:N", title="which")],
        )
        .add_params(click)
        .properties(height=520, usermeta=CANVAS)
    )
    about = f"{layout} layout of {len(frame)} images and texts, coloured by class."
    return Figure(chart, frame.drop(columns="shown"), about)


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


def cosine_chart(frame: pd.DataFrame) -> Figure:
    """Return one histogram per kind of pair above each other, on the same cosine axis."""
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
    return Figure(bars.properties(height=300), frame, about)


def axis_frame(images: NDArray, texts: NDArray) -> pd.DataFrame:
    """Return one row per image and text: modality, coordinate along the gap vector."""
    return pd.DataFrame(
        {
            "modality": ["image"] * len(images) + ["text"] * len(texts),
            "coordinate": np.concatenate([images, texts]).astype("float32"),
        }
    )


def axis_chart(frame: pd.DataFrame) -> Figure:
    """Return every image and text as a tick along the direction of the gap."""
    ticks = (
        alt.Chart(frame)
        .mark_tick(thickness=1.5, height=34, opacity=0.35)
        .encode(
            x=alt.X(
                "coordinate:Q", title="coordinate along the gap vector", scale=alt.Scale(zero=False)
            ),
            y=alt.Y("modality:N", title=None, sort=MODALITIES),
            color=alt.Color(
                "modality:N", scale=alt.Scale(domain=MODALITIES, range=[BLUE, ORANGE]), legend=None
            ),
            tooltip=["modality:N", alt.Tooltip("coordinate:Q", format=".4f")],
        )
        .properties(height=110, usermeta=CANVAS)
    )
    return Figure(ticks, frame, "Images and texts along the direction that separates their means.")


def _tight() -> alt.Scale:
    return alt.Scale(zero=False, nice=False, padding=14)
