"""The parts of the masking page: survival curves, fills, contiguity and wrong labels."""

import numpy as np
import streamlit as st

from dashboard.charts import intervals
from dashboard.loaders import Study
from dashboard.ui import formatting, pickers
from dashboard.ui import page as ui_page
from dashboard.vit import gallery
from dashboard.vit.masking import charts as charts
from store.schema.vit import masking

CONTIGUITY, FILLS, DESTINATIONS = range(3)  # order of the store's findings


def survival(study: Study, arms: list[str], fill: int, title: str) -> None:
    """Draw the curves of every arm that was run under a fill."""
    st.subheader("How many images keep their label?", anchor=False)
    score = gallery.score_title(study)
    outcomes = {
        "keep their label": (masking.SURVIVAL, "images that keep their label"),
        "true label": (masking.MASKED_ACCURACY, "images with their true label"),
        score: (masking.MEAN_PROBABILITY, f"mean {score} of the unmasked label"),
    }
    outcome = pickers.pick_few("Outcome", list(outcomes), "outcome")
    spec, axis = outcomes[outcome]
    masks = study.read(masking.N_MASKS)[..., fill]
    most = "one mask" if masks.max() == 1 else f"up to {masks.max()} masks"
    st.caption(
        f"{study.size('image'):,} images, {most} each and share; bands are 95 % intervals over "
        f"images. Shares and arms without a point were not run under this fill."
    )
    table = charts.curves_frame(
        arms, study.read(masking.MASK_RATIO), study.read(spec)[..., fill, :]
    )
    if table.empty:
        st.info("No true label is known for these images, so nothing is right or wrong.")
        return
    about = f"{axis} as more patches are hidden, fill: {title}."
    percent = outcome != gallery.COSINE
    legend = "Which patches are hidden"
    ui_page.show(study, charts.curves_chart, table, legend, axis, about, percent=percent)


def fills(study: Study, titles: list[str]) -> None:
    """Draw survival under every fill, each over all its masks at one share hidden all over."""
    st.subheader("Is it what is hidden, or what is put there?", anchor=False)
    ui_page.said(_finding(study, FILLS))
    scattered = study.row(masking.MASK_ARM, "scattered")
    ratios = study.read(masking.MASK_RATIO)
    shared = np.flatnonzero(study.read(masking.N_MASKS)[scattered].all(axis=-1))
    options = [formatting.patch_share(ratios[at]) for at in shared]
    middle = options[int(np.abs(ratios[shared] - 0.5).argmin())]
    chosen = pickers.pick_few("Share hidden all over", options, "fill_ratio", default=middle)
    ratio = int(shared[options.index(chosen)])
    masks = study.read(masking.N_MASKS)[scattered, ratio]
    for title, count in zip(titles, masks.tolist(), strict=True):
        if count > masks.min():
            said = f"{title.capitalize()}: mean over {count} masks; the sentence counts the mask "
            st.caption(formatting.escaped(f"{said}that all fills share."))
    table = intervals.estimates_frame(titles, study.read(masking.SURVIVAL)[scattered, ratio])
    about = f"Images that keep their label by fill, {chosen} of the patches hidden all over."
    ui_page.show(
        study, intervals.interval_chart, table, "images that keep their label", about, percent=True
    )


def contiguity(study: Study, fill: int, title: str) -> None:
    """Draw survival under a block anywhere minus under scattered patches."""
    st.subheader("Does it matter whether hidden patches lie together?", anchor=False)
    ui_page.said(_finding(study, CONTIGUITY))
    values = 100 * study.read(masking.CONTIGUITY)[None, :, fill]
    table = charts.curves_frame(["block minus all over"], study.read(masking.MASK_RATIO), values)
    about = f"Survival under a block anywhere minus under patches all over, fill: {title}."
    st.caption("Above zero, hiding what lies together costs fewer labels. Same fill as above.")
    axis = "difference in survival, points"
    ui_page.show(study, charts.curves_chart, table, "Difference", axis, about, difference=True)


def wrong_labels(study: Study, titles: list[str], fill: int) -> None:
    """Draw where lost labels go, and how often to a puzzle."""
    st.subheader("Which label comes instead?", anchor=False)
    st.caption("Patches hidden all over, at the share nearest one half.")
    ui_page.said(_finding(study, DESTINATIONS))
    left, right = st.columns(2, gap="large")
    with left:
        st.caption("Among images that lost their own label")
        labels = [study.class_name(int(i)) for i in study.read(masking.WRONG_LABEL, fill)]
        table = charts.wrong_labels_frame(labels, study.read(masking.WRONG_LABEL_SHARE, fill))
        ui_page.show(study, charts.wrong_labels_chart, table, titles[fill])
    with right:
        st.caption("Images whose label turned to a puzzle, by fill")
        shares = study.read(masking.PUZZLE_SHARE)
        if np.isnan(shares).all():
            st.info("None of this model's labels is a puzzle, so it cannot answer “crossword”.")
            return
        table = intervals.estimates_frame(titles, shares)
        about = "Share of masked images whose label turned to a puzzle, by fill."
        ui_page.show(
            study, intervals.interval_chart, table, "share of masked images", about, percent=True
        )


def _finding(study: Study, row: int) -> str:
    return str(study.read(masking.MASKING_FINDING)[row])
