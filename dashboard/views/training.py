"""Training: the VAE's loss, its parts, its convention, simpler models and the sweep beside it."""

import streamlit as st

from dashboard import frame, losses, sweep
from dashboard.charts import intervals, training
from store.schema import vae, vae_latent

study = frame.open_page("What does the loss say, and what does it hide?", "vae", "vae-loss")
splits = study.read(vae.SPLIT).tolist()
curves = training.curves_frame(
    splits,
    loss=study.read(vae.LOSS),
    reconstruction=study.read(vae.RECONSTRUCTION_TERM),
    kl_nats=study.read(vae.KL_NATS),
)
st.subheader("The loss, beside the original report's", anchor=False)
about = "Training and held-out loss by epoch, with the original report's first and last figure."
frame.show(study, training.curve_chart, curves, "loss", "loss per image", about, with_original=True)
losses.conventions(study)

names, errors = study.read(vae.BASELINE_NAME).tolist(), study.read(vae.BASELINE_ERROR)
st.subheader("The two parts, apart", anchor=False)
left, right = st.columns(2, gap="large")
with left:
    axis = "squared error per image"
    rules = [(float(row[0]), name) for name, row in zip(names, errors, strict=True)][1:-1]
    about = f"{axis} by epoch"
    frame.show(study, training.curve_chart, curves, "reconstruction", axis, about, rules=rules)
with right:
    axis = "KL, nats per image"
    frame.show(study, training.curve_chart, curves, "kl_nats", axis, f"{axis} by epoch")

st.subheader("Is the VAE better than something simpler?", anchor=False)
table = intervals.estimates_frame(names, errors)
axis = "squared error summed over pixels, held-out images"
frame.show(study, intervals.interval_chart, table, axis, axis, controls=names[1:], zero=True)

st.subheader("How many of the latents carry anything?", anchor=False)
kl, variance = study.read(vae_latent.KL_PER_DIM_NATS), study.read(vae_latent.MEAN_VARIANCE)
latents = training.latents_frame(kl, variance, study.read(vae_latent.ACTIVE_BY_VARIANCE))
frame.show(study, training.latents_chart, latents)
sweep.over_beta(study)
sweep.over_latents(study)
losses.other_losses(study)
frame.method("training")
