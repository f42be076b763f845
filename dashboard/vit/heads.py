"""Are heads specialised? A part of the Attention page: every head's map, and three measures."""

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.charts import colours, encodings, image_encoding, lines
from dashboard.charts.colours import GREY
from dashboard.charts.figure import Figure
from dashboard.loaders import Study
from dashboard.ui import figures, formatting, page_parts, pickers
from dashboard.vit import attention_charts, titles
from store.schema.vit import attention, names

WALL, CELL = 336, (26, 76)  # px: about as wide as a phone allows; the smallest and largest map
EVERY, ONE = "mean of all pictures", "the picture above"


def section(study: Study, image: int) -> None:
    """Draw whether the heads of a layer differ, and each head on all pictures or on one."""
    st.subheader("Are heads specialised?", anchor=False)
    if not study.has(attention.HEADS, attention.HEAD_MEAN_MAP, attention.HEAD_FINDING):
        st.info("This report was made before heads were compared. Make it again to see it.")
        return
    differ, distance = study.read(attention.HEAD_FINDING).tolist()[:2]
    page_parts.finding_text(differ)
    wall, charts = st.columns([1.15, 1], gap="large")
    with wall:
        every_head(study, image)
    with charts:
        by_layer(study)
        st.caption(formatting.escaped(distance))


def every_head(study: Study, image: int) -> None:
    """Draw the maps of every head of every layer on one scale."""
    maps = study.read(attention.HEAD_MEAN_MAP)
    if pickers.pick_few("Attention of every head", [EVERY, ONE], "every_head") == ONE:
        maps = study.read(attention.CLS_ATTENTION, image).astype("float32")
    brightest = attention_charts.glow_peak(maps) or 1.0
    behind = figures.fixed(wall_chart, maps, heads_frame(study), brightest)
    st.caption(f"One scale for all: dark is 0, bright {brightest:.3f} or more. Hover for numbers.")
    figures.numbers(*behind, "Numbers by head")


def by_layer(study: Study) -> None:
    """Draw the three measures by layer, trained beside random weights."""
    axes = {
        names.HEAD_DIVERGENCE: "difference, bits",
        names.HEAD_ENTROPY: "entropy of a head, nats",
        names.HEAD_DISTANCE: "distance looked, px",
    }
    chosen = pickers.pick_few("Measure", list(titles.HEAD_TITLES.values()), "head_measure")
    name = next(key for key, title in titles.HEAD_TITLES.items() if title == chosen)
    row = study.row(attention.HEAD_MEASURE, name)
    trained, untrained = (
        study.read(spec)[row] for spec in (attention.LAYER_HEADS, attention.UNTRAINED_LAYER_HEADS)
    )
    words = titles.WEIGHTS_TITLES
    series = {words[names.TRAINED]: trained}
    if name == names.HEAD_DIVERGENCE:
        change = study.row(attention.HEAD_MEASURE, names.HEAD_CHANGE)
        series = {"two heads, one picture": trained}
        series["one head, two pictures"] = study.read(attention.LAYER_HEADS)[change]
    series[words[names.UNTRAINED]] = untrained
    heads = study.read(attention.HEADS)[row, ..., 0]
    about = f"{chosen} by layer, mean over heads and pictures."
    behind = figures.wide(layers_chart, series, heads, axes[name], about)
    st.caption("Lines: mean of a layer's heads, 95% over pictures. Grey dots: single heads.")
    figures.numbers(*behind, "Numbers by layer")


def heads_frame(study: Study) -> pd.DataFrame:
    """Return one row per head: layer and head from 1, and its measures."""
    rows = study.read(attention.HEAD_MEASURE).tolist()
    values = study.read(attention.HEADS)[..., 0]  # (measure, layer, head)
    layer, head = np.indices(values.shape[1:]) + 1
    # A stored name never becomes a column: a chart would read it as an expression.
    known = {name: title for name, title in titles.HEAD_COLUMNS.items() if name in rows}
    columns = {title: values[rows.index(name)] for name, title in known.items()}
    table = {"layer": layer, "head": head} | columns
    return pd.DataFrame({name: column.ravel() for name, column in table.items()})


# --- charts -------------------------------------------------------------------------------------


def wall_chart(maps: NDArray, heads: pd.DataFrame, brightest: float) -> Figure:
    """Return every map, (layer, head, rows, cols), in its place, colours from 0 to `brightest`.

    heads: from `heads_frame`, in the same order.
    """
    n_layers, n_heads = maps.shape[:2]
    side = int(np.clip(WALL // n_heads, *CELL))
    limits = (0.0, brightest)
    flat = maps.reshape(-1, *maps.shape[2:])
    frame = heads.assign(
        url=[image_encoding.enlarged_uri(colours.rgb(one, *limits), side) for one in flat]
    )
    measures = [str(name) for name in heads if name not in ("layer", "head")]
    chart = (
        alt.Chart(frame)
        .mark_image(width=side - 2, height=side - 2)
        .encode(
            x=encodings.x(
                "head:O", "head", axis={"labelAngle": 0, "ticks": False, "domain": False}
            ),
            y=encodings.y("layer:O", "layer", axis={"ticks": False, "domain": False}),
            url="url:N",
            tooltip=["layer:O", "head:O", *encodings.hover(".3~g", *measures)],
        )
    )
    size = {"width": side * n_heads, "height": side * n_layers}
    about = f"Attention maps of {n_heads} heads in each of {n_layers} layers, on one scale."
    return Figure(chart.properties(**size).configure_view(strokeWidth=0), heads, about)


def layers_chart(series: Mapping[str, NDArray], heads: NDArray, axis: str, about: str) -> Figure:
    """Return a line over layers per series, (layers, 3) each, before a dot per head.

    heads: (layers, heads), the values of the first series' heads.
    """
    n_layers = len(heads)
    frame = lines.lines_frame("of", "layer", range(1, n_layers + 1), series)
    layer, head = np.indices(heads.shape) + 1
    dots = pd.DataFrame({"layer": layer.ravel(), "head": head.ravel(), "value": heads.ravel()})
    y = encodings.y("value:Q", axis, ".3~g", zero=bool(frame["value"].min() < 1))
    x = encodings.x("layer:O", "layer", axis={"labelAngle": 0})
    single = alt.Chart(dots.dropna()).mark_point(color=GREY, filled=True, size=26, opacity=0.6)
    tooltip = ["layer:O", "head:O", *encodings.hover(".3~g", value=axis)]
    behind = [single.encode(x=x, y=y, tooltip=tooltip)]
    return lines.line_chart(frame, "of", x, y, about, detail=".3~g", behind=behind, height=240)
