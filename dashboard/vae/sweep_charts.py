"""The VAE's sweep: one figure over one setting, simpler models beside it."""

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts.colours import BLUE, GREEN, ORANGE, PINK
from dashboard.charts.figure import Figure
from dashboard.charts.reference_lines import level_rules

SHAPES = ("circle", "diamond", "square", "triangle-up")


def sweep_frame(
    setting: Sequence[float], measured: Mapping[str, NDArray], others: Mapping[str, NDArray]
) -> pd.DataFrame:
    """Return one row per point and series: setting, series, value, low, high.

    setting: the KL weight or the number of latents of each point.
    measured: by series, (points, 3) value, low, high.
    others: by series, (points,) exact values without an interval.
    """
    rows = []
    for name, values in measured.items():
        for at, (value, low, high) in zip(setting, np.asarray(values, float), strict=True):
            rows.append((float(at), name, value, low, high))
    for name, values in others.items():
        pairs = zip(setting, values, strict=True)
        rows += [(float(at), name, float(value), np.nan, np.nan) for at, value in pairs]
    frame = pd.DataFrame(rows, columns=["setting", "series", "value", "low", "high"])
    return frame.sort_values("setting", kind="stable", ignore_index=True)


def sweep_chart(
    frame: pd.DataFrame,
    setting: str,
    axis: str,
    about: str,
    *,
    zero: bool = False,
    levels: Sequence[tuple[float, str]] = (),
) -> Figure:
    """Return lines over the setting, drawn at equal steps, with whiskers over seeds.

    levels: labelled rules, (value, label).
    """
    drawn = frame.dropna(subset=["value"])
    drawn = drawn.assign(at=[f"{value:g}" for value in drawn["setting"]])
    order = [f"{value:g}" for value in sorted(drawn["setting"].unique())]
    series = list(dict.fromkeys(drawn["series"]))
    x = alt.X("at:O", sort=order, title=setting, axis=alt.Axis(labelAngle=0))
    y = alt.Y("value:Q", title=axis, scale=alt.Scale(zero=zero))
    several = alt.Legend(orient="top", columns=2, labelLimit=260, symbolOpacity=1)
    legend = several if len(series) > 1 else None
    colours = [BLUE, ORANGE, GREEN, PINK][: len(series)]
    colour = alt.Color(
        "series:N", title=None, scale=alt.Scale(domain=series, range=colours), legend=legend
    )
    shape = alt.Shape(
        "series:N",
        title=None,
        scale=alt.Scale(domain=series, range=list(SHAPES[: len(series)])),
        legend=legend,
    )
    numbers = [alt.Tooltip(f"{name}:Q", format=".4g") for name in ("value", "low", "high")]
    tooltip = [alt.Tooltip("at:O", title=setting), "series:N", *numbers]
    base = alt.Chart(drawn).encode(x=x, color=colour, tooltip=tooltip)
    lines = base.mark_line(strokeWidth=1.5, opacity=0.7).encode(y=y)
    points = base.mark_point(filled=True, size=70, opacity=1).encode(y=y, shape=shape)
    layers = [lines, points]
    between_seeds = drawn.dropna(subset=["low"])
    if len(between_seeds):  # one seed has no interval
        low = alt.Y("low:Q", title=axis)
        whiskers = alt.Chart(between_seeds).mark_rule(strokeWidth=2)
        layers.insert(0, whiskers.encode(x=x, y=low, y2="high:Q", color=colour, tooltip=tooltip))
    chart = alt.layer(*level_rules(levels, axis, "left", decimals=2), *layers)
    return Figure(chart.properties(height=260), frame, about)
