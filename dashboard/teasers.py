"""Small pictures for the overview: one per study, straight from its store, and a photograph."""

import numpy as np
import streamlit as st

from dashboard import wording
from dashboard.charts import pictures
from dashboard.loaders import (
    PHOTOGRAPHS_REPORT,
    StoreError,
    Study,
    find_reports,
    load_study,
)
from store.schema import clip, clip_layout, vae, vit

SIDE = 112


def strip(studies: dict[str, Study]) -> None:
    """Draw a picture of each study that is here: attention, reconstruction, layout; and a cat."""
    draw = {"vit": attention, "vae": reconstruction, "clip": layout}
    tiles = [draw[name](study) for name, study in studies.items()]
    tiles += [attention(study) for study in _photographs() if study not in studies.values()]
    with st.container(horizontal=True, gap="small"):
        for uri, caption in tiles:
            st.image(uri, caption=wording.escaped(caption), width=SIDE, alt=caption)


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
    heads = study.read(vit.CLS_ATTENTION, 0)[-1].astype("float32")
    pixels = study.read(vit.GALLERY_PIXELS, 0)
    tile = pictures.uri(pictures.overlaid(pixels, heads.mean(axis=0), SIDE))
    name = str(study.read(vit.GALLERY_NAME)[0])
    return tile, f"Attention on {name}, {study.provenance.model}"


def reconstruction(study: Study) -> tuple[str, str]:
    """Return four test pictures over their reconstructions."""
    rows = range(min(2, study.size("sample")))
    pairs = [
        pictures.stacked(
            [study.read(vae.SAMPLE_PIXELS, row), study.read(vae.SAMPLE_RECONSTRUCTION, row)]
        )
        for row in rows
    ]
    return pictures.uri(pictures.enlarged(pictures.stacked(pairs, across=True), SIDE)), (
        "Two pictures over their reconstructions"
    )


def layout(study: Study) -> tuple[str, str]:
    """Return the first layout of images, coloured by class, texts in black."""
    labels = study.read(clip.IMAGE_LABEL)[study.read(clip_layout.SHOWN_IMAGE)]
    xy = study.read(clip_layout.LAYOUT_IMAGE, 0, 0)
    texts = study.read(clip_layout.LAYOUT_TEXT, 0)
    every = np.concatenate([xy, texts])
    groups = np.concatenate([labels, study.read(clip.TEXT_LABEL)])
    return pictures.uri(pictures.Image.fromarray(pictures.dots(every, groups, 2 * SIDE))), (
        "Pictures and prompts, laid out"
    )
