"""Images and texts in the plane: one panel per state, the way between two, and their density.

The panels are one view, so that hovering an image marks it in every one and a click selects it
once.
"""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from dashboard.charts.colours import GREY, INK, VERMILION, rgb
from dashboard.charts.figure import CANVAS, Figure
from dashboard.charts.scatter import class_colour, joint_domain

MODALITIES = ["image", "text"]
SHAPES = ["square", "triangle-up"]  # a canvas paints a square in two thirds of a circle's time
HEADING_PX = 26  # of a panel's heading, above its points
GAP_BETWEEN = 0.08  # of a panel's width
NO_PROMPTS: Mapping[str, str] = MappingProxyType({})
MOST_POINTS_DRAWN = 20_000  # a browser that draws more of them one by one stops answering
NO_IMAGE = -1  # `shown` of a text, and the choice of no image


def panels_frame(
    states: Sequence[NDArray],
    titles: Sequence[str],
    shown: NDArray,
    image_classes: Sequence[str],
    texts: NDArray,
    text_classes: Sequence[str],
    prompts: Sequence[str],
) -> pd.DataFrame:
    """Return one row per point and panel: x, y, state, class, modality, shown, what.

    Panels are set side by side along x; texts are in every one of them.

    states: one (images, 2) per panel. shown: (images,) place on the shown axis.
    """
    (left, right), _ = joint_domain(*states, texts)
    step = (right - left) * (1 + GAP_BETWEEN)
    parts = []
    for panel, (images, title) in enumerate(zip(states, titles, strict=True)):
        for xy, classes, modality, ids, what in (
            (images, image_classes, "image", shown, [f"image {n}" for n in shown]),
            (texts, text_classes, "text", np.full(len(texts), NO_IMAGE), list(prompts)),
        ):
            part = pd.DataFrame({"x": xy[:, 0] + panel * step, "y": xy[:, 1]})
            part = part.assign(state=title, modality=modality, shown=ids, what=what)
            parts.append(part.assign(**{"class": list(classes)}))
    return pd.concat(parts, ignore_index=True)


def panels_chart(
    frame: pd.DataFrame,
    names: Sequence[str],
    layout: str,
    *,
    chosen: int = NO_IMAGE,
    highlight: str = "",
    matching: str = "",
    prompts: Mapping[str, str] = NO_PROMPTS,
    pictures: Sequence[str] = (),
    height: int = 460,
) -> Figure:
    """Return images as small squares and texts as triangles, in one panel per state.

    frame: as from `panels_frame`. chosen: the image that is ringed in every panel. highlight: the
    class that keeps its colour; all of them when empty. matching: the text that the chosen image is
    joined to. On hover an image shows its matching text, from `prompts` by its class, and what
    `pictures` holds of it: a data URI per image in the frame's order.
    """
    titles = list(dict.fromkeys(frame["state"]))
    layers = [_points(frame, titles, pictures, prompts, names, highlight, layout)]
    if len(titles) > 1:
        layers += _headings(frame, titles)
    ringed = frame[(frame["shown"] == chosen) & (frame["shown"] >= 0)]
    if len(ringed):
        layers += _ring(frame, ringed, matching)
    chart = alt.layer(*layers).properties(height=height, usermeta=CANVAS)
    about = f"{layout} layout of images and texts: {', '.join(titles)}."
    numbers = frame[["state", "modality", "class", "what", "x", "y"]]
    if prompts:
        texts = frame["class"].map(dict(prompts)).where(frame["modality"] == "image", "")
        numbers = numbers.assign(**{"matching text": texts})
    return Figure(chart, numbers, about)


def _points(
    frame: pd.DataFrame,
    titles: list[str],
    pictures: Sequence[str],
    prompts: Mapping[str, str],
    names: Sequence[str],
    highlight: str,
    layout: str,
) -> alt.Chart:
    placed, about = _sent(frame, titles, pictures)
    hover = alt.selection_point(
        name="hovered", fields=["shown"], on="mouseover", clear="mouseout", empty=False
    )
    click = alt.selection_point(name="clicked", fields=["shown"], on="click", empty=False)
    is_text = alt.datum.modality == "text"
    bright = alt.when(is_text).then(alt.value(0.9)).otherwise(alt.value(0.5))
    if highlight:
        of_class = alt.datum["class"] == highlight
        bright = (
            alt.when(of_class & is_text)
            .then(alt.value(0.9))
            .when(of_class)
            .then(alt.value(0.7))
            .otherwise(alt.value(0.06))
        )
    x_range, y_range = joint_domain(frame[["x", "y"]].to_numpy(float))
    tooltip = ["state:N", "modality:N", "class:N", alt.Tooltip("what:N", title="which")]
    fields = [str(name) for name in about if name != "point"]
    if prompts:
        tooltip.append(alt.Tooltip("text:N", title="matching text"))
    if "image" in fields:
        tooltip.append(alt.Tooltip("image:N"))
    return (
        alt.Chart(placed)
        .mark_point(filled=True)
        .transform_lookup("point", alt.LookupData(about, "point", fields))
        .transform_calculate(
            state=f"{json.dumps(titles)}[datum.panel]",
            # Looked up by class: one text per class is sent, and not one per image.
            text=f"datum.modality === 'image' ? {json.dumps(dict(prompts))}[datum['class']] : ''",
        )
        .encode(
            x=alt.X(
                "x:Q",
                title=f"{layout} 1, no unit",
                scale=alt.Scale(domain=x_range, nice=False, zero=False),
                axis=alt.Axis(labels=False, ticks=False, grid=False),
            ),
            y=alt.Y(
                "y:Q",
                title=f"{layout} 2, no unit",
                scale=alt.Scale(domain=y_range, nice=False, zero=False),
                axis=alt.Axis(labels=False, ticks=False, grid=False),
            ),
            color=class_colour(
                names, alt.Legend(orient="bottom", columns=3, symbolOpacity=1, symbolType="square")
            ),
            shape=alt.Shape(
                "modality:N",
                scale=alt.Scale(domain=MODALITIES, range=SHAPES),
                legend=alt.Legend(
                    orient="top",
                    title=None,
                    symbolFillColor=GREY,
                    offset=HEADING_PX if len(titles) > 1 else alt.Undefined,
                ),
            ),
            size=alt.when(hover)
            .then(alt.value(190))
            .when(is_text)
            .then(alt.value(46))
            .otherwise(alt.value(14)),
            opacity=bright,
            stroke=alt.when(hover).then(alt.value(INK)).otherwise(alt.value(None)),
            tooltip=tooltip,
        )
        .add_params(hover, click)
    )


def _sent(
    frame: pd.DataFrame, titles: list[str], pictures: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return where every point is in every panel, and once per point what it is.

    Pictures and words are most of what a browser is sent; in every panel, they are the same.
    """
    n_points = len(frame) // len(titles)
    placed = frame[["x", "y"]].astype("float32")
    place = np.arange(len(frame))
    placed = placed.assign(shown=frame["shown"].astype("int32"))
    placed = placed.assign(
        point=(place % n_points).astype("int32"), panel=(place // n_points).astype("int8")
    )
    about = frame[["modality", "class", "what"]].head(n_points)
    about = about.assign(point=np.arange(n_points, dtype="int32"))
    if pictures:
        about = about.assign(image=[*pictures, *[""] * (n_points - len(pictures))])
    return placed, about


def _headings(frame: pd.DataFrame, titles: list[str]) -> list[alt.Chart]:
    places = [
        {"x": float(of["x"].min() + of["x"].max()) / 2, "title": title}
        for title in titles
        for of in [frame[frame["state"] == title]]
    ]
    text = alt.Chart(pd.DataFrame(places)).mark_text(
        color=INK, fontSize=13, fontWeight="bold", baseline="bottom", clip=False
    )
    return [text.encode(x="x:Q", y=alt.value(-6), text="title:N")]


def _ring(frame: pd.DataFrame, ringed: pd.DataFrame, matching: str) -> list[alt.Chart]:
    """Return a ring around the chosen image in each panel, and its line to the matching text."""
    layers: list[alt.Chart] = []
    ends = frame[(frame["modality"] == "text") & (frame["what"] == matching)]
    joined = ringed.merge(ends[["state", "x", "y"]], on="state", suffixes=("", "2"))
    if len(joined):
        line = alt.Chart(joined).mark_rule(color=VERMILION, strokeWidth=1.5)
        layers.append(line.encode(x="x:Q", y="y:Q", x2="x2:Q", y2="y2:Q"))
    ring = alt.Chart(ringed).mark_point(size=220, strokeWidth=2.5, color=VERMILION, filled=False)
    return [*layers, ring.encode(x="x:Q", y="y:Q")]


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


def density_image(layouts: list[NDArray], side: int = 420) -> Image.Image:
    """Return how many points fall on each pixel, log scale, one square per layout side by side.

    layouts: (points, 2) each, drawn on one pair of axes; y points up.
    """
    points = np.concatenate(layouts)
    low, high = points.min(axis=0), points.max(axis=0)
    high = np.where(high > low, high, low + 1)
    span = [[low[1], high[1]], [low[0], high[0]]]
    counts = [np.histogram2d(xy[:, 1], xy[:, 0], bins=side, range=span)[0][::-1] for xy in layouts]
    shades = [np.log1p(one) for one in counts]
    top = max(float(one.max()) for one in shades)
    tiles = [rgb(one, 0.0, top) for one in shades]
    edge = np.full((side, 4, 3), 255, np.uint8)
    row = [part for tile in tiles for part in (tile, edge)][:-1]
    return Image.fromarray(np.concatenate(row, axis=1))
