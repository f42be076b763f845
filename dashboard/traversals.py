"""Pictures that the decoder makes: along one latent at a time, and from the prior."""

import streamlit as st

from dashboard import frame
from dashboard.charts import pictures
from dashboard.loaders import Study
from store.schema import vae


def section(study: Study) -> None:
    """Draw one strip of pictures per traversed latent, most KL first."""
    st.subheader("What does each latent change?", anchor=False)
    values = study.read(vae.TRAVERSAL_VALUE)
    st.caption(
        f"One latent runs from {values[0]:g} to {values[-1]:g}, left to right; all others stay at "
        f"0. The latent with most KL comes first."
    )
    kl_nats = study.read(vae.KL_PER_DIM_NATS)
    for row, latent in enumerate(study.read(vae.TRAVERSAL_LATENT).tolist()):
        strip = pictures.stacked(list(study.read(vae.TRAVERSAL, row)), across=True)
        uri = pictures.uri(pictures.enlarged(strip, 3 * strip.shape[1]))
        label, picture = st.columns([1, 5], vertical_alignment="center")
        label.markdown(f"**latent {latent}**, {kl_nats[latent]:.2f} nats")
        picture.image(uri, width="stretch", alt=f"Decoded pictures along latent {latent}")
    frame.source(study)


def prior_samples(study: Study) -> None:
    """Draw pictures decoded from the prior."""
    st.subheader("What does the prior make?", anchor=False)
    st.caption("Latents drawn from N(0, I), then decoded: what a new picture would look like.")
    drawn = study.read(vae.PRIOR_SAMPLE)
    tiles = [pictures.uri(pictures.enlarged(picture, 84)) for picture in drawn]
    about = [f"Prior sample {number + 1}" for number in range(len(tiles))]
    st.image(tiles, width=84, alt=about)
    frame.source(study)
