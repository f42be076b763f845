"""Before and after an orthogonal map: the same layout, the same axes, and the way between."""

from collections.abc import Sequence

import altair as alt
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts.figure import CANVAS, Figure
from dashboard.charts.gap import MODALITIES
from dashboard.charts.scatter import class_colour, joint_domain

COUNT_CELLS = ("both right", "only before right", "only after right", "both wrong")


def morph_frame(
    before: NDArray,
    after: NDArray,
    image_classes: Sequence[str],
    texts: NDArray,
    text_classes: Sequence[str],
) -> pd.DataFrame:
    """Return one row per shown image and text: x0, y0 before, x1, y1 after, class, modality.

    Texts are moved by no method, so both of their places are the same.
    """
    images = pd.DataFrame({"x0": before[:, 0], "y0": before[:, 1]})
    images = images.assign(x1=after[:, 0], y1=after[:, 1], modality="image")
    images["class"] = list(image_classes)
    words = pd.DataFrame({"x0": texts[:, 0], "y0": texts[:, 1]})
    words = words.assign(x1=words["x0"], y1=words["y0"], modality="text")
    words["class"] = list(text_classes)
    return pd.concat([images, words], ignore_index=True)


def panel(frame: pd.DataFrame, names: Sequence[str], layout: str, after: bool) -> Figure:
    """Return the layout before or after alignment, on axes that hold both."""
    x, y = ("x1", "y1") if after else ("x0", "y0")
    when = "after" if after else "before"
    chart = _points(frame, names, layout, x, y, legend=None).properties(
        height=340, title=f"{when} alignment", usermeta=CANVAS
    )
    shown = frame[[x, y, "class", "modality"]]
    return Figure(chart, shown, f"{layout} layout of images and texts {when} alignment.")


def morph_chart(frame: pd.DataFrame, names: Sequence[str], layout: str) -> Figure:
    """Return one chart whose slider moves every image from its place before to that after.

    The slider works in the browser. The path is a straight line on the page, not a path that
    the embeddings take.
    """
    slider = alt.binding_range(min=0, max=1, step=0.02, name="Before → after ")
    t = alt.param(name="t", value=0, bind=slider)
    legend = alt.Legend(orient="bottom", columns=3, symbolOpacity=1, symbolType="circle")
    moving = _points(frame, names, layout, "x", "y", legend=legend)
    chart = (
        moving.transform_calculate(
            x="datum.x0 * (1 - t) + datum.x1 * t", y="datum.y0 * (1 - t) + datum.y1 * t"
        )
        .add_params(t)
        .properties(height=480, usermeta=CANVAS)
    )
    return Figure(chart, frame, f"{layout} layout that moves from before to after alignment.")


def counts_frame(methods: Sequence[str], counts: NDArray, p_values: NDArray) -> pd.DataFrame:
    """Return one row per method: method, the four counts against no alignment, p_value."""
    frame = pd.DataFrame({"method": list(methods)})
    for cell, title in enumerate(COUNT_CELLS):
        frame[title] = counts[:, cell]
    return frame.assign(p_value=p_values)


def _points(
    frame: pd.DataFrame,
    names: Sequence[str],
    layout: str,
    x: str,
    y: str,
    legend: alt.Legend | None,
) -> alt.Chart:
    x_range, y_range = joint_domain(
        frame[["x0", "y0"]].to_numpy(float), frame[["x1", "y1"]].to_numpy(float)
    )

    def fixed(domain: list[float]) -> alt.Scale:
        return alt.Scale(domain=domain, nice=False, zero=False)

    return (
        alt.Chart(frame)
        .mark_point(filled=True)
        .encode(
            x=alt.X(f"{x}:Q", title=f"{layout} 1, no unit", scale=fixed(x_range)),
            y=alt.Y(f"{y}:Q", title=f"{layout} 2, no unit", scale=fixed(y_range)),
            color=class_colour(names, legend),
            shape=alt.Shape(
                "modality:N",
                title=None,
                scale=alt.Scale(domain=MODALITIES, range=["circle", "triangle-up"]),
                legend=alt.Legend(orient="top") if legend else None,
            ),
            size=alt.Size(
                "modality:N", scale=alt.Scale(domain=MODALITIES, range=[14, 150]), legend=None
            ),
            opacity=alt.Opacity(
                "modality:N", scale=alt.Scale(domain=MODALITIES, range=[0.55, 1.0]), legend=None
            ),
            tooltip=["modality:N", "class:N"],
        )
    )
