"""Training: the VAE's loss, its parts, its convention, simpler models and the sweep beside it."""

import streamlit as st

from dashboard.charts import intervals
from dashboard.ui import page as ui_page
from dashboard.vae import sweep
from dashboard.vae.training import charts, losses
from store.schema.vae import latent_space, reconstructions

study = ui_page.open_page("What does the loss say, and what does it hide?", "vae", "vae-loss")
splits = study.read(reconstructions.SPLIT).tolist()
curves = charts.curves_frame(
    splits,
    loss=study.read(reconstructions.LOSS),
    reconstruction=study.read(reconstructions.RECONSTRUCTION_TERM),
    kl_nats=study.read(reconstructions.KL_NATS),
)
st.subheader("The loss, beside the original report's", anchor=False)
about = "Training and held-out loss by epoch, with the original report's first and last figure."
ui_page.show(study, charts.curve_chart, curves, "loss", "loss per image", about, with_original=True)
losses.conventions(study)

names, errors = (
    study.read(reconstructions.BASELINE_NAME).tolist(),
    study.read(reconstructions.BASELINE_ERROR),
)
st.subheader("The two parts, apart", anchor=False)
left, right = st.columns(2, gap="large")
with left:
    axis = "squared error per image"
    rules = [(float(row[0]), name) for name, row in zip(names, errors, strict=True)][1:-1]
    about = f"{axis} by epoch"
    ui_page.show(study, charts.curve_chart, curves, "reconstruction", axis, about, rules=rules)
with right:
    axis = "KL, nats per image"
    ui_page.show(study, charts.curve_chart, curves, "kl_nats", axis, f"{axis} by epoch")

st.subheader("Is the VAE better than something simpler?", anchor=False)
table = intervals.estimates_frame(names, errors)
axis = "squared error summed over pixels, held-out images"
ui_page.show(study, intervals.interval_chart, table, axis, axis, controls=names[1:], zero=True)

st.subheader("How many of the latents carry anything?", anchor=False)
kl, variance = study.read(latent_space.KL_PER_DIM_NATS), study.read(latent_space.MEAN_VARIANCE)
latents = charts.latents_frame(kl, variance, study.read(latent_space.ACTIVE_BY_VARIANCE))
ui_page.show(study, charts.latents_chart, latents)
sweep.over_beta(study)
sweep.over_latents(study)
losses.other_losses(study)
ui_page.method("training")
