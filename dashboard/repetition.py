"""Passes through the VAE: decode, encode, decode again, from test images and from the prior."""

import streamlit as st

from dashboard import frame, wording
from dashboard.charts import pictures
from dashboard.charts import sweep as charts
from dashboard.loaders import Study, kept
from store.schema import ArraySpec, vae_latent


def section(study: Study) -> None:
    """Draw how far latents move in repeated passes, and what the pictures turn into."""
    st.subheader("What do repeated passes converge to?", anchor=False)
    starts = study.read(vae_latent.START).tolist()
    last = int(study.read(vae_latent.PASS)[-1])
    kept = study.read(vae_latent.CLASS_KEPT)[:, -1]
    said = " and ".join(f"{row[0]:.1%} of {name}" for name, row in zip(starts, kept, strict=True))
    shares = study.read(vae_latent.CLASS_SHARE)[0]
    most = int(shares[-1].argmax())
    step = float(study.read(vae_latent.LATENT_STEP)[0, -1, 0])
    words = (
        f"After {last} passes {said} still have the class of their start, and the last pass moved "
        f"latents of test images by {step:.1%} of their length. The class most common then is "
        f"{study.class_name(most)}: {shares[0, most]:.1%} before, {shares[-1, most]:.1%} after."
    )
    st.markdown(f"**{wording.escaped(words)}**")
    st.caption(
        "A pass decodes a latent and encodes the picture. Latents start at posterior means of test "
        "images or are drawn from the prior; whiskers are 95 % intervals over them."
    )
    left, right = st.columns(2, gap="large")
    with left:
        _chart(study, vae_latent.LATENT_STEP, "relative move of the latent in this pass")
        _chart(study, vae_latent.PICTURE_STEP, "squared error to the picture of the pass before")
    with right:
        _chart(study, vae_latent.LATENT_FROM_START, "relative distance from the start")
        _chart(study, vae_latent.CLASS_KEPT, "share that keeps its class")
    _strips(study)


def _chart(study: Study, spec: ArraySpec, axis: str) -> None:
    passes = study.read(vae_latent.PASS).tolist()
    starts = study.read(vae_latent.START).tolist()
    measured = dict(zip(starts, study.read(spec), strict=True))
    table = charts.sweep_frame(passes, measured, {})
    frame.show(study, charts.sweep_chart, table, "pass", axis, f"{axis}, by pass.", zero=True)


@kept(8)
def _strips(study: Study) -> None:
    passes = study.size("pass")
    st.caption(f"Samples after 0 to {passes - 1} passes, left to right.")
    rows = [
        pictures.stacked(list(study.read(vae_latent.CHAIN_PICTURE, chain)), across=True)
        for chain in range(study.size("chain"))
    ]
    wall = pictures.stacked(rows)
    uri = pictures.uri(pictures.enlarged(wall, 2 * wall.shape[1]))
    about = f"{len(rows)} samples, each decoded and encoded again {passes - 1} times"
    st.image(uri, width="stretch", alt=about)
    frame.source(study)
