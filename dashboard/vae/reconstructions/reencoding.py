"""Passes through the VAE: decode, encode, decode again, from test images and from the prior."""

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.charts import image_encoding, intervals
from dashboard.loaders import Study, kept
from dashboard.ui import formatting
from dashboard.ui import page as ui_page
from dashboard.vae import sweep
from dashboard.vae import sweep_charts as charts
from store.schema import ArraySpec
from store.schema.vae import latent_space
from store.schema.vae import sweep as sweep_schema

PRIOR = 1  # row of the starts; that of the test images is 0
IN_USE = {  # drift over every latent -> over those in use
    latent_space.LATENT_STEP: latent_space.LATENT_STEP_ACTIVE,
    latent_space.LATENT_FROM_START: latent_space.LATENT_FROM_START_ACTIVE,
}
SECOND_PASS = {  # title -> metric of the sweep
    "second-pass error ratio": "second_pass_ratio",
    "class kept": "class_agreement",
    "latent drift": "latent_drift",
    "latent drift, in use": "latent_drift_active",
    "prior drift": "prior_drift",
    "prior drift, in use": "prior_drift_active",
}


def section(study: Study) -> None:
    """Draw how far latents move in repeated passes, and what the pictures turn into."""
    st.subheader("What do repeated passes converge to?", anchor=False)
    starts = study.read(latent_space.START).tolist()
    last = int(study.read(latent_space.PASS)[-1])
    kept = study.read(latent_space.CLASS_KEPT)[:, -1]
    said = " and ".join(f"{row[0]:.1%} of {name}" for name, row in zip(starts, kept, strict=True))
    shares = study.read(latent_space.CLASS_SHARE)[0]
    most = int(shares[-1].argmax())
    step = float(study.read(latent_space.LATENT_STEP)[0, -1, 0])
    words = (
        f"After {last} passes {said} still have the class of their start, and the last pass moved "
        f"latents of test images by {step:.1%} of their length. The class most common then is "
        f"{study.class_name(most)}: {shares[0, most]:.1%} before, {shares[-1, most]:.1%} after."
    )
    st.markdown(f"**{formatting.escaped(words)}**")
    st.caption(
        "A pass decodes a latent and encodes the picture. Latents start at posterior means of test "
        "images or are drawn from the prior; whiskers are 95 % intervals over them."
    )
    if study.has(*IN_USE.values(), latent_space.UNUSED_SHARE):
        st.markdown(formatting.escaped(unused_words(study)))
    left, right = st.columns(2, gap="large")
    with left:
        _chart(study, latent_space.LATENT_STEP, "relative move of the latent in this pass")
        _chart(study, latent_space.PICTURE_STEP, "squared error to the picture of the pass before")
    with right:
        _chart(study, latent_space.LATENT_FROM_START, "relative distance from the start")
        _chart(study, latent_space.CLASS_KEPT, "share that keeps its class")
    _strips(study)


def second_pass(study: Study) -> None:
    """Draw the second pass's error over the first's, of test images and of prior samples."""
    if not study.has(latent_space.SECOND_PASS_RATIO):
        return
    starts = study.read(latent_space.START).tolist()
    table = intervals.estimates_frame(starts, study.read(latent_space.SECOND_PASS_RATIO))
    st.caption(
        "The median of that ratio. A prior sample has no original: the picture decoded from it "
        "takes that place, and its two copies come after."
    )
    axis = "median error of the second pass over the first's"
    ui_page.show(study, intervals.interval_chart, table, axis, f"{axis}, by start.", zero=True)


def unused_words(study: Study) -> str:
    """Say how much of the prior samples' drift is unused latents, which return to near 0."""
    share = float(study.read(latent_space.UNUSED_SHARE)[PRIOR, 1, 0])
    every, active = (
        float(study.read(spec)[PRIOR, 1, 0])
        for spec in (latent_space.LATENT_FROM_START, latent_space.LATENT_FROM_START_ACTIVE)
    )
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
        "Every point of the sweep, mean over seeds with its 95 % interval: the median error ratio "
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
    stored = {
        title: metric
        for title, metric in SECOND_PASS.items()
        if study.has(sweep_schema.ESTIMATES[metric])
    }
    columns = sweep.names(study, rows) | settings | sweep.estimates(study, rows, stored)
    table = pd.DataFrame(columns)
    st.dataframe(table, hide_index=True, alt="Second passes of every point of the sweep")
    ui_page.source(study)


def _chart(study: Study, spec: ArraySpec, axis: str) -> None:
    passes = study.read(latent_space.PASS).tolist()
    starts = study.read(latent_space.START).tolist()
    measured = dict(zip(starts, study.read(spec), strict=True))
    in_use = IN_USE.get(spec)
    if in_use is not None and study.has(in_use):
        used = zip(starts, study.read(in_use), strict=True)
        measured |= {f"{name}, in use": values for name, values in used}
    table = charts.sweep_frame(passes, measured, {})
    ui_page.show(study, charts.sweep_chart, table, "pass", axis, f"{axis}, by pass.", zero=True)


@kept(8)
def _strips(study: Study) -> None:
    passes = study.size("pass")
    st.caption(f"Samples after 0 to {passes - 1} passes, left to right.")
    rows = [
        image_encoding.stacked(list(study.read(latent_space.CHAIN_PICTURE, chain)), across=True)
        for chain in range(study.size("chain"))
    ]
    wall = image_encoding.stacked(rows)
    uri = image_encoding.uri(image_encoding.enlarged(wall, 2 * wall.shape[1]))
    about = f"{len(rows)} samples, each decoded and encoded again {passes - 1} times"
    st.image(uri, width="stretch", alt=about)
    ui_page.source(study)
