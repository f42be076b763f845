"""The front page's large figures: one view of each finding, with the link that opens it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st

from dashboard import navigation
from dashboard.charts import image_encoding, scatter
from dashboard.charts.colours import BLUE, ORANGE
from dashboard.loaders import (
    PHOTOGRAPHS_REPORT,
    StoreError,
    Study,
    cached,
    chosen_report,
    find_reports,
    load_study,
)
from dashboard.ui import formatting
from dashboard.vit import attention_charts
from dashboard.vit import masking as masking_page
from store.schema.clip import alignment, layout
from store.schema.clip import names as clip
from store.schema.vae import names as vae
from store.schema.vae import reconstructions
from store.schema.vit import attention, labels, masking
from store.schema.vit import names as vit

SIDE = 276  # px of a large picture, twice what the page shows
SMALL = SIDE // 2
TILE = 92  # px of an image in a pair
MOST_FLIPS = 4
MOST_COPIES, WALL_PX = 7, 450
CLOUD = (420, 280)  # px, twice what the page shows
# What a figure says, by the verdict of the claim that it shows; "" stands for any other.
TITLES = {
    vit.OUTLINE_CLAIM: {
        "supported": "Attention singles out the outline",
        "refuted": "Attention does not single out the outline",
        "": "Where the ViT attends",
    },
    vit.RANDOM_CLAIM: {
        "supported": "Black patches flip the label",
        "refuted": "Black patches hardly flip the label",
        "": "What black patches do to the label",
    },
    vae.BLUR_CLAIM: {
        "supported": "The VAE keeps the shape and loses the pattern",
        "refuted": "The VAE's copies are as sharp as the originals",
        "": "What the VAE keeps of an image",
    },
    clip.PROCRUSTES_CLAIM: {
        "supported": "Procrustes narrows the gap, and accuracy rises",
        "refuted": "Procrustes narrows the gap, and accuracy falls",
        "": "What Procrustes does to the two clouds",
    },
}


@dataclass(frozen=True)
class FrontFigure:
    """What one figure draws: pictures as data URIs with captions, and what they say."""

    pictures: tuple[tuple[str, str], ...]  # data URI and caption of each
    width: int  # px of each
    words: str


def title(study: Study, claim_id: str) -> str:
    """Return what a figure says, by the verdict of its claim."""
    claim, words = study.claim(claim_id), TITLES[claim_id]
    return words.get(claim.verdict if claim else "", words[""])


@cached(max_entries=16)
def attention_figure(study: Study) -> FrontFigure:
    """Return the first image, and its attention halfway through the model and in the last layer."""
    pixels, every = study.read(labels.GALLERY_PIXELS, 0), study.read(attention.CLS_ATTENTION, 0)
    smooth, n_layers = attention_charts.is_photograph(pixels), len(every)
    plain = image_encoding.enlarged(pixels, SIDE, smooth=smooth)
    pictures = [(image_encoding.uri(plain), str(study.read(labels.GALLERY_NAME)[0]))]
    for layer in dict.fromkeys((n_layers // 2, n_layers)):
        one = every[layer - 1].astype("float32").mean(axis=0)  # heads, row, column
        glow = image_encoding.overlaid(pixels, one, SIDE, attention_charts.glow_peak(one), smooth)
        pictures.append((image_encoding.uri(glow), f"layer {layer} of {n_layers}"))
    return FrontFigure(
        tuple(pictures),
        SMALL,
        f"CLS attention of {study.provenance.model}, mean over heads; the brightest patches of "
        f"each map have one colour.",
    )


@cached(max_entries=16)
def masking_figure(study: Study) -> FrontFigure:
    """Return the first images whose label flips with half of the patches black."""
    arm, ratio = study.row(masking.MASK_ARM, vit.SCATTERED), masking_page.half(study)
    black, dropped = (study.row(masking.MASK_FILL, one) for one in (vit.BLACK, vit.TOKEN_DROP))
    pictures = []
    for row in masking_page.telling_pictures(study)[:MOST_FLIPS]:
        given = int(study.read(masking.GALLERY_MASKED_TOP_INDEX, row, arm, ratio, black)[0])
        before = study.class_name(int(study.read(labels.GALLERY_TOP_INDEX, row)[0]))
        hidden = masking_page.masked_pixels(study, row, arm, ratio, black)
        pair = [study.read(labels.GALLERY_PIXELS, row), hidden]
        tile = image_encoding.enlarged_uri(image_encoding.stacked(pair, across=True), 2 * TILE)
        pictures.append((tile, f"{before} → {study.class_name(given)}"))
    by_black, by_dropping = (
        1 - float(study.read(masking.SURVIVAL)[arm, ratio, fill, 0]) for fill in (black, dropped)
    )
    return FrontFigure(
        tuple(pictures),
        2 * TILE,
        f"With half of the patches black, {by_black:.0%} of {study.size('image'):,} images change "
        f"their label. With the same patches left out instead, {by_dropping:.0%} do.",
    )


@cached(max_entries=16)
def copies_figure(study: Study) -> FrontFigure:
    """Return the first test images over their reconstructions."""
    parts = (reconstructions.SAMPLE_PIXELS, reconstructions.SAMPLE_RECONSTRUCTION)
    columns = [
        image_encoding.stacked([study.read(part, row) for part in parts])
        for row in range(min(MOST_COPIES, study.size("sample")))
    ]
    wall = image_encoding.stacked(columns, across=True)
    detail = reconstructions.DETAIL if study.has(reconstructions.DETAIL) else None
    sharpness = float(np.nanmedian(study.read(detail or reconstructions.LAPLACIAN_RATIO)))
    return FrontFigure(
        ((image_encoding.enlarged_uri(wall, 2 * wall.shape[1]), ""),),
        WALL_PX,
        f"Test images above, reconstructions below. The median of {study.size('image'):,} keeps "
        f"{sharpness:.0%} of its {'fine detail' if detail else 'sharpness'}.",
    )


@cached(max_entries=16)
def clouds_figure(study: Study) -> FrontFigure:
    """Return images and texts before and after Procrustes, in one layout."""
    row = study.row(layout.LAYOUT, clip.GAP_AXIS)
    texts = study.read(layout.LAYOUT_TEXT, row)[:, ::-1]  # the gap from top to bottom
    texts = texts[scatter.spread_rows(len(texts))]
    some = scatter.spread_rows(study.size("shown"))
    gap, accuracy = (
        study.read(spec)[:, 0] for spec in (alignment.ALIGNED_GAP, alignment.ALIGNED_ACCURACY)
    )
    pictures = []
    for words, state in (("before", clip.NONE), ("after", clip.PROCRUSTES)):
        images = study.read(layout.LAYOUT_IMAGE, row, study.row(layout.STATE, state))
        cloud = image_encoding.dots([(images[some, ::-1], BLUE), (texts, ORANGE)], *CLOUD)
        at = study.row(alignment.METHOD, state)
        caption = f"{words}: gap {gap[at]:.2f}, {accuracy[at]:.1%} right"
        pictures.append((image_encoding.uri(cloud), caption))
    return FrontFigure(
        tuple(pictures),
        CLOUD[0] // 2,
        f"Blue: images. Orange: texts. From top to bottom: the direction of the gap. "
        f"Fitted on {int(study.read(alignment.N_FIT)):,} images, "
        f"judged on {int(study.read(alignment.N_HELD_OUT)):,} others.",
    )


FIGURES: dict[
    str, tuple[str, str, Callable[[Study], FrontFigure]]
] = {  # page -> study, claim, figure
    "attention": ("vit", vit.OUTLINE_CLAIM, attention_figure),
    "masking": ("vit", vit.RANDOM_CLAIM, masking_figure),
    "reconstructions": ("vae", vae.BLUR_CLAIM, copies_figure),
    "alignment": ("clip", clip.PROCRUSTES_CLAIM, clouds_figure),
}


def draw(studies: dict[str, Study]) -> None:
    """Draw the figure of each study that is here, two side by side."""
    here = [name for name, (study, *_) in FIGURES.items() if study in studies]
    front = st.container(key="front")
    for start in range(0, len(here), 2):
        for place, name in zip(front.columns(2), here[start : start + 2], strict=False):
            study_name, claim_id, figure = FIGURES[name]
            study = studies[study_name]
            photographs = _photographs() if name == "attention" else None
            with place, st.container(border=True, height="stretch", gap="xsmall"):
                heading = title(study, claim_id)
                report = PHOTOGRAPHS_REPORT if photographs else chosen_report()
                navigation.PAGES[name].link(heading, {"report": report})
                try:
                    _pictures(heading, figure(photographs or study))
                except StoreError as error:  # as of a store that names other arms or layouts
                    st.caption(formatting.escaped(f"No picture: {error.fact}."))
                if photographs:
                    n_images, images = study.size("image"), study.provenance.dataset
                    note = f"The sentence is measured on {n_images:,} images of {images}."
                    st.caption(formatting.escaped(note))


def _pictures(heading: str, one: FrontFigure) -> None:
    with st.container(horizontal=True, gap="small"):
        for uri, caption in one.pictures:
            words = formatting.escaped(caption) if caption else None
            st.image(uri, width=one.width, caption=words, alt=f"{heading}: {caption or one.words}")
    st.caption(formatting.escaped(one.words))


def _photographs() -> Study | None:
    """Return the ViT study of the photographs report, if it is here and whole."""
    if PHOTOGRAPHS_REPORT not in find_reports() or chosen_report() == PHOTOGRAPHS_REPORT:
        return None
    try:
        return load_study("vit", PHOTOGRAPHS_REPORT)
    except StoreError:  # its own pages say what is wrong
        return None
