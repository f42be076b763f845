"""Latent space: where test images lie, what each latent changes, what the prior makes."""

import streamlit as st

from dashboard import frame, traversals
from dashboard.charts import scatter, training
from store.schema import vae

study = frame.open_page("What do the latents hold?", "vae")
latents = training.latents_frame(study.read(vae.KL_PER_DIM_NATS), study.read(vae.MEAN_VARIANCE))
active = int((latents["state"] == "active").sum())
with st.container(border=True):
    st.markdown(f"##### {active} of {len(latents)} latents are in use; the rest stay at the prior.")

st.subheader("Do classes lie apart?", anchor=False)
rows = scatter.spread_rows(study.size("image"))
classes = [study.class_name(int(label)) for label in study.read(vae.LABEL)[rows]]
points = scatter.points_frame(study.read(vae.PCA_XY)[rows], classes)
shares = study.read(vae.PCA_VARIANCE_SHARE)
axes = (
    f"principal component 1 ({shares[0]:.0%} of variance)",
    f"principal component 2 ({shares[1]:.0%} of variance)",
)
st.caption(
    f"{len(rows):,} test images, posterior means. Click a class in the legend to see it alone."
)
about = "Test images on the first two principal components of their posterior means."
frame.show(scatter.class_scatter(points, study.class_names, axes, about), study)

traversals.section(study)
traversals.prior_samples(study)

st.subheader("Which latents carry anything?", anchor=False)
frame.show(training.latents_chart(latents), study)
frame.method("latent_space")
