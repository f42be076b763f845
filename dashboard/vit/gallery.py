"""The ViT's gallery: choosing a picture, a layer and a head, and the labels that it received."""

import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.loaders import Study, cached
from dashboard.ui import figures, formatting, page_parts, pickers, pictures
from dashboard.vit import attention_charts, masking_charts
from dashboard.vit.masking_charts import COSINE
from store.schema.vit import labels as labels_schema

MEAN = "mean of heads"  # the list's first, beside the heads themselves


def pick_gallery_picture(study: Study, start: int = 0) -> int:
    """Draw the picker of gallery pictures, at first on `start`; return the chosen row."""
    names = [picture_name(study, row) for row in range(study.size("gallery"))]
    return pictures.pick("Picture", names, study, labels_schema.GALLERY_PIXELS, "image", start)


def pick_layer_and_head(study: Study, with_heads: bool = True) -> tuple[int, str]:
    """Draw the pickers of layer and head; return the layer from 0, and MEAN or a head."""
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


def picture_name(study: Study, row: int) -> str:
    """Return a gallery picture's true label and name, or its name alone."""
    truth, name = true_label(study, row), study.read(labels_schema.GALLERY_NAME)[row]
    return f"{truth} · {name}" if truth else str(name)


def picture_title(study: Study, image: int) -> str:
    """Return the picture's number and true label, or its name, escaped for Markdown."""
    name = true_label(study, image) or study.read(labels_schema.GALLERY_NAME)[image]
    return formatting.escaped(f"Picture {image + 1}, {name}")


def all_heads(study: Study, heads: NDArray, image: int, layer: int) -> None:
    """Draw every head of a layer, (heads, rows, cols), over the image and on one scale."""
    st.subheader(f"All heads of layer {layer + 1}", anchor=False)
    pixels = study.read(labels_schema.GALLERY_PIXELS, image)
    peak = attention_charts.glow_peak(heads)
    st.caption(f"One scale for all heads: from 0 to {peak:.3g}, which 99% of patches stay below.")
    titles = [f"head {head + 1}" for head in range(len(heads))]
    about = [f"Attention map of {title}, layer {layer + 1}" for title in titles]
    smooth = attention_charts.is_photograph(pixels)
    uris = attention_charts.glowing(heads, pixels, peak=peak, smooth=smooth)
    st.image(uris, caption=titles, width=112, alt=about)
    parts = [attention_charts.attention_frame(head) for head in heads]
    table = pd.concat(dict(enumerate(parts)), names=["head"]).reset_index("head")
    figures.numbers(table, f"Attention of every head of layer {layer + 1}")


def unmasked_bars(study: Study, image: int) -> None:
    """Draw the labels with the highest scores of a whole picture."""
    top = study.read(labels_schema.GALLERY_TOP_INDEX, image)
    scores = study.read(labels_schema.GALLERY_TOP_PROBABILITY, image)
    label_bars(study, image, top, scores, "unmasked")


def label_bars(study: Study, image: int, top: NDArray, scores: NDArray, state: str) -> None:
    """Draw the labels with the highest scores, (top,) each, of a picture in some state."""
    score = score_title(study)
    table = pd.DataFrame({"label": [study.class_name(int(label)) for label in top]})
    table[score] = scores.astype(float)
    about = f"Labels with the highest {score}, {state} picture."
    truth = true_label(study, image)
    page_parts.figure(masking_charts.label_bars, table, score, about, truth)


def true_label(study: Study, image: int) -> str:
    """Return the picture's true label, or nothing where none is known."""
    label = int(study.read(labels_schema.GALLERY_LABEL)[image])
    return study.class_name(label) if label >= 0 else ""


def note_truth(study: Study, image: int) -> None:
    """Say which of the bars below is the true label, or what the bars are instead."""
    if truth := true_label(study, image):
        note = f"True label: {truth}, in orange where it is among them."
    elif score_title(study) == COSINE:
        note = "The model has no classifier: the nearest whole pictures, by cosine of the feature."
    else:
        note = "No true label is known."
    st.caption(formatting.escaped(note))


@cached(max_entries=8)
def score_title(study: Study) -> str:
    """Return what stands behind a label: a probability, or without a classifier, a cosine."""
    stood_in = study.class_names == tuple(study.read(labels_schema.IMAGE_NAME))
    return COSINE if stood_in else masking_charts.PROBABILITY
