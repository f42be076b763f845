"""What the CLS token's attention goes to besides ordinary patches, layer by layer."""

from collections.abc import Sequence

import altair as alt
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts.colours import BLUE, GREEN, ORANGE, VERMILION
from dashboard.charts.figure import Figure

COLOURS = (BLUE, ORANGE, VERMILION, GREEN)


def layers_frame(names: Sequence[str], estimates: NDArray) -> pd.DataFrame:
    """Return one row per name and layer: name, layer (from 1), value, low, high.

    estimates: (names, layers, 3) value, low, high.
    """
    rows = [
        (name, layer + 1, *map(float, estimate))
        for name, of_name in zip(names, estimates, strict=True)
        for layer, estimate in enumerate(of_name)
    ]
    return pd.DataFrame(rows, columns=["name", "layer", "value", "low", "high"])


def layers_chart(frame: pd.DataFrame, axis: str, about: str) -> Figure:
    """Return one line with its interval band per name, over layers."""
    names = list(dict.fromkeys(frame["name"]))
    scale = alt.Scale(domain=names, range=list(COLOURS[: len(names)]))
    legend = alt.Legend(title=None, orient="top", symbolOpacity=1, columns=1, labelLimit=300)
    x = alt.X("layer:O", title="layer", axis=alt.Axis(labelAngle=0))
    y = alt.Y("value:Q", title=axis, axis=alt.Axis(format="~%"), scale=alt.Scale(zero=True))
    tooltip = ["name:N", "layer:O"]
    tooltip += [alt.Tooltip(f"{end}:Q", format=".1%") for end in ("value", "low", "high")]
    base = alt.Chart(frame).encode(x=x, color=alt.Color("name:N", scale=scale, legend=legend))
    band = base.mark_area(opacity=0.18, tooltip=None).encode(
        y=alt.Y("low:Q", title=axis), y2="high:Q"
    )
    line = base.mark_line(strokeWidth=2).encode(y=y)
    shape = alt.Shape("name:N", scale=alt.Scale(domain=names), legend=legend)
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        y=y, shape=shape, tooltip=tooltip
    )
    return Figure((band + line + points).properties(height=260), frame, about)
