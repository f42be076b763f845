"""Latent space: where test images lie, what each latent changes, what the prior makes."""

import streamlit as st

from dashboard import navigation
from dashboard.ui import page as ui_page
from dashboard.vae.latent_space import layout, traversals
from dashboard.vae.training import charts as training_charts
from store.schema.vae import latent_space

study = ui_page.open_page("What do the latents hold?", "vae")
by_variance = study.read(latent_space.ACTIVE_BY_VARIANCE)
by_kl = study.read(latent_space.ACTIVE_BY_KL)
with st.container(border=True):
    st.markdown(
        f"##### {by_variance.sum()} of {len(by_variance)} latents are in use by the variance of "
        f"their mean, {by_kl.sum()} by their KL; the rest stay at the prior."
    )
layout.section(study)
traversals.section(study)
navigation.link_to("explorer", "Move the latents yourself")
traversals.prior_samples(study)

st.subheader("Which latents carry anything?", anchor=False)
kl, variance = study.read(latent_space.KL_PER_DIM_NATS), study.read(latent_space.MEAN_VARIANCE)
latents = training_charts.latents_frame(kl, variance, by_variance)
ui_page.show(study, training_charts.latents_chart, latents)
ui_page.method("latent_space")
