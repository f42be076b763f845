"""Three small pictures for the overview: one per study, straight from its store."""

import numpy as np
import streamlit as st

from dashboard.charts import pictures
from dashboard.loaders import Study
from store.schema import clip, vae, vit

SIDE = 112


def strip(studies: dict[str, Study]) -> None:
    """Draw a picture of each study that is here: attention, reconstruction, layout."""
    draw = {"vit": attention, "vae": reconstruction, "clip": layout}
    with st.container(horizontal=True, gap="small"):
        for name, study in studies.items():
            uri, caption = draw[name](study)
            st.image(uri, caption=caption, width=SIDE, alt=caption)


def attention(study: Study) -> tuple[str, str]:
    """Return the last layer's attention of the first picture, its heads averaged."""
    heads = study.read(vit.CLS_ATTENTION, 0)[-1].astype("float32")
    values = heads.mean(axis=0)
    colours = pictures.heat(values, 0.0, float(values.max()))
    return pictures.uri(pictures.enlarged(colours, SIDE)), "Attention of one picture"


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
    labels = study.read(clip.IMAGE_LABEL)[study.read(clip.SHOWN_IMAGE)]
    xy = study.read(clip.LAYOUT_IMAGE, 0, 0)
    texts = study.read(clip.LAYOUT_TEXT, 0)
    every = np.concatenate([xy, texts])
    groups = np.concatenate([labels, study.read(clip.TEXT_LABEL)])
    return pictures.uri(pictures.Image.fromarray(pictures.dots(every, groups, 2 * SIDE))), (
        "Pictures and prompts, laid out"
    )
