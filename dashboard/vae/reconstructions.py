"""Reconstructions: originals, what the VAE makes of them, and how blurry that is."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.charts import histograms, image_encoding, intervals
from dashboard.loaders import Study, cached
from dashboard.ui import figures, formatting, page_parts, pickers, pictures
from dashboard.vae import sweep, titles
from store.schema import ArraySpec
from store.schema.vae import latent_space, names, reconstructions
from store.schema.vae import sweep as sweep_schema

WALL, WALL_PX = 32, 54  # images of the wall, and px of each: two rows at most on a laptop
SIDE = 148  # px; four fit beside the controls, two on a phone
FIRST_PASS = 1  # on the axis of passes; 0 is the start
IN_USE = {  # drift over every latent -> over those in use
    latent_space.LATENT_STEP: latent_space.LATENT_STEP_ACTIVE,
    latent_space.LATENT_FROM_START: latent_space.LATENT_FROM_START_ACTIVE,
}
OWN_FIGURES = {
    "sharpness ratio": reconstructions.LAPLACIAN_RATIO,
    "high-frequency ratio": reconstructions.HIGH_FREQUENCY_RATIO,
    "squared error": reconstructions.SQUARED_ERROR,
    "squared error, PCA": reconstructions.PCA_SQUARED_ERROR,
    "PSNR, dB": reconstructions.PSNR,
    "SSIM": reconstructions.SSIM,
    "latent drift": reconstructions.LATENT_DRIFT,
    "second-pass error ratio": reconstructions.SECOND_PASS_RATIO,
}
AS_SHARP = "as sharp as the original"  # what a ratio of 1 means
DETAILS = (
    *(reconstructions.DETAIL, reconstructions.DETAIL_BLURRED),
    reconstructions.DETAIL_SHARPENED,
)
MATCHED_RATIOS = (  # each of the copy, then blurred and sharpened on purpose
    *(reconstructions.MATCHED_RATIO, reconstructions.MATCHED_RATIO_BLURRED),
    reconstructions.MATCHED_RATIO_SHARPENED,
)
LAPLACIAN_RATIOS = (
    *(reconstructions.LAPLACIAN_RATIO, reconstructions.LAPLACIAN_RATIO_BLURRED),
    reconstructions.LAPLACIAN_RATIO_SHARPENED,
)
HIGH_FREQUENCY_RATIOS = (
    *(reconstructions.HIGH_FREQUENCY_RATIO, reconstructions.HIGH_FREQUENCY_RATIO_BLURRED),
    reconstructions.HIGH_FREQUENCY_RATIO_SHARPENED,
)
COPY = (  # of a sample: itself, and once and twice encoded and decoded
    *(reconstructions.SAMPLE_PIXELS, reconstructions.SAMPLE_RECONSTRUCTION),
    reconstructions.SAMPLE_SECOND_PASS,
)
EXTREME = (reconstructions.EXTREME_PIXELS, reconstructions.EXTREME_RECONSTRUCTION)

# --- samples ------------------------------------------------------------------------------------


def one_sample(study: Study) -> None:
    """Draw a picked sample: original, reconstruction, difference, encoded again, at some beta."""
    controls, evidence = st.columns([1, 2.3], gap="large")
    with controls:
        beta = _pick_beta(study)
        classes = _sample_classes(study)
        row = pictures.pick("Test picture", classes, study, reconstructions.SAMPLE_PIXELS, "sample")
    copies = (sweep_schema.BETA_RECONSTRUCTION, sweep_schema.BETA_SECOND_PASS)
    original = study.read(reconstructions.SAMPLE_PIXELS, row)
    four = image_encoding.copies(original, *(study.read(c, beta, row) for c in copies))
    with evidence:
        pictures.titled(four, SIDE, f" of test picture {row + 1}, {classes[row]}")
        st.caption("Difference: orange where the original is brighter, blue where the copy is.")
        specs = (sweep_schema.BETA_ERROR, sweep_schema.BETA_LAPLACIAN_RATIO)
        error, sharp = (float(study.read(spec, beta)[row]) for spec in specs)
        weight = study.read(sweep_schema.BETA)[beta]
        words = f"β {weight:g}: squared error {error:.1f}, {sharp:.2f} of the sharpness kept"
        st.markdown(f"**{formatting.escaped(words)}**")
        st.caption("From the sweep's model at this β, first seed.")
        own = "The same picture under the study's own model"
        image = int(study.read(reconstructions.SAMPLE_IMAGE)[row])
        table = {title: [float(study.read(spec)[image])] for title, spec in OWN_FIGURES.items()}
        figures.numbers({"test image": [image]} | table, own, own)


def extremes(study: Study) -> None:
    """Draw the worst and the best reconstructions, and the error of each class."""
    st.subheader("Which pictures and classes come out worst?", anchor=False)
    is_worst = study.read(reconstructions.EXTREME_IS_WORST) == 1  # (extreme,)
    images = study.read(reconstructions.EXTREME_IMAGE)
    errors = study.read(reconstructions.SQUARED_ERROR)[images]
    labels = study.read(reconstructions.LABEL)[images]
    sides = zip(st.columns(2, gap="large"), ("Worst", "Best"), (is_worst, ~is_worst), strict=True)
    for column, title, here in sides:
        rows = np.flatnonzero(here).tolist()
        words = [f"{study.class_name(int(labels[row]))}, {errors[row]:.1f}" for row in rows]
        with column:
            st.markdown(f"**{title}**, original over reconstruction")
            tiles = [pictures.column(study, EXTREME, row, 84) for row in rows]
            about = [f"{title} reconstruction: {one}" for one in words]
            captions = [formatting.escaped(one) for one in words]
            st.image(tiles, caption=captions, width=84, alt=about)
    table = intervals.estimates_frame(study.class_names, study.read(reconstructions.CLASS_ERROR))
    table = table.sort_values("value", ascending=False, ignore_index=True)
    axis = "mean held-out squared error per image"
    page_parts.figure(intervals.interval_chart, table, axis, f"{axis}, by class", zero=True)


@cached(max_entries=8)
def wall(study: Study) -> None:
    """Draw a wall of samples: original over reconstruction."""
    st.caption("Above: test images. Below: what the VAE makes of them.")
    classes = _sample_classes(study)[:WALL]
    tiles = [pictures.column(study, COPY[:2], row, 2 * WALL_PX) for row in range(len(classes))]
    about = [f"Original over reconstruction: {name}" for name in classes]
    st.image(tiles, width=WALL_PX, alt=about)


def _pick_beta(study: Study) -> int:
    betas = study.read(sweep_schema.BETA)
    order = sorted(range(len(betas)), key=lambda row: betas[row])
    options = [f"{betas[row]:g}" for row in order]
    own = f"{study.setting('kl_weight'):g}"
    start = own if own in options else max(options, key=float)
    return order[pickers.pick_along("KL weight β of the model", options, "beta", start)]


def _sample_classes(study: Study) -> list[str]:
    labels = study.read(reconstructions.LABEL)[study.read(reconstructions.SAMPLE_IMAGE)]
    return np.array(study.class_names)[labels].tolist()


# --- sharpness ----------------------------------------------------------------------------------


def sharpness(study: Study) -> None:
    """Draw both sharpness ratios, nearness to the original, and sharpness over the KL weight."""
    st.subheader("How sharp is every reconstruction?", anchor=False)
    st.caption(
        "Sharpness of the copy over that of the original, per test image. The same ratio for a "
        "copy that was blurred and for one that was sharpened on purpose stands beside it."
    )
    if study.has(*DETAILS):
        st.caption("First the share of fine detail kept, on which the claim rests.")
        _histogram(study, "fine detail kept (log scale)", *DETAILS, equal=AS_SHARP)
    if study.has(*MATCHED_RATIOS):
        axis = "variance of the Laplacian at equal contrast (log scale)"
        _histogram(study, axis, *MATCHED_RATIOS, equal=AS_SHARP)
    ratios = {
        "variance of the Laplacian, copy over original (log scale)": LAPLACIAN_RATIOS,
        "energy above 0.25 cycles/pixel, copy over original (log)": HIGH_FREQUENCY_RATIOS,
    }
    _side_by_side(study, ratios, equal=AS_SHARP)

    st.subheader("Is sharp the same as near?", anchor=False)
    st.caption(
        "A copy blurred by one pixel stands beside the reconstruction. It is less sharp; where it "
        "is nearer to the original all the same, the reconstruction lost more than sharpness."
    )
    nearness = {
        "structural similarity to the original": (
            reconstructions.SSIM,
            reconstructions.SSIM_BLURRED,
        ),
        "peak signal-to-noise ratio, dB": (reconstructions.PSNR, reconstructions.PSNR_BLURRED),
    }
    _side_by_side(study, nearness)

    st.subheader("Does a smaller KL weight sharpen them?", anchor=False)
    st.caption(sweep.training_words(study))
    points = sweep.beta_points(study)
    left, right = st.columns(2, gap="large")
    with left:
        axis = "median ratio, copy over original"
        sweep.chart(points, sweep.BETA, axis, titles.SHARPNESS_SERIES, zero=True)
    with right:
        sweep.chart(points, sweep.BETA, "mean SSIM", {names.SSIM: names.OWN_MODEL})


def _side_by_side(
    study: Study, specs_of: dict[str, tuple[ArraySpec, ...]], equal: str = ""
) -> None:
    for column, (axis, specs) in zip(st.columns(2, gap="large"), specs_of.items(), strict=True):
        with column:
            _histogram(study, axis, *specs, equal=equal)


def _histogram(
    study: Study,
    axis: str,
    *specs: ArraySpec,
    equal: str = "",  # what 1 means: given for ratios, which stand on a log axis
    kinds: Sequence[str] = ("reconstruction", "blurred on purpose", "sharpened on purpose"),
) -> None:
    """Draw measures of every test image, a kind each."""
    values = {kind: study.read(spec) for kind, spec in zip(kinds, specs, strict=False)}
    counts, log = histograms.counts_frame(values, log=bool(equal)), bool(equal)
    about = f"Histogram of {axis}" if len(specs) > 1 else axis
    page_parts.figure(histograms.histogram, counts, axis, about, log=log, equal=equal)


# --- further passes -----------------------------------------------------------------------------


def second_pass(study: Study) -> None:
    """Draw what one more pass does: to latents, to pictures, and from each kind of start."""
    st.subheader("What happens when a reconstruction is encoded again?", anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        st.caption("How far the latent moves, relative to its length")
        axis = "|second mean − first mean| / |first mean| (log scale)"
        label = "moved by its own length"
        _histogram(study, axis, reconstructions.LATENT_DRIFT, equal=label, kinds=["latent drift"])
    with right:
        st.caption(
            "Squared error between first and second copy, over that from original to first copy"
        )
        axis, label = "second pass's error over the first's (log scale)", "errs as much again"
        ratio = reconstructions.SECOND_PASS_RATIO
        _histogram(study, axis, ratio, equal=label, kinds=["second pass"])
    if not study.has(latent_space.SECOND_PASS_RATIO):
        return
    starts = study.read(latent_space.START).tolist()
    st.caption(
        "The median of that ratio. A prior sample has no original: the picture decoded from it "
        "takes that place, and its two copies come after."
    )
    axis = "median error of the second pass over the first's"
    ratios = study.read(latent_space.SECOND_PASS_RATIO)
    page_parts.intervals(starts, ratios, axis, f"{axis}, by start.", zero=True)


def repeated_passes(study: Study) -> None:
    """Draw how far latents move in repeated passes, and what the pictures turn into."""
    st.subheader("What do repeated passes converge to?", anchor=False)
    starts = study.read(latent_space.START).tolist()
    last = int(study.read(latent_space.PASS)[-1])
    kept_class = study.read(latent_space.CLASS_KEPT)[:, -1, 0]  # (start,)
    parts = [f"{share:.1%} of {start}" for start, share in zip(starts, kept_class, strict=True)]
    of_test_images = study.row(latent_space.START, names.TEST_IMAGES)
    shares = study.read(latent_space.CLASS_SHARE)[of_test_images]  # (pass, class)
    most = int(shares[-1].argmax())
    step = float(study.read(latent_space.LATENT_STEP)[of_test_images, -1, 0])
    words = (
        f"After {last} passes {' and '.join(parts)} still have the class of their start, and the "
        f"last pass moved latents of test images by {step:.1%} of their length. The class most "
        f"common then is {study.class_name(most)}: {shares[0, most]:.1%} before, "
        f"{shares[-1, most]:.1%} after."
    )
    st.markdown(f"**{formatting.escaped(words)}**")
    st.caption(
        "A pass decodes a latent and encodes the picture. Latents start at posterior means of test "
        "images or are drawn from the prior; whiskers are 95% intervals over them."
    )
    if study.has(*IN_USE.values(), latent_space.UNUSED_SHARE):
        st.markdown(formatting.escaped(unused_words(study)))
    left, right = st.columns(2, gap="large")
    with left:
        _by_pass(study, latent_space.LATENT_STEP, "relative move of the latent in this pass")
        axis = "squared error to the picture of the pass before"
        _by_pass(study, latent_space.PICTURE_STEP, axis)
    with right:
        _by_pass(study, latent_space.LATENT_FROM_START, "relative distance from the start")
        _by_pass(study, latent_space.CLASS_KEPT, "share that keeps its class")
    _strips(study)


def unused_words(study: Study) -> str:
    """Say how much of the prior samples' drift is unused latents, which return to near 0."""
    prior = study.row(latent_space.START, names.PRIOR_SAMPLES)
    moves = (latent_space.LATENT_FROM_START, latent_space.LATENT_FROM_START_ACTIVE)
    specs = (*moves, latent_space.UNUSED_SHARE)
    every, active, share = (float(study.read(spec)[prior, FIRST_PASS, 0]) for spec in specs)
    n_used, n_latents = int(study.read(latent_space.ACTIVE_BY_KL).sum()), study.size("latent")
    if n_used == n_latents:
        return f"All {n_latents} latents are in use by their KL, so every drift here counts them."
    if not n_used:
        return "No latent is in use by its KL, so that drift here is of unused ones alone."
    return (
        f"The first pass moves a prior sample by {every:.2f} of its length over all {n_latents} "
        f"latents, and by {active:.2f} over the {n_used} in use by their KL. The other "
        f"{n_latents - n_used} return to near 0 whatever was drawn, and account for {share:.0%} of "
        f"the squared move over all."
    )


def of_the_sweep(study: Study) -> None:
    """Draw a table of what decoding and encoding again does at every point of the sweep."""
    st.subheader("Do other models withstand a second pass better?", anchor=False)
    st.caption(
        "Every point of the sweep, mean over seeds with its 95% interval: the median error ratio "
        "of the second pass, the share of images that keep the class of their neighbours, and the "
        "median move of a latent relative to its length, of test images and of draws from the "
        "prior. A draw gives unused latents a value too, which one pass sends back to near 0; *in "
        "use* counts the latents that are active by their KL alone."
    )
    rows = np.arange(study.size("point"))
    settings = {
        "β": [f"{weight:g}" for weight in study.read(sweep_schema.KL_WEIGHT)],
        "latents": study.read(sweep_schema.LATENT_DIM),
    }
    metrics = sweep.estimates(study, rows, titles.SECOND_PASS_METRICS)
    table = pd.DataFrame(sweep.models(study, rows) | settings | metrics)
    figures.table(table, "Second passes of every point of the sweep")


def _by_pass(study: Study, spec: ArraySpec, axis: str) -> None:
    """Draw an estimate by pass, (start, pass, estimate), a line per start."""
    passes, starts = (study.read(s).tolist() for s in (latent_space.PASS, latent_space.START))
    measured = dict(zip(starts, study.read(spec), strict=True))
    in_use = IN_USE.get(spec)
    if in_use is not None and study.has(in_use):
        used = [f"{start}, in use" for start in starts]
        measured |= zip(used, study.read(in_use), strict=True)
    table, about = sweep.sweep_frame(passes, measured, {}), f"{axis}, by pass."
    page_parts.figure(sweep.sweep_chart, table, "pass", axis, about, zero=True)


@cached(max_entries=8)
def _strips(study: Study) -> None:
    passes, chains = study.size("pass"), study.size("chain")
    st.caption(f"Samples after 0 to {passes - 1} passes, left to right.")
    frames = [list(study.read(latent_space.CHAIN_PICTURE, chain)) for chain in range(chains)]
    rows = [image_encoding.stacked(of_chain, across=True) for of_chain in frames]
    grid = image_encoding.stacked(rows)  # (row, column, channel)
    about = f"{chains} samples, each decoded and encoded again {passes - 1} times"
    st.image(image_encoding.enlarged_uri(grid, 2 * grid.shape[1]), width="stretch", alt=about)


def main() -> None:
    """Draw the page."""
    study = page_parts.open_page("reconstructions", "Are reconstructions blurrier?")
    wall(study)
    one_sample(study)
    sharp, again, repeated, others, worst = st.tabs(
        ["Sharpness", "Encoded again", "Many passes", "Other models", "Worst and best"]
    )
    with sharp:
        sharpness(study)
    with again:
        second_pass(study)
    with repeated:
        repeated_passes(study)
    with others:
        of_the_sweep(study)
    with worst:
        extremes(study)


if __name__ == "__main__":
    main()
