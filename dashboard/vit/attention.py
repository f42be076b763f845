"""Attention: which patches the CLS token attends to, by layer, head and method."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.charts import encodings, lines
from dashboard.charts.figure import Figure
from dashboard.loaders import Study
from dashboard.ui import figures, formatting, page_parts, pickers, pictures
from dashboard.vit import attention_charts, gallery, heads, titles
from store.schema import ArraySpec
from store.schema.vit import attention, labels, names

SMALL, LAYER_PX = 112, 84  # px of a map in a row of maps
FEW_LAYERS = 6  # that fit a row at the larger size


@dataclass(frozen=True)
class Method:
    """One way to make a map, and how its picture's map is stored."""

    option: str
    spec: ArraySpec
    unit: str
    per_layer: bool = False
    per_head: bool = False
    title: str = ""  # the option where it says enough

    def maps(self, study: Study, image: int, layer: int = -1) -> NDArray:
        """Return one picture's maps of a layer, (heads, rows, cols), or its only map."""
        values = study.read(self.spec, image).astype("float32")
        values = values[layer] if self.per_layer else values
        return values if self.per_head else values[None]


METHODS = {  # by the attribution's stored name; token length is none
    names.CLS_ATTENTION: Method("CLS attention", attention.CLS_ATTENTION, "attention", True, True),
    names.VALUE_WEIGHTED: Method(
        *("value-weighted", attention.VALUE_WEIGHTED, "attention × value length", True, True),
        title="value-weighted attention",
    ),
    names.ROLLOUT: Method(
        titles.MAP_TITLES[names.ROLLOUT], attention.ATTENTION_ROLLOUT, "attention rollout"
    ),
    names.CLASS_SPECIFIC: Method(
        *("class-specific", attention.CLASS_SPECIFIC, "relevance"), title="class-specific relevance"
    ),
    "token length": Method("token length", attention.TOKEN_NORM, "token length", True),
}


@dataclass(frozen=True)
class Choice:
    """What the reader asked to see."""

    image: int
    method: Method
    layer: int  # from 0; the last where the method has no layers
    head: str
    exact: bool  # a patch is one square, and nothing between is blended
    without_outliers: bool

    @property
    def words(self) -> str:
        """Return the choice in words."""
        where = f"layer {self.layer + 1}" if self.method.per_layer else "all layers"
        parts = [self.method.title or self.method.option, where]
        return ", ".join([*parts, self.head] if self.method.per_head else parts)


def pick(study: Study) -> Choice:
    """Draw the controls."""
    image = gallery.pick_gallery_picture(study)
    asked = pickers.pick("Method", list(METHODS), "method", title=lambda name: METHODS[name].option)
    method = METHODS[asked]
    layer, head = study.size("layer") - 1, gallery.MEAN
    if method.per_layer:
        layer, head = gallery.pick_layer_and_head(study, with_heads=method.per_head)
    return Choice(
        image=image,
        method=method,
        layer=layer,
        head=head,
        without_outliers=pickers.switch(
            "Without outlier patches",
            "no_outliers",
            "Leaves out patches whose token is over twice as long as the median: attention sinks.",
        ),
        exact=attention_charts.is_photograph(study.read(labels.GALLERY_PIXELS, image))
        and pickers.switch(
            "Exact patches", "exact", "Draws each patch as one square. Hover values are the same."
        ),
    )


def read_maps(study: Study, choice: Choice) -> NDArray:
    """Return the maps that share one colour bar: (heads, rows, cols), one where there are none."""
    maps = choice.method.maps(study, choice.image, choice.layer)
    if not choice.without_outliers:
        return maps
    return attention_charts.left_out(maps, outliers(study, choice))


def outliers(study: Study, choice: Choice) -> NDArray:
    """Return which patches are outliers of the chosen layer: (rows, cols)."""
    return study.read(attention.OUTLIER, choice.image)[choice.layer]


def one_picture(study: Study, choice: Choice) -> None:
    """Draw the image that the model saw, the map over it, and the same map of every layer."""
    maps = read_maps(study, choice)
    chosen = attention_charts.one_map(maps, choice.head)
    pixels = study.read(labels.GALLERY_PIXELS, choice.image)
    smooth = attention_charts.is_photograph(pixels) and not choice.exact
    with st.container(horizontal=True, gap="small"):
        with st.container(width=attention_charts.SIDE, gap="xsmall"):
            pictures.one(pixels, attention_charts.SIDE, "The picture as the model saw it")
        with st.container(width=attention_charts.SIDE + 12, gap="xsmall"):
            unit = choice.method.unit
            behind = figures.fixed(
                attention_charts.attention_map, chosen, pixels, smooth=smooth, unit=unit
            )
    note = "The colours end at this map's 99th percentile, so that one odd patch hides no others."
    if choice.without_outliers:
        n_outliers = int(np.count_nonzero(outliers(study, choice)))
        note += f" {n_outliers} of {chosen.size} patches are outliers here and are left out."
    st.caption(note)
    if choice.method.per_layer:
        every_layer(study, choice, pixels, smooth)
    figures.numbers(*behind)
    if choice.method.per_head:
        gallery.all_heads(study, maps, choice.image, choice.layer)


def every_layer(study: Study, choice: Choice, pixels: NDArray, smooth: bool) -> None:
    """Draw the chosen head, or the mean of all, in every layer, each on its own scale."""
    layers = [
        attention_charts.one_map(choice.method.maps(study, choice.image, layer), choice.head)
        for layer in range(study.size("layer"))
    ]
    side = LAYER_PX if len(layers) > FEW_LAYERS else SMALL
    uris = attention_charts.glowing(np.stack(layers), pixels, side=side, smooth=smooth)
    words = [f"layer {number}" for number in range(1, len(layers) + 1)]
    st.image(uris, caption=words, width=side, alt=[f"The map of {word}" for word in words])


def four_methods(study: Study, image: int) -> None:
    """Draw one picture's map by each method, each on its own scale."""
    st.subheader("Do other methods point elsewhere?", anchor=False)
    st.caption("Each map on its own scale: methods have no common unit.")
    stored = study.read(attention.ATTRIBUTION).tolist()
    of_cls = study.row(attention.ATTRIBUTION, names.CLS_ATTENTION)
    rows = [row for row, name in enumerate(stored) if name in METHODS]
    maps = [METHODS[stored[row]].maps(study, image).mean(axis=0) for row in rows]
    every_title = titles.stored_titles(study, attention.ATTRIBUTION)
    map_titles = [every_title[row] for row in rows]
    about = [f"Map by {title}" for title in map_titles]
    pixels = study.read(labels.GALLERY_PIXELS, image)
    smooth = attention_charts.is_photograph(pixels)
    uris = attention_charts.glowing(np.stack(maps), pixels, side=SMALL, smooth=smooth)
    st.image(uris, caption=list(map(formatting.escaped, map_titles)), width=SMALL, alt=about)
    half_mass = study.read(attention.HALF_MASS)[int(study.read(labels.GALLERY_IMAGE)[image])][rows]
    agreement = study.read(attention.AGREEMENT)[of_cls, rows, 0]
    table = {
        "method": map_titles,
        "patches that hold half, this picture": half_mass,
        "rank correlation with CLS attention, all pictures": agreement,
    }
    figures.numbers(table, "The four methods on this picture")


def concentration(study: Study) -> None:
    """Draw how few patches hold half of each method's map, over the population."""
    st.subheader("How concentrated are the maps?", anchor=False)
    st.caption(f"Smallest share of patches that holds half; mean over {study.size('image'):,}.")
    untrained = study.read(attention.UNTRAINED_HALF_MASS)[None]
    estimates = np.concatenate([study.read(attention.MEAN_HALF_MASS), untrained])
    rows = [*titles.stored_titles(study, attention.ATTRIBUTION), titles.UNTRAINED]
    axis = "share of patches that holds half of the map"
    about = "How few patches hold half of each method's map, beside random weights."
    options = {"marks": [(0.5, "even")], "controls": [titles.UNTRAINED], "percent": True}
    page_parts.intervals(rows, estimates, axis, about, **options, zero=True)


def sink_layers(study: Study) -> None:
    """Draw what attention goes to besides ordinary patches, by layer."""
    st.subheader("Does attention sink into odd tokens?", anchor=False)
    st.caption("Mean over all pictures, heads averaged; bands are 95% intervals over images.")
    estimates = {
        title: study.read(attention.SINKS)[row]
        for row, name in enumerate(study.read(attention.SINK_MEASURE).tolist())
        if (title := titles.SINK_TITLES.get(name))
    }
    present = {title: rows for title, rows in estimates.items() if rows[:, 0].any()}  # else no such
    about = "Share of outlier patches, and attention to them and to CLS itself, by layer."
    table = lines.lines_frame("name", "layer", range(1, study.size("layer") + 1), present)
    page_parts.figure(layers_chart, table, about)


def layers_chart(frame: pd.DataFrame, about: str) -> Figure:
    """Return one line of value, low and high per name, over layers."""
    x = encodings.x("layer:O", "layer", axis={"labelAngle": 0})
    y = encodings.y("value:Q", "share", "~%", zero=True)
    return lines.line_chart(frame, "name", x, y, about, detail=".1%", height=260)


def main() -> None:
    """Draw the page."""
    study = page_parts.open_page("attention", "Where does the CLS token attend?", with_claims=False)
    page_parts.statement(*study.read(attention.FINDING).tolist())

    controls, evidence = st.columns([1, 2.4], gap="large")
    with controls:
        choice = pick(study)
    with evidence:
        st.subheader(f"{gallery.picture_title(study, choice.image)}: {choice.words}", anchor=False)
        one_picture(study, choice)
        four_methods(study, choice.image)

    heads.section(study, choice.image)

    left, right = st.columns(2, gap="large")
    with left:
        concentration(study)
    with right:
        sink_layers(study)

    st.subheader("Does the model name what is in the picture?", anchor=False)
    page_parts.claims(study, "attention")
    st.subheader("Which labels did it receive?", anchor=False)
    gallery.note_truth(study, choice.image)
    gallery.unmasked_bars(study, choice.image)


if __name__ == "__main__":
    main()
