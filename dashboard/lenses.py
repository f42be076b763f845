"""One picture as each model has it: attention, masking, reconstruction, prompts and neighbours."""

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard import figures, frame, gallery, prompt_tables, wording
from dashboard.charts import attention, pictures, reconstruction
from dashboard.loaders import Study
from store.schema import clip, clip_layout, masking, vae, vit

SIDE = 148  # px; two fit on a phone
MASKING = ("scattered", "black")  # arm and fill of the masked pictures


def words(studies: dict[str, Study], rows: dict[str, int]) -> str:
    """Return what each study that holds a picture makes of it, in one sentence.

    rows: study -> the picture's row there.
    """
    said = []
    if "vit" in rows:
        study, row = studies["vit"], rows["vit"]
        label = study.class_name(int(study.read(vit.GALLERY_TOP_INDEX, row)[0]))
        said.append(f"the ViT says {label}")
    if "vae" in rows:
        study = studies["vae"]
        image = int(study.read(vae.SAMPLE_IMAGE)[rows["vae"]])
        ratio = float(study.read(vae.LAPLACIAN_RATIO)[image])
        said.append(f"the VAE's copy has {ratio:.0%} of its sharpness")
    if "clip" in rows:
        study = studies["clip"]
        image = int(study.read(clip_layout.SHOWN_IMAGE)[rows["clip"]])
        label = study.class_name(int(study.read(clip.PREDICTED, 0)[image]))
        said.append(f"CLIP's nearest prompt names {label}")
    sentence = "; ".join(said)
    return f"{sentence[:1].upper()}{sentence[1:]}."


def vit_lens(study: Study, row: int) -> None:
    """Draw where the ViT's last layer attends, and what it says as patches are hidden."""
    pixels = study.read(vit.GALLERY_PIXELS, row)
    heads = study.read(vit.CLS_ATTENTION, row)[-1].astype("float32")
    seen = heads.mean(axis=0)
    left, right = st.columns([1, 1.25], gap="large")
    with left:
        st.markdown("**Where it attends**")
        st.caption("CLS attention of the last layer, mean of its heads, on this map's own scale")
        figures.numbers(
            *figures.fixed(
                attention.attention_map, seen, attention.shown_range(seen), picture=pixels
            )
        )
    with right:
        _masked_row(study, row, pixels)
    frame.source(study)


def _masked_row(study: Study, row: int, pixels: NDArray) -> None:
    arms, fills = (study.read(spec).tolist() for spec in (masking.MASK_ARM, masking.MASK_FILL))
    arm, fill = _index(arms, MASKING[0]), _index(fills, MASKING[1])
    fill_title = wording.titled(fills[fill], wording.FILL_TITLES)
    st.markdown("**What it says as patches are hidden**")
    st.caption(
        wording.escaped(f"{wording.titled(arms[arm], wording.ARM_TITLES)}, filled: {fill_title}")
    )
    ranking = study.read(masking.GALLERY_RANKING, row, arm)
    drops = fills[fill] == "token_drop"
    filled = None if drops else study.read(masking.GALLERY_FILL_PIXELS, row, fill)
    shown = [pixels]
    label = study.class_name(int(study.read(vit.GALLERY_TOP_INDEX, row)[0]))
    said = [("0%", label, float(study.read(vit.GALLERY_TOP_PROBABILITY, row)[0]))]
    was_run = study.read(masking.N_MASKS)[arm, :, fill] > 0
    for ratio in np.flatnonzero(was_run).tolist():
        hidden = ranking < study.read(masking.N_MASKED)[ratio]
        shown.append(pictures.masked(pixels, hidden, filled))
        cell = (row, arm, ratio, fill)
        label = study.class_name(int(study.read(masking.GALLERY_MASKED_TOP_INDEX, *cell)[0]))
        value = float(study.read(masking.GALLERY_MASKED_TOP_PROBABILITY, *cell)[0])
        share = wording.patch_share(float(study.read(masking.MASK_RATIO)[ratio]))
        said.append((share, label, value))
    score = gallery.score_title(study)
    style = ".2f" if score == gallery.COSINE else ".0%"
    _strip(shown, [f"{share} hidden: {label}, {value:{style}}" for share, label, value in said])
    table = pd.DataFrame(said, columns=["hidden", "label", score])
    figures.numbers(table, f"The label with the highest {score} as patches are hidden")


def vae_lens(study: Study, row: int) -> None:
    """Draw what the VAE keeps of the picture, with the figures of this picture."""
    parts = (vae.SAMPLE_PIXELS, vae.SAMPLE_RECONSTRUCTION, vae.SAMPLE_SECOND_PASS)
    four = reconstruction.four_pictures(*(study.read(part, row) for part in parts))
    _strip(four, list(reconstruction.PICTURE_TITLES))
    st.caption("Difference: orange where the original is brighter, blue where the copy is.")
    measured = {
        "sharpness, copy over original": vae.LAPLACIAN_RATIO,
        "squared error": vae.SQUARED_ERROR,
        "squared error of PCA": vae.PCA_SQUARED_ERROR,
    }
    image = int(study.read(vae.SAMPLE_IMAGE)[row])
    values = {title: [float(study.read(spec)[image])] for title, spec in measured.items()}
    figures.numbers(pd.DataFrame(values), "Figures of this picture")
    frame.source(study)


def clip_lens(study: Study, row: int) -> None:
    """Draw which label each wording gives the picture, and the shown pictures nearest to it."""
    image = int(study.read(clip_layout.SHOWN_IMAGE)[row])
    rows = sorted(prompt_tables.own_wordings(study)) or list(range(study.size("wording")))
    wordings = study.read(clip.WORDING)
    templates = [wording.template_title(wordings[row]) for row in rows]
    given = [study.class_name(int(study.read(clip.PREDICTED, row)[image])) for row in rows]
    left, right = st.columns([1, 1.3], gap="large")
    with left:
        st.markdown("**Which prompt is nearest, by wording**")
        table = pd.DataFrame({"wording": templates, "nearest class": given})
        st.dataframe(table, hide_index=True, alt="The class whose prompt is nearest, by wording")
    with right:
        st.markdown("**Its nearest pictures**")
        st.caption("Of those in the layout, by cosine of the stored embeddings, nearest first")
        near = [int(other) for other in study.read(clip_layout.NEAREST_IMAGE, row)]
        labels = study.read(clip.IMAGE_LABEL)[study.read(clip_layout.SHOWN_IMAGE)[near]]
        _strip(
            [study.read(clip_layout.THUMBNAIL, other) for other in near],
            [study.class_name(int(label)) for label in labels],
            side=84,
        )
    frame.source(study)


def _strip(shown: list[NDArray], captions: list[str], side: int = SIDE) -> None:
    with st.container(horizontal=True, gap="small"):
        for picture, caption in zip(shown, captions, strict=True):
            uri = pictures.uri(pictures.enlarged(picture, side))
            st.image(uri, width=side, caption=wording.escaped(caption), alt=caption)


def _index(names: list[str], wanted: str) -> int:
    return names.index(wanted) if wanted in names else 0
