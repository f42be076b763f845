"""One gallery picture with patches hidden: its labels, and where it stands among all images."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.charts import image_encoding
from dashboard.loaders import Study
from dashboard.ui import formatting, pickers
from dashboard.ui import page as ui_page
from dashboard.vit import gallery
from dashboard.vit.masking import charts as charts
from store.schema.vit import labels as labels_schema
from store.schema.vit import masking

SIDE = 300


def section(study: Study, arms: list[str], fills: list[str], fill: int) -> None:
    """Draw the pickers, the picture before and after masking, its labels and its standing.

    arms, fills: their titles; only arms and shares that were run under the fill are offered.
    """
    st.subheader("See it on one picture", anchor=False)
    evidence, controls = st.columns([2.3, 1], gap="large")
    run = study.read(masking.N_MASKS)[..., fill] > 0
    with controls:
        image = gallery.pick_gallery_picture(study)
        offered = [arms[row] for row in np.flatnonzero(run.any(axis=1))]
        arm = arms.index(pickers.pick("Which patches", offered, "arm"))
        ratio = _pick_ratio(study, run[arm])
    cell = (arm, ratio, fill)
    truth = gallery.true_label(study, image)
    with evidence:
        gallery.note_truth(study, truth)
        left, right = st.columns(2, gap="medium")
        with left:
            _whole(study, image, truth)
        with right:
            _masked(study, image, cell, fills[fill], truth)
    _standing(study, image, cell)


def _whole(study: Study, image: int, truth: str) -> None:
    pixels = study.read(labels_schema.GALLERY_PIXELS, image)
    st.markdown(f"**{gallery.picture_title(study, image)}, unmasked**")
    whole = image_encoding.uri(image_encoding.enlarged(pixels, SIDE))
    st.image(whole, width=SIDE, alt="The picture, unmasked")
    top = study.read(labels_schema.GALLERY_TOP_INDEX, image)
    _labels(study, top, study.read(labels_schema.GALLERY_TOP_PROBABILITY, image), truth, "unmasked")


def _masked(study: Study, image: int, cell: tuple[int, int, int], title: str, truth: str) -> None:
    arm, ratio, fill = cell
    drops = study.read(masking.MASK_FILL)[fill] == "token_drop"
    n_masked = int(study.read(masking.N_MASKED)[ratio])
    hidden = study.read(masking.GALLERY_RANKING, image, arm) < n_masked
    shown = None if drops else study.read(masking.GALLERY_FILL_PIXELS, image, fill)
    masked = image_encoding.masked(study.read(labels_schema.GALLERY_PIXELS, image), hidden, shown)
    note = " (hatched)" if drops else ""
    what = formatting.escaped(f"{n_masked} of {hidden.size} patches hidden, {title}{note}")
    st.markdown(f"**{what}**")
    picture = image_encoding.uri(image_encoding.enlarged(masked, SIDE))
    st.image(picture, width=SIDE, alt=f"The picture with {n_masked} patches hidden, {title}")
    top = study.read(masking.GALLERY_MASKED_TOP_INDEX, image, *cell)
    probability = study.read(masking.GALLERY_MASKED_TOP_PROBABILITY, image, *cell)
    _labels(study, top, probability, truth, "masked")


def _standing(study: Study, image: int, cell: tuple[int, int, int]) -> None:
    """Draw the picture's own curve, mean over its masks, over the middle half of all images."""
    arm, ratio, fill = cell
    row, n_masks = int(study.read(labels_schema.GALLERY_IMAGE)[image]), study.read(masking.N_MASKS)
    every = study.read(masking.MASKED_PROBABILITY, row)[:, arm, :, fill].astype(float)
    total, count = np.nansum(every, axis=0), n_masks[arm, :, fill]
    own = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    quartiles = study.read(masking.PROBABILITY_QUARTILE)[arm, :, fill]
    ratios = study.read(masking.MASK_RATIO)
    st.markdown("**Where this picture stands among all images**")
    st.caption(
        "Each image's mean over its masks. Shaded: the middle half of all images. Dashed: the "
        "share chosen above."
    )
    table = charts.standing_frame(ratios, quartiles, own)
    score = gallery.score_title(study)
    ui_page.show(study, charts.standing_chart, table, float(ratios[ratio]), score)


def _pick_ratio(study: Study, run: NDArray) -> int:
    at = np.flatnonzero(run)
    options = [formatting.patch_share(ratio) for ratio in study.read(masking.MASK_RATIO)[at]]
    default = options[len(options) // 2]
    pickers.note_unknown("ratio", options, "Share hidden", default)
    chosen = st.select_slider(
        "Share hidden", options, value=default, key="ratio", bind="query-params"
    )
    return int(at[options.index(chosen)])


def _labels(study: Study, top: NDArray, probability: NDArray, truth: str, state: str) -> None:
    labels = [study.class_name(int(index)) for index in top]
    table = charts.top_frame(labels, probability, gallery.score_title(study))
    ui_page.show(study, charts.top_chart, table, truth, state)
