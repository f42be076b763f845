"""Masking: how many images keep their label when patches are hidden, and which label comes."""

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.charts import image_encoding
from dashboard.loaders import Study
from dashboard.ui import formatting, page_parts, pickers, pictures
from dashboard.vit import gallery, masking_charts, titles
from store.schema.vit import labels, masking, names

SIDE, STRIP_SIDE = 300, 112  # px of the picture, and of those in a strip


def telling_pictures(study: Study) -> list[int]:
    """Return the gallery pictures whose label flips with half of the patches black, all over.

    Those that keep it when the same patches' tokens are dropped come first, in gallery order: on
    these it is the black that flips the label.
    """
    arm = study.row(masking.MASK_ARM, names.SCATTERED)
    black, dropped = (study.row(masking.MASK_FILL, one) for one in (names.BLACK, names.TOKEN_DROP))
    given = study.read(masking.GALLERY_MASKED_TOP_INDEX)[:, arm, half(study), :, 0]
    own = study.read(labels.GALLERY_TOP_INDEX)[:, 0]  # (gallery,)
    flips = np.flatnonzero((given[:, black] != own) & (given[:, black] >= 0))
    return sorted(flips.tolist(), key=lambda row: given[row, dropped] != own[row])


def half(study: Study) -> int:
    """Return the place of the share of patches nearest to one half."""
    return int(np.abs(study.read(masking.MASK_RATIO) - 0.5).argmin())


def masked_pixels(study: Study, image: int, arm: int, ratio: int, fill: int) -> NDArray:
    """Return a gallery picture as the model met it; hatched where tokens were dropped."""
    drops = study.read(masking.MASK_FILL)[fill] == names.TOKEN_DROP
    n_masked = int(study.read(masking.N_MASKED)[ratio])
    hidden = study.read(masking.GALLERY_RANKING, image, arm) < n_masked
    filled = None if drops else study.read(masking.GALLERY_FILL_PIXELS, image, fill)
    return image_encoding.masked(study.read(labels.GALLERY_PIXELS, image), hidden, filled)


def strip(study: Study, image: int, fill: str, side: int) -> pd.DataFrame:
    """Draw a picture as more of its patches are hidden all over, with the label of each.

    The shares are those that every fill was run at. Returns a row per share: label and score.
    """
    arm, row = study.row(masking.MASK_ARM, names.SCATTERED), study.row(masking.MASK_FILL, fill)
    frames = [study.read(labels.GALLERY_PIXELS, image)]
    label = study.class_name(int(study.read(labels.GALLERY_TOP_INDEX, image)[0]))
    answers = [("whole", label, float(study.read(labels.GALLERY_TOP_PROBABILITY, image)[0]))]
    for ratio in np.flatnonzero(study.read(masking.N_MASKS)[arm].all(axis=-1)).tolist():
        frames.append(masked_pixels(study, image, arm, ratio, row))
        cell = (image, arm, ratio, row)
        label = study.class_name(int(study.read(masking.GALLERY_MASKED_TOP_INDEX, *cell)[0]))
        value = float(study.read(masking.GALLERY_MASKED_TOP_PROBABILITY, *cell)[0])
        share = formatting.patch_share(float(study.read(masking.MASK_RATIO)[ratio]))
        answers.append((share, label, value))
    score = gallery.score_title(study)
    style = ".2f" if score == gallery.COSINE else ".0%"
    captions = [f"{share}: {label}, {value:{style}}" for share, label, value in answers]
    pictures.captioned(frames, captions, side)
    return pd.DataFrame(answers, columns=["hidden", "label", score])


def film(study: Study, image: int) -> None:
    """Draw the picture with more and more patches black, and with the same ones left out."""
    st.markdown(f"**{gallery.picture_title(study, image)}: patches all over, black**")
    strip(study, image, names.BLACK, STRIP_SIDE)
    st.markdown("**The same patches left out of what the model reads (hatched)**")
    strip(study, image, names.TOKEN_DROP, STRIP_SIDE)


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
        f"{study.size('image'):,} images, {most} each and share; bands are 95% intervals over "
        f"images. Shares and arms without a point were not run under this fill."
    )
    estimates = study.read(spec)[..., fill, :]  # (arm, ratio, estimate)
    table = masking_charts.curves_frame(arms, study.read(masking.MASK_RATIO), estimates)
    if table.empty:
        st.info("No true label is known for these images, so nothing is right or wrong.")
        return
    about = f"{axis} as more patches are hidden, fill: {title}."
    legend, percent = "Which patches are hidden", outcome != masking_charts.COSINE
    chart = masking_charts.curves_chart
    page_parts.figure(chart, table, legend, axis, about, percent=percent)


def by_fill(study: Study, titles: list[str]) -> None:
    """Draw survival under every fill, each over all its masks at one share hidden all over."""
    st.subheader("Is it what is hidden, or what is put there?", anchor=False)
    page_parts.finding_text(_finding(study, names.ABOUT_FILLS))
    scattered = study.row(masking.MASK_ARM, names.SCATTERED)
    ratios = study.read(masking.MASK_RATIO)
    shared = np.flatnonzero(study.read(masking.N_MASKS)[scattered].all(axis=-1))
    options = [formatting.patch_share(ratios[at]) for at in shared]
    middle = options[int(np.abs(ratios[shared] - 0.5).argmin())]
    chosen = pickers.pick_few("Share hidden all over", options, "fill_ratio", default=middle)
    ratio = int(shared[options.index(chosen)])
    masks = study.read(masking.N_MASKS)[scattered, ratio]
    for title, count in zip(titles, masks.tolist(), strict=True):
        if count > masks.min():
            note = f"{title.capitalize()}: mean over {count} masks; the sentence counts the mask "
            st.caption(formatting.escaped(f"{note}that all fills share."))
    about = f"Images that keep their label by fill, {chosen} of the patches hidden all over."
    survival, axis = study.read(masking.SURVIVAL)[scattered, ratio], "images that keep their label"
    page_parts.intervals(titles, survival, axis, about, percent=True)


def contiguity(study: Study, fill: int, title: str) -> None:
    """Draw survival under a block anywhere minus under scattered patches."""
    st.subheader("Does it matter whether hidden patches lie together?", anchor=False)
    page_parts.finding_text(_finding(study, names.ABOUT_CONTIGUITY))
    values, series = 100 * study.read(masking.CONTIGUITY)[None, :, fill], ["block minus all over"]
    table = masking_charts.curves_frame(series, study.read(masking.MASK_RATIO), values)
    about = f"Survival under a block anywhere minus under patches all over, fill: {title}."
    st.caption("Above zero, hiding what lies together costs fewer labels. Same fill as above.")
    axis, chart = "difference in survival, points", masking_charts.curves_chart
    page_parts.figure(chart, table, "Difference", axis, about, difference=True)


def wrong_labels(study: Study, titles: list[str], fill: int) -> None:
    """Draw where lost labels go, and how often to a puzzle."""
    st.subheader("Which label comes instead?", anchor=False)
    st.caption("Patches hidden all over, at the share nearest one half.")
    page_parts.finding_text(_finding(study, names.ABOUT_DESTINATIONS))
    left, right = st.columns(2, gap="large")
    with left:
        st.caption("Among images that lost their own label")
        wrong = [study.class_name(int(i)) for i in study.read(masking.WRONG_LABEL, fill)]
        shares = study.read(masking.WRONG_LABEL_SHARE, fill).astype(float)
        table = pd.DataFrame({"label": wrong, "share": shares}).dropna(ignore_index=True)
        about = f"Most frequent wrong labels when patches are hidden, fill: {titles[fill]}."
        axis = "share of images that lost their label"
        page_parts.figure(masking_charts.label_bars, table, axis, about)
    with right:
        st.caption("Images whose label turned to a puzzle, by fill")
        shares = study.read(masking.PUZZLE_SHARE)
        if np.isnan(shares).all():
            st.info("None of this model's labels is a puzzle, so it cannot answer “crossword”.")
            return
        about = "Share of masked images whose label turned to a puzzle, by fill."
        page_parts.intervals(titles, shares, "share of masked images", about, percent=True)


def _finding(study: Study, topic: str) -> str:
    return str(study.read(masking.MASKING_FINDING)[names.MASKING_FINDINGS.index(topic)])


def one_picture(study: Study, image: int, arms: list[str], titles: list[str], fill: int) -> None:
    """Draw pickers of what was run under a fill, the picture before and after, and its standing."""
    st.subheader("Any patches, any share, on this picture", anchor=False)
    run = study.read(masking.N_MASKS)[..., fill] > 0
    left, right = st.columns(2, gap="medium")
    with left:
        offered = [arms[row] for row in np.flatnonzero(run.any(axis=1))]
        arm = arms.index(pickers.pick("Which patches", offered, "arm"))
    with right:
        at = np.flatnonzero(run[arm])
        options = list(map(formatting.patch_share, study.read(masking.MASK_RATIO)[at]))
        middle = options[len(options) // 2]
        ratio = int(at[pickers.pick_along("Share hidden", options, "ratio", middle)])
    cell = (arm, ratio, fill)
    gallery.note_truth(study, image)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{gallery.picture_title(study, image)}, unmasked**")
        pixels = study.read(labels.GALLERY_PIXELS, image)
        pictures.one(pixels, SIDE, "The picture, unmasked")
        gallery.unmasked_bars(study, image)
    with right:
        _masked(study, image, cell, titles[fill])
    _standing(study, image, cell)


def _masked(study: Study, image: int, cell: tuple[int, int, int], title: str) -> None:
    arm, ratio, fill = cell
    drops = study.read(masking.MASK_FILL)[fill] == names.TOKEN_DROP
    masked = masked_pixels(study, image, arm, ratio, fill)
    n_masked = int(study.read(masking.N_MASKED)[ratio])
    n_patches = study.size("patch_row") * study.size("patch_col")
    note = " (hatched)" if drops else ""
    what = formatting.escaped(f"{n_masked} of {n_patches} patches hidden, {title}{note}")
    st.markdown(f"**{what}**")
    pictures.one(masked, SIDE, f"The picture with {n_masked} patches hidden, {title}")
    top = study.read(masking.GALLERY_MASKED_TOP_INDEX, image, *cell)
    probability = study.read(masking.GALLERY_MASKED_TOP_PROBABILITY, image, *cell)
    gallery.label_bars(study, image, top, probability, "masked")


def _standing(study: Study, image: int, cell: tuple[int, int, int]) -> None:
    """Draw the picture's own curve, mean over its masks, over the middle half of all images."""
    arm, ratio, fill = cell
    row, n_masks = int(study.read(labels.GALLERY_IMAGE)[image]), study.read(masking.N_MASKS)
    every = study.read(masking.MASKED_PROBABILITY, row)[:, arm, :, fill].astype(float)
    total, count = np.nansum(every, axis=0), n_masks[arm, :, fill]
    own = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    quartiles = study.read(masking.PROBABILITY_QUARTILE)[arm, :, fill]
    ratios, score = study.read(masking.MASK_RATIO), gallery.score_title(study)
    st.markdown("**Where this picture stands among all images**")
    st.caption(
        "Each image's mean over its masks. Shaded: the middle half of all images. Dashed: the "
        "share chosen above."
    )
    chart, chosen = masking_charts.standing_chart, float(ratios[ratio])
    page_parts.figure(chart, ratios, quartiles, own, chosen, score)


def main() -> None:
    """Draw the page."""
    study = page_parts.open_page("masking", "Does the label survive when patches are hidden?")
    arms = titles.stored_titles(study, masking.MASK_ARM)
    fills = titles.stored_titles(study, masking.MASK_FILL)

    controls, evidence = st.columns([1, 2.6], gap="large")
    with controls:
        start = next(iter(telling_pictures(study)), 0)
        image = gallery.pick_gallery_picture(study, start)
        st.caption(
            "At first: the first picture whose label flips with half of its patches black, and "
            "stays when they are left out."
        )
    with evidence:
        film(study, image)

    chosen = pickers.pick_few("Hidden patches become", fills, "fill")
    fill = fills.index(chosen)
    curves, single, by_kind, together, wrong = st.tabs(
        ["All pictures", "This picture", "What is put there", "Lying together", "Wrong labels"]
    )
    with curves:
        survival(study, arms, fill, chosen)
    with single:
        one_picture(study, image, arms, fills, fill)
    with by_kind:
        by_fill(study, fills)
    with together:
        contiguity(study, fill, chosen)
    with wrong:
        wrong_labels(study, fills, fill)


if __name__ == "__main__":
    main()
