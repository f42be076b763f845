"""The Attention page's parts: one picture's maps by layer, head and method, and the population."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.charts import image_encoding, intervals
from dashboard.loaders import Study
from dashboard.ui import figures, formatting, pickers
from dashboard.ui import page as ui_page
from dashboard.vit import gallery
from dashboard.vit.attention import charts as charts
from dashboard.vit.attention import sinks_chart
from store.schema import ArraySpec
from store.schema.vit import attention, labels

SMALL = 112  # px of a map in a row of maps


@dataclass(frozen=True)
class Method:
    """One way to make a map, and how its picture's map is stored."""

    title: str
    spec: ArraySpec
    unit: str
    per_layer: bool
    per_head: bool


METHODS = {
    "CLS attention": Method("CLS attention", labels.CLS_ATTENTION, "attention", True, True),
    "value-weighted": Method(
        "value-weighted attention", attention.VALUE_WEIGHTED, "attention × value length", True, True
    ),
    "rollout": Method("rollout", labels.ATTENTION_ROLLOUT, "attention rollout", False, False),
    "class-specific": Method(
        "class-specific relevance", attention.CLASS_SPECIFIC, "relevance", False, False
    ),
    "token length": Method("token length", attention.TOKEN_NORM, "token length", True, False),
}


@dataclass(frozen=True)
class Choice:
    """What the reader asked to see."""

    image: int
    method: Method
    layer: int  # from 0; the last where the method has no layers
    head: str
    smooth: bool
    own_scale: bool
    without_outliers: bool

    @property
    def words(self) -> str:
        """Return the choice in words."""
        where = f"layer {self.layer + 1}" if self.method.per_layer else "all layers"
        parts = [self.method.title, where] + ([self.head] if self.method.per_head else [])
        return ", ".join(parts)


def pick(study: Study) -> Choice:
    """Draw the controls."""
    image = gallery.pick_gallery_picture(study)
    method = METHODS[pickers.pick("Method", list(METHODS), "method")]
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
        smooth=pickers.switch("Smooth colours", "smooth", "Hover values stay those of patches."),
        own_scale=pickers.switch(
            "Own colour scale", "own_scale", "Colours from 0 to this map's own peak."
        ),
    )


def read_maps(study: Study, choice: Choice) -> NDArray:
    """Return the maps that share one colour bar: (heads, rows, cols), one where there are none."""
    values = study.read(choice.method.spec, choice.image).astype("float32")
    values = values[choice.layer] if choice.method.per_layer else values
    maps = values if choice.method.per_head else values[None]
    return charts.left_out(maps, outliers(study, choice)) if choice.without_outliers else maps


def outliers(study: Study, choice: Choice) -> NDArray:
    """Return which patches are outliers in the layer shown: (rows, cols)."""
    return study.read(attention.OUTLIER, choice.image)[choice.layer]


def one_picture(study: Study, choice: Choice) -> None:
    """Draw the photo that the model saw and the map over it, side by side."""
    maps = read_maps(study, choice)
    shown = charts.one_map(maps, choice.head)
    value_range = charts.shown_range(shown if choice.own_scale else maps)
    pixels = study.read(labels.GALLERY_PIXELS, choice.image)
    with st.container(horizontal=True, gap="medium"):
        seen = image_encoding.uri(image_encoding.enlarged(pixels, charts.SIDE))
        with st.container(width=charts.SIDE):
            st.caption("What the model saw")
            st.image(seen, width=charts.SIDE, alt="The picture as the model saw it")
        with st.container(width=charts.SIDE + 50):
            st.caption("The map over it; hover for values")
            behind = figures.fixed(
                charts.attention_map,
                shown,
                value_range,
                picture=pixels,
                smooth=choice.smooth,
                unit=choice.method.unit,
            )
    if choice.without_outliers:
        n_outliers = int(np.count_nonzero(outliers(study, choice)))
        st.caption(f"{n_outliers} of {shown.size} patches are outliers here and are left out.")
    figures.numbers(*behind)
    ui_page.source(study)
    if choice.method.per_head:
        gallery.all_heads(study, maps, choice.layer, choice.own_scale)


def four_methods(study: Study, image: int) -> None:
    """Draw one picture's map by each method, each on its own scale."""
    st.subheader("Do other methods point elsewhere?", anchor=False)
    st.caption("Each map from 0 to its own peak: methods have no common unit.")
    weighted = study.read(attention.VALUE_WEIGHTED, image)[-1].astype("float32")
    maps = [
        study.read(labels.CLS_ATTENTION, image)[-1].astype("float32").mean(axis=0),
        study.read(labels.ATTENTION_ROLLOUT, image),
        weighted.mean(axis=0),
        study.read(attention.CLASS_SPECIFIC, image),
    ]
    titles = method_titles(study)
    about = [f"Map by {title}" for title in titles]
    drawn = charts.head_pictures(np.stack(maps), own_scale=True, side=SMALL)
    captions = [formatting.escaped(title) for title in titles]
    st.image(drawn, caption=captions, width=SMALL, alt=about)
    held = study.read(attention.HALF_MASS)[int(study.read(labels.GALLERY_IMAGE)[image])]
    agreement = study.read(attention.AGREEMENT)[0, :, 0]
    table = {
        "method": titles,
        "patches that hold half, this picture": held,
        "rank correlation with CLS attention, all pictures": agreement,
    }
    figures.numbers(table, "The four methods on this picture")
    ui_page.source(study)


def concentration(study: Study) -> None:
    """Draw how few patches hold half of each method's map, over the population."""
    st.subheader("How concentrated are the maps?", anchor=False)
    st.caption(f"Smallest share of patches that holds half; mean over {study.size('image'):,}.")
    untrained = study.read(attention.UNTRAINED_HALF_MASS)[None]
    estimates = np.concatenate([study.read(attention.MEAN_HALF_MASS), untrained])
    names = [*method_titles(study), formatting.UNTRAINED]
    ui_page.show(
        study,
        intervals.interval_chart,
        intervals.estimates_frame(names, estimates),
        "share of patches that holds half of the map",
        "How few patches hold half of each method's map, beside random weights.",
        marks=[(0.5, "even")],
        controls=[formatting.UNTRAINED],
        percent=True,
        zero=True,
    )


def sink_layers(study: Study) -> None:
    """Draw what attention goes to besides ordinary patches, by layer."""
    st.subheader("Does attention sink into odd tokens?", anchor=False)
    st.caption("Mean over all pictures, heads averaged; bands are 95 % intervals over images.")
    stored = study.read(attention.SINK_MEASURE).tolist()
    kept = [row for row, name in enumerate(stored) if name in formatting.SINK_TITLES]
    estimates = study.read(attention.SINKS)[kept]
    drawn = [row for row in range(len(kept)) if estimates[row, :, 0].any()]  # all 0: no such token
    names = [formatting.SINK_TITLES[stored[kept[row]]] for row in drawn]
    about = "Share of outlier patches, and attention to them and to CLS itself, by layer."
    table = sinks_chart.layers_frame(names, estimates[drawn])
    ui_page.show(study, sinks_chart.layers_chart, table, "share", about)


def method_titles(study: Study) -> list[str]:
    """Return the reader's words for the stored methods."""
    stored = study.read(attention.ATTRIBUTION).tolist()
    return [formatting.titled(name, formatting.ATTRIBUTION_TITLES) for name in stored]
