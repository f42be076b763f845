"""One image as each model has it, and which images several studies of a report hold."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.charts import image_encoding
from dashboard.clip.prompts import sections as prompts_sections
from dashboard.loaders import Study
from dashboard.ui import figures, formatting
from dashboard.ui import page as ui_page
from dashboard.vae.reconstructions import charts as reconstructions_charts
from dashboard.vit import gallery
from dashboard.vit.attention import charts as attention_charts
from store.schema.clip import layout, prompts
from store.schema.vae import reconstructions
from store.schema.vit import labels, masking

SIDE = 148  # px; two fit on a phone
LEAST_STUDIES = 2  # one study alone has its own pages
KEPT_ROWS = {  # study -> the rows of the data set that its store keeps as images
    "vae": reconstructions.SAMPLE_IMAGE,
    "clip": layout.SHOWN_IMAGE,
}
MASKING = ("scattered", "black")  # arm and fill of the masked pictures


@dataclass(frozen=True)
class SharedImage:
    """An image that at least two studies hold."""

    name: str
    rows: dict[str, int]  # study -> its row in that study's gallery, samples or shown images


def find_shared(studies: dict[str, Study]) -> list[SharedImage]:
    """Return the shared images, those that most studies hold first, then by name.

    Names mean the same image only within one data set, so studies of another one are left out.
    """
    digests = Counter(study.provenance.dataset_digest for study in studies.values())
    commonest = next(iter(digests.most_common(1)), ("", 0))[0]
    same = {k: s for k, s in studies.items() if s.provenance.dataset_digest == commonest}
    rows = {name: _rows_by_name(study, same.get("clip")) for name, study in same.items()}
    names = sorted({image for rows_of in rows.values() for image in rows_of})
    images = [
        SharedImage(name, {s: rows_of[name] for s, rows_of in rows.items() if name in rows_of})
        for name in names
    ]
    shared = [image for image in images if len(image.rows) >= LEAST_STUDIES]
    return sorted(shared, key=lambda image: -len(image.rows))


def _rows_by_name(study: Study, clip: Study | None) -> dict[str, int]:
    """Return the row of each image that a study keeps whole, by the image's name.

    The VAE's store names no image: it counts the data set's images. CLIP's store counts the same
    and names them, so that a report without CLIP has no name for what the VAE keeps.
    """
    if study.name not in KEPT_ROWS:
        names = study.read(labels.GALLERY_NAME)
    elif clip is None or not clip.has(prompts.IMAGE_NAME):
        return {}
    else:
        of_dataset = clip.read(prompts.IMAGE_NAME)
        if study.size("image") != len(of_dataset):
            return {}
        names = of_dataset[study.read(KEPT_ROWS[study.name])]
    return {name: row for row, name in enumerate(names.tolist())}


def summary(studies: dict[str, Study], rows: dict[str, int]) -> str:
    """Return what each study that holds a picture makes of it, in one sentence.

    rows: study -> the picture's row there.
    """
    parts = []
    if "vit" in rows:
        study, row = studies["vit"], rows["vit"]
        label = study.class_name(int(study.read(labels.GALLERY_TOP_INDEX, row)[0]))
        parts.append(f"the ViT says {label}")
    if "vae" in rows:
        study = studies["vae"]
        image = int(study.read(reconstructions.SAMPLE_IMAGE)[rows["vae"]])
        ratio = float(study.read(reconstructions.LAPLACIAN_RATIO)[image])
        parts.append(f"the VAE's copy has {ratio:.0%} of its sharpness")
    if "clip" in rows:
        study = studies["clip"]
        image = int(study.read(layout.SHOWN_IMAGE)[rows["clip"]])
        label = study.class_name(int(study.read(prompts.PREDICTED, 0)[image]))
        parts.append(f"CLIP's nearest prompt names {label}")
    sentence = "; ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}."


def vit_section(study: Study, row: int) -> None:
    """Draw where the ViT's last layer attends, and what it says as patches are hidden."""
    pixels = study.read(labels.GALLERY_PIXELS, row)
    heads = study.read(labels.CLS_ATTENTION, row)[-1].astype("float32")
    attention = heads.mean(axis=0)  # (row, column) of patches
    left, right = st.columns([1, 1.25], gap="large")
    with left:
        st.markdown("**Where it attends**")
        st.caption("CLS attention of the last layer, mean of its heads, on this map's own scale")
        figures.numbers(
            *figures.fixed(
                attention_charts.attention_map,
                attention,
                attention_charts.shown_range(attention),
                picture=pixels,
            )
        )
    with right:
        _masked_row(study, row, pixels)
    ui_page.source(study)


def _masked_row(study: Study, row: int, pixels: NDArray) -> None:
    """Draw the image as more and more of it is hidden, and what the ViT says of each.

    pixels: (row, column, channel) uint8.
    """
    arms, fills = (study.read(spec).tolist() for spec in (masking.MASK_ARM, masking.MASK_FILL))
    arm, fill = _index(arms, MASKING[0]), _index(fills, MASKING[1])
    fill_title = formatting.titled(fills[fill], formatting.FILL_TITLES)
    st.markdown("**What it says as patches are hidden**")
    st.caption(
        formatting.escaped(
            f"{formatting.titled(arms[arm], formatting.ARM_TITLES)}, filled: {fill_title}"
        )
    )
    ranking = study.read(masking.GALLERY_RANKING, row, arm)
    drops = fills[fill] == "token_drop"
    filled = None if drops else study.read(masking.GALLERY_FILL_PIXELS, row, fill)
    images = [pixels]
    label = study.class_name(int(study.read(labels.GALLERY_TOP_INDEX, row)[0]))
    answers = [("0%", label, float(study.read(labels.GALLERY_TOP_PROBABILITY, row)[0]))]
    was_run = study.read(masking.N_MASKS)[arm, :, fill] > 0
    for ratio in np.flatnonzero(was_run).tolist():
        hidden = ranking < study.read(masking.N_MASKED)[ratio]
        images.append(image_encoding.masked(pixels, hidden, filled))
        cell = (row, arm, ratio, fill)
        label = study.class_name(int(study.read(masking.GALLERY_MASKED_TOP_INDEX, *cell)[0]))
        value = float(study.read(masking.GALLERY_MASKED_TOP_PROBABILITY, *cell)[0])
        share = formatting.patch_share(float(study.read(masking.MASK_RATIO)[ratio]))
        answers.append((share, label, value))
    score = gallery.score_title(study)
    style = ".2f" if score == gallery.COSINE else ".0%"
    captions = [f"{share} hidden: {label}, {value:{style}}" for share, label, value in answers]
    _strip(images, captions)
    table = pd.DataFrame(answers, columns=["hidden", "label", score])
    figures.numbers(table, f"The label with the highest {score} as patches are hidden")


def vae_section(study: Study, row: int) -> None:
    """Draw what the VAE keeps of the picture, with the figures of this picture."""
    parts = (
        reconstructions.SAMPLE_PIXELS,
        reconstructions.SAMPLE_RECONSTRUCTION,
        reconstructions.SAMPLE_SECOND_PASS,
    )
    four = reconstructions_charts.four_pictures(*(study.read(part, row) for part in parts))
    _strip(four, list(reconstructions_charts.PICTURE_TITLES))
    st.caption("Difference: orange where the original is brighter, blue where the copy is.")
    measured = {
        "sharpness, copy over original": reconstructions.LAPLACIAN_RATIO,
        "squared error": reconstructions.SQUARED_ERROR,
        "squared error of PCA": reconstructions.PCA_SQUARED_ERROR,
    }
    image = int(study.read(reconstructions.SAMPLE_IMAGE)[row])
    values = {title: [float(study.read(spec)[image])] for title, spec in measured.items()}
    figures.numbers(pd.DataFrame(values), "Figures of this picture")
    ui_page.source(study)


def clip_section(study: Study, row: int) -> None:
    """Draw which label each wording gives the picture, and the shown pictures nearest to it."""
    image = int(study.read(layout.SHOWN_IMAGE)[row])
    rows = sorted(prompts_sections.own_wordings(study)) or list(range(study.size("wording")))
    wordings = study.read(prompts.WORDING)
    templates = [formatting.template_title(wordings[row]) for row in rows]
    given = [study.class_name(int(study.read(prompts.PREDICTED, row)[image])) for row in rows]
    left, right = st.columns([1, 1.3], gap="large")
    with left:
        st.markdown("**Which prompt is nearest, by wording**")
        table = pd.DataFrame({"wording": templates, "nearest class": given})
        st.dataframe(table, hide_index=True, alt="The class whose prompt is nearest, by wording")
    with right:
        st.markdown("**Its nearest pictures**")
        st.caption("Of those in the layout, by cosine of the stored embeddings, nearest first")
        near = [int(other) for other in study.read(layout.NEAREST_IMAGE, row)]
        true = study.read(prompts.IMAGE_LABEL)[study.read(layout.SHOWN_IMAGE)[near]]
        _strip(
            [study.read(layout.THUMBNAIL, other) for other in near],
            [study.class_name(int(label)) for label in true],
            side=84,
        )
    ui_page.source(study)


def _strip(images: list[NDArray], captions: list[str], side: int = SIDE) -> None:
    """Draw images, (row, column, channel) each, in a row with words beneath."""
    with st.container(horizontal=True, gap="small"):
        for pixels, caption in zip(images, captions, strict=True):
            uri = image_encoding.uri(image_encoding.enlarged(pixels, side))
            st.image(uri, width=side, caption=formatting.escaped(caption), alt=caption)


def _index(names: list[str], wanted: str) -> int:
    return names.index(wanted) if wanted in names else 0
