"""Reconstructions: originals, what the VAE makes of them, and how blurry that is."""

import streamlit as st

from dashboard import blur, frame, repetition, samples
from dashboard.charts import reconstruction
from store.schema import vae

study = frame.open_page("Are reconstructions blurrier?", "vae", "vae-blur", "vae-reencode")
samples.one_sample(study)
blur.section(study)

st.subheader("What happens when a reconstruction is encoded again?", anchor=False)
left, right = st.columns(2, gap="large")
with left:
    st.caption("How far the latent moves, relative to its length")
    drift = reconstruction.ratio_frame(latent_drift=study.read(vae.LATENT_DRIFT))
    axis = "|second mean − first mean| / |first mean| (log scale)"
    label = "moved by its own length"
    frame.show(study, reconstruction.ratio_chart, drift, axis, axis, equal_label=label)
with right:
    st.caption("Squared error between first and second copy, over that from original to first copy")
    error = reconstruction.ratio_frame(second_pass=study.read(vae.SECOND_PASS_RATIO))
    axis = "second pass's error over the first's (log scale)"
    label = "errs as much again"
    frame.show(study, reconstruction.ratio_chart, error, axis, axis, equal_label=label)
repetition.second_pass(study)

repetition.section(study)
repetition.of_the_sweep(study)
samples.extremes(study)
samples.wall_of_samples(study)
frame.method("reconstructions")
