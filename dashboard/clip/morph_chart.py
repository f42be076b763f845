"""A layout whose images move from their place before an alignment to that after."""

from collections.abc import Sequence

import altair as alt
import pandas as pd
from numpy.typing import NDArray

from dashboard.charts.colours import GREY
from dashboard.charts.figure import CANVAS, Figure
from dashboard.charts.scatter import class_colour, joint_domain
from dashboard.clip.layout_charts import MODALITIES, SHAPES


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


def morph_chart(frame: pd.DataFrame, names: Sequence[str], layout: str) -> Figure:
    """Return one chart whose slider moves every image from its place before to that after.

    The slider works in the browser. The path is a straight line on the page, not a path that
    the embeddings take.
    """
    slider = alt.binding_range(min=0, max=1, step=0.02, name="Before → after ")
    domains = joint_domain(frame[["x0", "y0"]].to_numpy(float), frame[["x1", "y1"]].to_numpy(float))
    is_image = frame["modality"] == "image"
    legend = alt.Legend(orient="bottom", columns=3, symbolOpacity=1, symbolType="square")
    layers = (_moving(frame[is_image], domains), _staying(frame[~is_image], layout, domains))
    chart = alt.layer(*(layer.encode(color=class_colour(names, legend)) for layer in layers))
    chart = chart.add_params(alt.param(name="t", value=0, bind=slider))
    chart = chart.properties(height=480, usermeta=CANVAS)
    return Figure(chart, frame, f"{layout} layout that moves from before to after alignment.")


def _moving(images: pd.DataFrame, domains: tuple[list[float], list[float]]) -> alt.Chart:
    """Return the images' layer.

    At each step of the slider, a browser reads each expression anew for every image. So there are
    two of them, of places that are shares of the axes already, and no tooltip, no description and
    no check for what is no number.
    """
    (left, right), (bottom, top) = domains
    places = pd.DataFrame({"class": images["class"]})
    for axis, low, extent in (("x", left, right - left), ("y", bottom, top - bottom)):
        places[axis] = (images[f"{axis}0"] - low) / extent
        places[f"d{axis}"] = (images[f"{axis}1"] - images[f"{axis}0"]) / extent
    return (
        alt.Chart(places)
        .mark_square(size=14, opacity=0.55, aria=False, tooltip=None, invalid="show")
        .encode(
            x=alt.XValue(alt.ExprRef("width * (datum.x + t * datum.dx)")),
            y=alt.YValue(alt.ExprRef("height * (1 - datum.y - t * datum.dy)")),
        )
    )


def _staying(
    texts: pd.DataFrame, layout: str, domains: tuple[list[float], list[float]]
) -> alt.Chart:
    """Return the texts' layer, which brings the axes and the symbols' legend."""
    symbols = alt.Scale(domain=MODALITIES, range=SHAPES)
    x_scale, y_scale = (alt.Scale(domain=domain, nice=False, zero=False) for domain in domains)
    axis = alt.Axis(labels=False, ticks=False, grid=False)  # a layout's numbers mean nothing
    return (
        alt.Chart(texts)
        .mark_point(filled=True, size=46, opacity=0.9)
        .encode(
            x=alt.X("x0:Q", title=f"{layout} 1, no unit", scale=x_scale, axis=axis),
            y=alt.Y("y0:Q", title=f"{layout} 2, no unit", scale=y_scale, axis=axis),
            shape=alt.Shape(
                "modality:N",
                title=None,
                scale=symbols,
                legend=alt.Legend(orient="top", symbolFillColor=GREY),
            ),
            tooltip=["modality:N", "class:N"],
        )
    )
