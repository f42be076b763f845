"""Alignment methods: what each does to gap, cosine and score, and how they come about."""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts.colours import BLUE, GREEN, INK, ORANGE, PINK
from dashboard.charts.figure import Figure

COUNT_CELLS = ("both right", "only before right", "only after right", "both wrong")
ROLES = ["method", "control", "baseline"]


def methods_frame(
    titles: Sequence[str],
    roles: Sequence[str],
    gap: NDArray,
    floor: NDArray,
    cosine: NDArray,
    accuracy: NDArray,
    difference: NDArray,
) -> pd.DataFrame:
    """Return one row per method: its role, gap, floor, matched cosine, accuracy and difference.

    gap, cosine, accuracy, difference: (methods, 3) value, low, high. floor: (methods,).
    """
    frame = pd.DataFrame({"method": list(titles), "role": list(roles)})
    frame["gap"], frame["floor"] = gap[:, 0], floor
    frame["matched cosine"], frame["accuracy"] = cosine[:, 0], accuracy[:, 0]
    frame["accuracy low"], frame["accuracy high"] = accuracy[:, 1], accuracy[:, 2]
    for column, title in enumerate(("difference", "difference low", "difference high")):
        frame[title] = difference[:, column]
    return frame


def tradeoff_chart(frame: pd.DataFrame, named: Sequence[str]) -> Figure:
    """Return accuracy against gap, one mark per method that has a gap; dot size is matched cosine.

    frame: as from `methods_frame`. named: methods whose title is written beside their mark.
    """
    drawn = frame.dropna(subset=["gap"])
    roles = alt.Scale(domain=ROLES, range=[BLUE, ORANGE, GREEN])
    shapes = alt.Scale(domain=ROLES, range=["circle", "diamond", "square"])
    legend = alt.Legend(orient="top", title=None)
    x = alt.X("gap:Q", title="gap distance, held out", scale=alt.Scale(zero=True, nice=True))
    y = alt.Y(
        "accuracy:Q",
        title="share labelled right",
        axis=alt.Axis(format=".0%"),
        scale=alt.Scale(domain=[0, 1], nice=False),
    )
    base = alt.Chart(drawn).encode(x=x, y=y)
    tooltip = ["method:N", "role:N"] + [
        alt.Tooltip(f"{name}:Q", format=".3f") for name in ("gap", "matched cosine", "accuracy")
    ]
    marks = base.mark_point(filled=True, opacity=0.85).encode(
        color=alt.Color("role:N", scale=roles, legend=legend),
        shape=alt.Shape("role:N", scale=shapes, legend=legend),
        size=alt.Size(
            "matched cosine:Q", scale=alt.Scale(domain=[0, 1], range=[40, 400]), legend=None
        ),
        tooltip=tooltip,
    )
    words = [
        base.transform_filter(alt.FieldOneOfPredicate("method", list(some)))
        .mark_text(align="left", dx=11, dy=dy, color=INK, fontSize=12)
        .encode(text="method:N")
        for some, dy in ((named[::2], -15), (named[1::2], 15))  # in turns, as methods lie near
    ]
    about = "Held-out accuracy against gap distance of every method, control and baseline."
    return Figure(alt.layer(marks, *words).properties(height=360), frame, about)


def shots_frame(titles: Sequence[str], per_class: Sequence[int], accuracy: NDArray) -> pd.DataFrame:
    """Return one row per method and number of images: mean, lowest and highest of the draws.

    accuracy: (methods, shots, 3).
    """
    n_shots = len(per_class)
    frame = pd.DataFrame({"method": np.repeat(list(titles), n_shots)})
    frame["images per class"] = np.tile(np.asarray(per_class), len(titles))
    for column, title in enumerate(("mean", "lowest", "highest")):
        frame[title] = accuracy[..., column].ravel()
    return frame


def shots_chart(frame: pd.DataFrame, line: float) -> Figure:
    """Return accuracy against images per class, with the line of no map.

    frame: as from `shots_frame`.
    """
    titles = list(dict.fromkeys(frame["method"]))
    colour = alt.Color(
        "method:N",
        title=None,
        scale=alt.Scale(domain=titles, range=[BLUE, GREEN, PINK][: len(titles)]),
        legend=alt.Legend(orient="top", columns=1, symbolOpacity=1, labelLimit=240),
    )
    x = alt.X(
        "images per class:Q",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(values=sorted(set(frame["images per class"])), grid=False),
    )
    y = alt.Y(
        "mean:Q",
        title="share labelled right",
        axis=alt.Axis(format=".0%"),
        scale=alt.Scale(zero=False),
    )
    base = alt.Chart(frame).encode(x=x, color=colour)
    tooltip = ["method:N", "images per class:Q"] + [
        alt.Tooltip(f"{name}:Q", format=".1%") for name in ("mean", "lowest", "highest")
    ]
    mean = base.mark_line(point=True).encode(y=y, tooltip=tooltip)
    draws = base.mark_rule(strokeWidth=2, opacity=0.5).encode(y="lowest:Q", y2="highest:Q")
    flat = pd.DataFrame({"mean": [line], "label": [f"no map {line:.1%}"]})
    rule = alt.Chart(flat).mark_rule(strokeDash=[4, 3], color=INK).encode(y="mean:Q")
    label = alt.Chart(flat).mark_text(align="left", dy=-7, color=INK, fontSize=12)
    label = label.encode(y="mean:Q", x=alt.value(4), text="label:N")
    about = "Held-out accuracy of maps fitted on few images per class."
    return Figure((draws + mean + rule + label).properties(height=300), frame, about)


def sweep_chart(frame: pd.DataFrame) -> Figure:
    """Return the loss against the gap as both modalities are moved along the gap.

    frame: step, gap, accuracy, loss.
    """
    y, title = ("loss", "contrastive loss, nat")
    if frame["loss"].isna().all():
        y, title = ("accuracy", "share labelled right")
    chart = (
        alt.Chart(frame)
        .mark_line(point=True, color=BLUE)
        .encode(
            x=alt.X("step:Q", title="share of the gap that each side is moved by"),
            y=alt.Y(f"{y}:Q", title=title, scale=alt.Scale(zero=False)),
            tooltip=[alt.Tooltip(f"{n}:Q", format=".3f") for n in ("step", "gap", "accuracy")]
            + [alt.Tooltip("loss:Q", format=".4f")],
        )
    )
    none = alt.Chart(pd.DataFrame({"step": [0.0]})).mark_rule(strokeDash=[4, 3], color=INK)
    about = "Loss on held-out images as images and texts are moved along the gap vector."
    return Figure((chart + none.encode(x="step:Q")).properties(height=240), frame, about)


def counts_frame(methods: Sequence[str], counts: NDArray, p_values: NDArray) -> pd.DataFrame:
    """Return one row per method: method, the four counts against no alignment, p_value."""
    frame = pd.DataFrame({"method": list(methods)})
    for cell, title in enumerate(COUNT_CELLS):
        frame[title] = counts[:, cell]
    return frame.assign(p_value=p_values)
