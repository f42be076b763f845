"""Pictures that the decoder makes: along one latent at a time, and from the prior."""

import streamlit as st

from dashboard.charts import image_encoding
from dashboard.loaders import Study, kept
from dashboard.ui import page as ui_page
from store.schema.vae import latent_space


@kept(8)
def section(study: Study) -> None:
    """Draw one strip of pictures per traversed latent, most KL first."""
    st.subheader("What does each latent change?", anchor=False)
    values = study.read(latent_space.TRAVERSAL_VALUE)
    st.caption(
        f"One latent runs from {values[0]:g} to {values[-1]:g}, left to right; all others stay at "
        f"0. The latent with most KL comes first."
    )
    kl_nats = study.read(latent_space.KL_PER_DIM_NATS)
    for row, latent in enumerate(study.read(latent_space.TRAVERSAL_LATENT).tolist()):
        strip = image_encoding.stacked(list(study.read(latent_space.TRAVERSAL, row)), across=True)
        uri = image_encoding.uri(image_encoding.enlarged(strip, 3 * strip.shape[1]))
        label, picture = st.columns([1, 5], vertical_alignment="center")
        label.markdown(f"**latent {latent}**, {kl_nats[latent]:.2f} nats")
        picture.image(uri, width="stretch", alt=f"Decoded pictures along latent {latent}")
    ui_page.source(study)


@kept(8)
def prior_samples(study: Study) -> None:
    """Draw pictures decoded from the prior, each over the test images that look most like it."""
    st.subheader("What does the prior make?", anchor=False)
    ranks = study.size("rank")
    st.caption(
        f"Latents drawn from N(0, I), then decoded: what a new picture would look like. Below, "
        f"the {ranks} test images nearest to it and the least squared error to one."
    )
    errors = study.read(latent_space.NEAREST_ERROR)
    tiles, captions = [], []
    for row in range(study.size("prior_sample")):
        column = [study.read(latent_space.PRIOR_SAMPLE, row)]
        column += list(study.read(latent_space.NEAREST_PIXELS, row))
        tiles.append(
            image_encoding.uri(image_encoding.enlarged(image_encoding.stacked(column), 56))
        )
        captions.append(f"{errors[row, 0]:.1f}")
    about = [f"Prior sample {n} over its nearest test images" for n in range(1, len(tiles) + 1)]
    st.image(tiles, caption=captions, width=56, alt=about)
    ui_page.source(study)
