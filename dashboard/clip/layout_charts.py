"""Images and texts in the plane: one panel per state, the way between two, and their density."""

import json
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from dashboard.charts import encodings
from dashboard.charts.colours import BLUE, GREY, INK, ORANGE, VERMILION, rgb
from dashboard.charts.figure import CANVAS, Figure
from dashboard.charts.scatter import class_colour, joint_domain

SYMBOLS = {"image": "square", "text": "triangle-up"}  # a canvas paints squares fastest
MODALITIES = IMAGE, TEXT = list(SYMBOLS)
MODALITY_COLOURS = dict(zip(MODALITIES, (BLUE, ORANGE), strict=True))
MOST_NAMED = 20  # classes whose names stand in a chart
HEADING_PX = 26  # of a panel's heading, above its points
GAP_BETWEEN = 0.08  # of a panel's width
MOST_POINTS_DRAWN = 20_000  # a browser that draws more of them one by one stops answering
# Vega-Lite has no timers, Vega has. A drawing without a browser leaves the patch out and stands.
_TICKING = {"events": {"type": "timer", "throttle": 40}, "update": "play ? ticks + 1 : ticks"}
_IS_TICKS = {"op": "test", "path": "/signals/0/name", "value": "ticks"}
_TICKS = {"op": "add", "path": "/signals/0/on", "value": [_TICKING]}
PLAYED = {"embedOptions": {**CANVAS["embedOptions"], "patch": [_IS_TICKS, _TICKS]}}
NO_IMAGE = -1  # `shown` of a text, and the choice of no image


def panels_frame(
    states: Sequence[NDArray],  # (images, 2) per panel; panels are set side by side along x
    titles: Sequence[str],
    rows: NDArray,  # (images,) their places on the store's shown axis
    image_classes: Sequence[str],
    texts: NDArray,  # (texts, 2), in every panel
    text_classes: Sequence[str],
    prompts: Sequence[str],
) -> pd.DataFrame:
    """Return one row per point and panel: x, y, state, class, modality, shown, what."""
    (left, right), _ = joint_domain(*states, texts)
    step = (right - left) * (1 + GAP_BETWEEN)
    parts = []
    for panel, (images, title) in enumerate(zip(states, titles, strict=True)):
        for xy, classes, modality, ids, what in (
            (images, image_classes, "image", rows, [f"image {n}" for n in rows]),
            (texts, text_classes, "text", np.full(len(texts), NO_IMAGE), list(prompts)),
        ):
            part = pd.DataFrame({"x": xy[:, 0] + panel * step, "y": xy[:, 1]})
            part = part.assign(state=title, modality=modality, shown=ids, what=what)
            parts.append(part.assign(**{"class": list(classes)}))
    return pd.concat(parts, ignore_index=True)


def panels_chart(
    frame: pd.DataFrame,  # from `panels_frame`
    names: Sequence[str],
    layout: str,
    *,
    chosen: int = NO_IMAGE,  # the image that is ringed in every panel
    highlight: str = "",  # the class that keeps its colour; all of them when empty
    matching: str = "",  # the text that the chosen image is joined to
    lit: Collection[str] = (),  # the texts that are marked
    prompts: Mapping[str, str] | None = None,  # class -> the text that its images show on hover
    pictures: Sequence[str] = (),  # what they show too: a data URI each, in the frame's order
    by_class: bool = False,  # colours are of the classes, and not of images and texts
) -> Figure:
    """Return images as small squares and texts as triangles, in one panel per state."""
    # All panels are one view: hovering an image marks it in every one, a click selects it once.
    titles = list(dict.fromkeys(frame["state"]))
    colour = class_colour(names, symbolType="square") if by_class else modality_colour()
    layers = [_points(frame, titles, pictures, prompts or {}, colour, highlight, layout)]
    if len(titles) > 1:
        layers += _headings(frame, titles)
    if len(names) <= MOST_NAMED:
        layers += _class_names(frame)
    if lit:
        layers.append(_marked_texts(frame, lit))
    ringed = frame[(frame["shown"] == chosen) & (frame["shown"] >= 0)]
    if len(ringed):
        layers += _ring(frame, ringed, matching)
    chart = alt.layer(*layers).properties(height=460, usermeta=CANVAS)
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
    colour: alt.Color,
    highlight: str,
    layout: str,
) -> alt.Chart:
    placed, about = _places_and_points(frame, titles, pictures)
    select = partial(alt.selection_point, fields=["shown"], empty=False)
    hover = select(name="hovered", on="mouseover", clear="mouseout")
    click = select(name="clicked", on="click")
    box = alt.selection_interval(name="boxed", encodings=["x", "y"])
    is_text = alt.datum.modality == "text"
    bright = alt.when(is_text).then(alt.value(0.9)).otherwise(alt.value(0.5))
    if highlight:
        of_class = alt.datum["class"] == highlight
        bright = alt.when(of_class & is_text).then(alt.value(0.9)).when(of_class)
        bright = bright.then(alt.value(0.7)).otherwise(alt.value(0.06))
    x, y = _plane("x", "y", joint_domain(frame[["x", "y"]].to_numpy(float)), layout)
    tooltip = ["state:N", "modality:N", "class:N", alt.Tooltip("what:N", title="which")]
    fields = [str(name) for name in about if name != "point"]
    if prompts:
        tooltip.append(alt.Tooltip("text:N", title="matching text"))
    if "image" in fields:
        tooltip.append(alt.Tooltip("image:N"))
    points = alt.Chart(placed).mark_point(filled=True)
    points = points.transform_lookup("point", alt.LookupData(about, "point", fields))
    points = points.transform_calculate(
        state=f"{json.dumps(titles)}[datum.panel]",
        # Looked up by class: one text per class is sent, and not one per image.
        text=f"datum.modality === 'image' ? {json.dumps(dict(prompts))}[datum['class']] : ''",
    )
    size = alt.when(hover).then(alt.value(190)).when(is_text).then(alt.value(46))
    return points.encode(
        x=x,
        y=y,
        color=colour,
        shape=_symbols(offset=HEADING_PX if len(titles) > 1 else alt.Undefined),
        size=size.otherwise(alt.value(14)),
        opacity=bright,
        stroke=alt.when(hover).then(alt.value(INK)).otherwise(alt.value(None)),
        tooltip=tooltip,
    ).add_params(hover, click, box)


def _marked_texts(frame: pd.DataFrame, lit: Collection[str]) -> alt.Chart:
    """Return a ring around each of these texts, in every panel."""
    ringed = frame[(frame["modality"] == TEXT) & frame["what"].isin(list(lit))]
    rings = alt.Chart(ringed[["x", "y", "what"]]).mark_point(size=130, color=VERMILION)
    return rings.encode(x="x:Q", y="y:Q", tooltip=[alt.Tooltip("what:N", title="text")])


def modality_colour() -> alt.Color:
    """Return the two colours of images and texts, whose legend joins that of their shapes."""
    offset = {"orient": "top", "symbolOpacity": 1}
    return encodings.colour("modality", MODALITY_COLOURS, **offset)


def _class_names(frame: pd.DataFrame) -> list[alt.Chart]:
    """Return the name of each class in the middle of its images, in every panel, over a halo."""
    images = frame[frame["modality"] == IMAGE]
    middles = images.groupby(["state", "class"], as_index=False)[["x", "y"]].median()
    halo = {"stroke": "white", "strokeWidth": 4, "strokeOpacity": 0.75, "strokeJoin": "round"}
    return [
        alt.Chart(middles)
        .mark_text(fontSize=12, fontWeight="bold", color="#1c2430", **style)
        .encode(x="x:Q", y="y:Q", text="class:N")
        for style in (halo, {})
    ]


def _plane(
    x: str, y: str, domains: tuple[list[float], list[float]], layout: str
) -> tuple[alt.X, alt.Y]:
    """Return both places in a layout, whose axes have no numbers, for those mean nothing."""
    bare = {"labels": False, "ticks": False, "grid": False}
    across, up = ({"domain": domain, "nice": False, "zero": False} for domain in domains)
    return (
        encodings.x(f"{x}:Q", f"{layout} 1, no unit", axis=bare, **across),
        encodings.y(f"{y}:Q", f"{layout} 2, no unit", axis=bare, **up),
    )


def _symbols(**legend: Any) -> alt.Shape:
    return encodings.shape("modality", SYMBOLS, symbolFillColor=GREY, **legend)


def _places_and_points(
    frame: pd.DataFrame, titles: list[str], pictures: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return where every point is in every panel, and once per point what it is."""
    # Pictures and words are most of what a browser is sent; in every panel, they are the same.
    n_points = len(frame) // len(titles)
    placed = frame[["x", "y"]].astype("float32").assign(shown=frame["shown"].astype("int32"))
    panel, point = np.divmod(np.arange(len(frame)), n_points)
    placed = placed.assign(point=point.astype("int32"), panel=panel.astype("int8"))
    about = frame[["modality", "class", "what"]].head(n_points)
    about = about.assign(point=np.arange(n_points, dtype="int32"))
    if pictures:
        about = about.assign(image=[*pictures, *[""] * (n_points - len(pictures))])
    return placed, about


def _headings(frame: pd.DataFrame, titles: list[str]) -> list[alt.Chart]:
    of_state = frame.groupby("state")["x"]
    middles = ((of_state.min() + of_state.max()) / 2)[titles].tolist()
    font = {"fontSize": 13, "fontWeight": "bold"}
    text = alt.Chart(pd.DataFrame({"x": middles, "title": titles}))
    text = text.mark_text(color=INK, baseline="bottom", clip=False, **font)
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
    before: NDArray,  # (images, 2)
    after: NDArray,  # (images, 2)
    image_classes: Sequence[str],
    texts: NDArray,  # (texts, 2), moved by no method, so in the same place twice
    text_classes: Sequence[str],
) -> pd.DataFrame:
    """Return one row per shown image and text: x0, y0 before, x1, y1 after, modality, class."""
    ends = np.concatenate([np.hstack([before, after]), np.hstack([texts, texts])])
    frame = pd.DataFrame(ends, columns=["x0", "y0", "x1", "y1"])
    frame["modality"] = np.repeat(MODALITIES, [len(before), len(texts)])
    return frame.assign(**{"class": [*image_classes, *text_classes]})


def morph_chart(frame: pd.DataFrame, layout: str) -> Figure:
    """Return one chart whose slider or play box, in the browser, moves images and back again."""
    domains = joint_domain(frame[["x0", "y0"]].to_numpy(float), frame[["x1", "y1"]].to_numpy(float))
    is_image = frame["modality"] == "image"
    x, y = _plane("x0", "y0", domains, layout)
    texts = alt.Chart(frame[~is_image]).mark_point(filled=True, size=46, opacity=0.9)
    texts = texts.encode(x=x, y=y, shape=_symbols(), tooltip=["modality:N", "class:N"])
    layers = (_moving(frame[is_image], domains), texts)
    colour = modality_colour()
    chart = alt.layer(*(layer.encode(color=colour) for layer in layers))
    chart = chart.add_params(*_way()).properties(height=480, usermeta=PLAYED)
    return Figure(chart, frame, f"{layout} layout that moves from before to after alignment.")


def _way() -> tuple[alt.Parameter, ...]:
    """Return the share `t` of the way, of the slider or, while it plays, of the ticks."""
    slider = alt.binding_range(min=0, max=1, step=0.02, name="Before → after ")
    return (
        alt.param(name="ticks", value=0),  # first: PLAYED finds it by its place
        alt.param(name="play", value=False, bind=alt.binding_checkbox(name="Play ")),
        alt.param(name="slid", value=0, bind=slider),
        alt.param(name="t", expr="play ? (1 - cos(ticks / 40)) / 2 : slid"),
    )


def _moving(images: pd.DataFrame, domains: tuple[list[float], list[float]]) -> alt.Chart:
    """Return the images' layer."""
    # At each step of the slider, a browser reads each expression anew for every image. So there
    # are two of them, of places that are shares of the axes already, and no tooltip, no
    # description and no check for what is no number.
    (left, right), (bottom, top) = domains
    places = pd.DataFrame({"modality": images["modality"]})
    for axis, low, extent in (("x", left, right - left), ("y", bottom, top - bottom)):
        places[axis] = (images[f"{axis}0"] - low) / extent
        places[f"d{axis}"] = (images[f"{axis}1"] - images[f"{axis}0"]) / extent
    quick = {"aria": False, "tooltip": None, "invalid": "show"}
    return (
        alt.Chart(places)
        .mark_square(size=14, opacity=0.55, **quick)
        .encode(
            x=alt.XValue(alt.ExprRef("width * (datum.x + t * datum.dx)")),
            y=alt.YValue(alt.ExprRef("height * (1 - datum.y - t * datum.dy)")),
        )
    )


def density_image(layouts: list[NDArray], side: int = 420) -> Image.Image:
    """Return the log of points per pixel, a square per layout, (points, 2); y points up."""
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
