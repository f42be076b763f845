"""Layouts of many points in the plane: one class each, drawn on a canvas."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts import encodings
from dashboard.charts.colours import CATEGORIES, GREY
from dashboard.charts.figure import CANVAS, Figure

MOST_POINTS = 5000  # what a browser moves smoothly


def spread_rows(n_rows: int, most: int = MOST_POINTS) -> NDArray:
    """Return at most `most` row numbers, (n,), evenly spread over all of them."""
    if n_rows <= most:
        return np.arange(n_rows)
    return np.linspace(0, n_rows - 1, most).round().astype(int)


def joint_domain(*layouts: NDArray) -> tuple[list[float], list[float]]:
    """Return the x and y range that holds every point of every layout, with a small margin."""
    points = np.concatenate([layout.reshape(-1, 2) for layout in layouts])
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.where(high > low, (high - low) * 0.04, 1.0)
    low, high = low - margin, high + margin
    return [float(low[0]), float(high[0])], [float(low[1]), float(high[1])]


def class_colour(names: Sequence[str], **legend: Any) -> alt.Color:
    """Return the colour of each class; without colours where there are too many to tell apart."""
    colours = [CATEGORIES[place % len(CATEGORIES)] for place in range(len(names))]
    entries = alt.Legend(orient="bottom", columns=3, symbolOpacity=1, **legend)
    if len(names) > 20:
        colours, entries = [GREY] * len(names), None
    scale = alt.Scale(domain=list(names), range=colours)
    return alt.Color("class:N", title="class", scale=scale, legend=entries)


def class_scatter(
    frame: pd.DataFrame, names: Sequence[str], axes: Sequence[str], about: str
) -> Figure:
    """Return points, x, y and class, in colour; a click in the legend leaves one class in it."""
    pick = alt.selection_point(name="class_pick", fields=["class"], bind="legend")
    chart = alt.Chart(frame).mark_circle(size=16)
    chart = chart.encode(
        x=encodings.x("x:Q", axes[0], nice=False, padding=12),
        y=encodings.y("y:Q", axes[1], nice=False, padding=12),
        color=class_colour(names, symbolSize=80),
        opacity=alt.condition(pick, alt.value(0.7), alt.value(0.04)),
        tooltip=["class:N"],
    )
    chart = chart.add_params(pick).properties(height=480, usermeta=CANVAS)
    return Figure(chart, frame, about)
