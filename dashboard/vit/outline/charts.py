"""Every layer and head against the outline, at a glance."""

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts.colours import SIGNED
from dashboard.charts.figure import Figure

FOUND = 0.05  # false-discovery rate at which a head is marked
CELL = 34  # px


def heads_frame(gains: NDArray, q_values: NDArray) -> pd.DataFrame:
    """Return one row per layer and head, counted from 1: layer, head, gain, low, high, q_value.

    gains: (layers, heads, 3) value, low and high; q_values: (layers, heads).
    """
    layers, heads = np.indices(q_values.shape)
    columns = {"layer": layers.ravel() + 1, "head": heads.ravel() + 1}
    estimates = gains.reshape(-1, 3).astype(float)
    columns |= {name: estimates[:, at] for at, name in enumerate(("gain", "low", "high"))}
    return pd.DataFrame({**columns, "q_value": q_values.ravel()})


def heads_chart(frame: pd.DataFrame) -> Figure:
    """Return a grid of layers and heads, coloured by gain; a dot marks those beyond chance."""
    largest = float(frame["gain"].abs().max())
    x = alt.X("head:O", title="head", axis=alt.Axis(labelAngle=0, orient="bottom"))
    y = alt.Y("layer:O", title="layer", sort="descending")
    tooltip = ["layer:O", "head:O"]
    tooltip += [alt.Tooltip(f"{name}:Q", format=".3f") for name in ("gain", "low", "high")]
    tooltip.append(alt.Tooltip("q_value:Q", title="q value", format=".2g"))
    colour = alt.Color(
        "gain:Q",
        title="gain",
        scale=alt.Scale(domain=[-largest, largest], range=list(SIGNED), interpolate="rgb"),
    )
    base = alt.Chart(frame).encode(x=x, y=y, tooltip=tooltip)
    dots = base.transform_filter(f"datum.q_value <= {FOUND} && datum.gain > 0").mark_point(
        filled=True, color="black", size=26, opacity=1
    )
    grid = base.mark_rect(stroke="#8888", strokeWidth=0.5).encode(color=colour)
    n_layers, n_heads = frame["layer"].nunique(), frame["head"].nunique()
    chart = (grid + dots).properties(width=CELL * n_heads, height=CELL * n_layers)
    about = "Gain over another image's map of every layer and head; dots: beyond chance."
    return Figure(chart, frame, about)
