"""Reconstructions: originals, what the VAE makes of them, and how blurry that is."""

import streamlit as st

from dashboard.ui import page as ui_page
from dashboard.vae.reconstructions import charts, reencoding, samples, sharpness
from store.schema.vae import reconstructions

study = ui_page.open_page("Are reconstructions blurrier?", "vae", "vae-blur", "vae-reencode")
samples.one_sample(study)
sharpness.section(study)

st.subheader("What happens when a reconstruction is encoded again?", anchor=False)
left, right = st.columns(2, gap="large")
with left:
    st.caption("How far the latent moves, relative to its length")
    drift = charts.ratio_frame(latent_drift=study.read(reconstructions.LATENT_DRIFT))
    axis = "|second mean − first mean| / |first mean| (log scale)"
    label = "moved by its own length"
    ui_page.show(study, charts.ratio_chart, drift, axis, axis, equal_label=label)
with right:
    st.caption("Squared error between first and second copy, over that from original to first copy")
    error = charts.ratio_frame(second_pass=study.read(reconstructions.SECOND_PASS_RATIO))
    axis = "second pass's error over the first's (log scale)"
    label = "errs as much again"
    ui_page.show(study, charts.ratio_chart, error, axis, axis, equal_label=label)
reencoding.second_pass(study)

reencoding.section(study)
reencoding.of_the_sweep(study)
samples.extremes(study)
samples.wall_of_samples(study)
ui_page.method("reconstructions")
