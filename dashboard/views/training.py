"""Training: the VAE's loss, its parts, its convention, simpler models and the sweep beside it."""

import pandas as pd
import streamlit as st

from dashboard import frame, sweep, wording
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
with st.container(border=True):
    st.markdown("**The loss convention.** Without it, two losses cannot be compared.")
    for split, stored in zip(splits, study.read(vae.LOSS_CONVENTION).tolist(), strict=True):
        words = wording.loss_convention(stored)
        st.markdown(f"- {wording.escaped(wording.titled(split, {}))}: {wording.escaped(words)}")
    st.markdown("The same held-out loss, stated otherwise:")
    stated = {"convention": study.read(vae.STATEMENT), "loss": study.read(vae.STATED_LOSS).round(4)}
    st.dataframe(pd.DataFrame(stated), hide_index=True, alt="One loss in several conventions")

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
sweep.other_losses(study)
frame.method("training")
