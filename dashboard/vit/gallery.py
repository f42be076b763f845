"""The ViT's gallery: choosing a picture, a layer and a head, and the labels that it received."""

import streamlit as st
from numpy.typing import NDArray

from dashboard.charts import image_encoding
from dashboard.loaders import Study, kept
from dashboard.ui import figures, formatting, pickers
from dashboard.ui import page as ui_page
from dashboard.vit.attention import charts as charts
from dashboard.vit.masking import charts as masking_charts
from store.schema.vit import labels as labels_schema

THUMBNAIL_PX = 48
COSINE = "cosine"
MEAN = "mean of heads"  # the list's first, beside the heads themselves


def pick_gallery_picture(study: Study) -> int:
    """Draw the picker of gallery pictures; return the chosen row."""
    names = [_name(study, row) for row in range(study.size("gallery"))]
    thumbnails = [_thumbnail(study, row) for row in range(len(names))]
    return pickers.pick_picture("Picture", names, thumbnails, "image")


def pick_layer_and_head(study: Study, with_heads: bool = True) -> tuple[int, str]:
    """Draw the pickers of layer and head; return the layer from 0, and MEAN or a head.

    The last layer and the mean come first, as in the original report.
    """
    layers = [str(layer + 1) for layer in range(study.size("layer"))]
    heads = [MEAN] + [f"head {head + 1}" for head in range(study.size("head"))]
    left, right = st.columns([1, 2], gap="small")
    with left:
        layer = pickers.pick("Layer", layers, "layer", default=layers[-1])
    if not with_heads:
        return int(layer) - 1, heads[0]
    with right:
        head = pickers.pick("Head", heads, "head")
    return int(layer) - 1, head


def picture_title(study: Study, image: int) -> str:
    """Return the picture's number and true label, or its name, escaped for Markdown."""
    label = int(study.read(labels_schema.GALLERY_LABEL)[image])
    name = study.class_name(label) if label >= 0 else study.read(labels_schema.GALLERY_NAME)[image]
    return formatting.escaped(f"Picture {image + 1}, {name}")


def all_heads(study: Study, heads: NDArray, layer: int, own_scale: bool) -> None:
    """Draw every head of a layer as a small map, on one colour range unless told otherwise."""
    st.subheader(f"All heads of layer {layer + 1}", anchor=False)
    scale = "each from 0 to its own peak" if own_scale else "all on the colour bar above"
    st.caption(f"Maps are {scale}.")
    titles = [f"head {head + 1}" for head in range(len(heads))]
    about = [f"Attention map of {title}, layer {layer + 1}" for title in titles]
    st.image(charts.head_pictures(heads, own_scale), caption=titles, width=112, alt=about)
    figures.numbers(charts.heads_frame(heads), f"Attention of every head of layer {layer + 1}")
    ui_page.source(study)


def top_labels(study: Study, image: int) -> None:
    """Draw the labels with the picture's highest scores, its true one in the second colour."""
    st.subheader("Which labels did it receive?", anchor=False)
    truth = true_label(study, image)
    labels = [study.class_name(int(i)) for i in study.read(labels_schema.GALLERY_TOP_INDEX, image)]
    scores = study.read(labels_schema.GALLERY_TOP_PROBABILITY, image)
    note_truth(study, truth)
    table = masking_charts.top_frame(labels, scores, score_title(study))
    ui_page.show(study, masking_charts.top_chart, table, truth, "unmasked")


def true_label(study: Study, image: int) -> str:
    """Return the picture's true label, or nothing where none is known."""
    label = int(study.read(labels_schema.GALLERY_LABEL)[image])
    return study.class_name(label) if label >= 0 else ""


def note_truth(study: Study, truth: str) -> None:
    """Say which of the bars below is the true label, or what the bars are instead."""
    if truth:
        said = f"True label: {truth}, in orange where it is among them."
    elif score_title(study) == COSINE:
        said = "The model has no classifier: the nearest whole pictures, by cosine of the feature."
    else:
        said = "No true label is known."
    st.caption(formatting.escaped(said))


@kept(8)
def score_title(study: Study) -> str:
    """Return what stands behind a label: a probability, or without a classifier, a cosine."""
    stood_in = study.class_names == tuple(study.read(labels_schema.IMAGE_NAME))
    return COSINE if stood_in else masking_charts.PROBABILITY


def _name(study: Study, row: int) -> str:
    label, name = (
        int(study.read(labels_schema.GALLERY_LABEL)[row]),
        study.read(labels_schema.GALLERY_NAME)[row],
    )
    return f"{study.class_name(label)} · {name}" if label >= 0 else str(name)


@kept(400)
def _thumbnail(study: Study, row: int) -> str:
    return image_encoding.uri(
        image_encoding.thumbnail(study.read(labels_schema.GALLERY_PIXELS, row), THUMBNAIL_PX)
    )
