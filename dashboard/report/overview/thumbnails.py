"""Small pictures for the overview: one per study, straight from its store, and a photograph."""

import numpy as np
import streamlit as st

from dashboard.charts import image_encoding
from dashboard.loaders import (
    PHOTOGRAPHS_REPORT,
    StoreError,
    Study,
    find_reports,
    load_study,
)
from dashboard.ui import formatting
from store.schema.clip import layout as layout_schema
from store.schema.clip import prompts
from store.schema.vae import reconstructions
from store.schema.vit import labels as labels_schema

SIDE = 112


def strip(studies: dict[str, Study]) -> None:
    """Draw a picture of each study that is here: attention, reconstruction, layout; and a cat."""
    draw = {"vit": attention, "vae": reconstruction, "clip": layout}
    tiles = [draw[name](study) for name, study in studies.items()]
    tiles += [attention(study) for study in _photographs() if study not in studies.values()]
    with st.container(horizontal=True, gap="small"):
        for uri, caption in tiles:
            st.image(uri, caption=formatting.escaped(caption), width=SIDE, alt=caption)


def _photographs() -> list[Study]:
    """Return the ViT study of the photographs report, if it is here and whole."""
    if PHOTOGRAPHS_REPORT not in find_reports():
        return []
    try:
        return [load_study("vit", PHOTOGRAPHS_REPORT)]
    except StoreError:  # its own pages say what is wrong
        return []


def attention(study: Study) -> tuple[str, str]:
    """Return the last layer's attention over the first picture, its heads averaged."""
    heads = study.read(labels_schema.CLS_ATTENTION, 0)[-1].astype("float32")
    pixels = study.read(labels_schema.GALLERY_PIXELS, 0)
    tile = image_encoding.uri(image_encoding.overlaid(pixels, heads.mean(axis=0), SIDE))
    name = str(study.read(labels_schema.GALLERY_NAME)[0])
    return tile, f"Attention on {name}, {study.provenance.model}"


def reconstruction(study: Study) -> tuple[str, str]:
    """Return four test pictures over their reconstructions."""
    rows = range(min(2, study.size("sample")))
    pairs = [
        image_encoding.stacked(
            [
                study.read(reconstructions.SAMPLE_PIXELS, row),
                study.read(reconstructions.SAMPLE_RECONSTRUCTION, row),
            ]
        )
        for row in rows
    ]
    return image_encoding.uri(
        image_encoding.enlarged(image_encoding.stacked(pairs, across=True), SIDE)
    ), ("Two pictures over their reconstructions")


def layout(study: Study) -> tuple[str, str]:
    """Return the first layout of images, coloured by class, texts in black."""
    labels = study.read(prompts.IMAGE_LABEL)[study.read(layout_schema.SHOWN_IMAGE)]
    xy = study.read(layout_schema.LAYOUT_IMAGE, 0, 0)
    texts = study.read(layout_schema.LAYOUT_TEXT, 0)
    every = np.concatenate([xy, texts])
    groups = np.concatenate([labels, study.read(prompts.TEXT_LABEL)])
    return image_encoding.uri(
        image_encoding.Image.fromarray(image_encoding.dots(every, groups, 2 * SIDE))
    ), ("Pictures and prompts, laid out")
