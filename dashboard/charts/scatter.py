"""Layouts of many points in the plane: one class each, drawn on a canvas."""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts.colours import GREY, colour_scale
from dashboard.charts.figure import CANVAS, Figure

MOST_POINTS = 5000  # what a browser moves smoothly


def spread_rows(n_rows: int, most: int = MOST_POINTS) -> NDArray:
    """Return at most `most` row numbers, evenly spread over all of them."""
    if n_rows <= most:
        return np.arange(n_rows)
    return np.linspace(0, n_rows - 1, most).round().astype(int)


def points_frame(xy: NDArray, classes: Sequence[str], **columns: NDArray | list) -> pd.DataFrame:
    """Return one row per point: x, y, class, then the given columns."""
    frame = pd.DataFrame({"x": xy[:, 0].astype("float32"), "y": xy[:, 1].astype("float32")})
    frame["class"] = pd.Categorical(list(classes))
    return frame.assign(**columns)


def joint_domain(*layouts: NDArray) -> tuple[list[float], list[float]]:
    """Return the x and y range that holds every point of every layout, with a small margin."""
    points = np.concatenate([layout.reshape(-1, 2) for layout in layouts])
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.where(high > low, (high - low) * 0.04, 1.0)
    low, high = low - margin, high + margin
    return [float(low[0]), float(high[0])], [float(low[1]), float(high[1])]


def class_colour(names: Sequence[str], legend: alt.Legend | None) -> alt.Color:
    """Return the colour of each class; without colours where there are too many to tell apart."""
    domain, colours = colour_scale(list(names))
    if len(domain) > 20:
        colours = [GREY] * len(domain)
        legend = None
    return alt.Color(
        "class:N", title="class", scale=alt.Scale(domain=domain, range=colours), legend=legend
    )


def class_scatter(
    frame: pd.DataFrame,
    names: Sequence[str],
    axes: tuple[str, str],
    about: str,
    *,
    height: int = 480,
) -> Figure:
    """Return points coloured by class; a click in the legend leaves one class in colour.

    frame: x, y, class and anything else for the tooltip.
    """
    pick = alt.selection_point(name="class_pick", fields=["class"], bind="legend")
    legend = alt.Legend(orient="bottom", columns=3, symbolOpacity=1, symbolSize=80)
    extra = [column for column in frame.columns if column not in ("x", "y", "class")]
    chart = (
        alt.Chart(frame)
        .mark_circle(size=16)
        .encode(
            x=alt.X("x:Q", title=axes[0], scale=alt.Scale(nice=False, padding=12)),
            y=alt.Y("y:Q", title=axes[1], scale=alt.Scale(nice=False, padding=12)),
            color=class_colour(names, legend),
            opacity=alt.condition(pick, alt.value(0.7), alt.value(0.04)),
            tooltip=["class:N", *extra],
        )
        .add_params(pick)
        .properties(height=height, usermeta=CANVAS)
    )
    return Figure(chart, frame, about)
