"""Latent space: where test images lie, what each latent changes, what the prior makes."""

import streamlit as st

from dashboard import frame, latent_maps, navigation, traversals
from dashboard.charts import training
from store.schema import vae_latent

study = frame.open_page("What do the latents hold?", "vae")
by_variance = study.read(vae_latent.ACTIVE_BY_VARIANCE)
by_kl = study.read(vae_latent.ACTIVE_BY_KL)
with st.container(border=True):
    st.markdown(
        f"##### {by_variance.sum()} of {len(by_variance)} latents are in use by the variance of "
        f"their mean, {by_kl.sum()} by their KL; the rest stay at the prior."
    )
latent_maps.section(study)
traversals.section(study)
navigation.link_to("explorer", "Move the latents yourself")
traversals.prior_samples(study)

st.subheader("Which latents carry anything?", anchor=False)
kl, variance = study.read(vae_latent.KL_PER_DIM_NATS), study.read(vae_latent.MEAN_VARIANCE)
latents = training.latents_frame(kl, variance, by_variance)
frame.show(study, training.latents_chart, latents)
frame.method("latent_space")
