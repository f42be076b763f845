"""Explorer: move a latent by hand and see what the decoder draws, live and without torch."""

import streamlit as st

from dashboard import frame, moving
from store.schema import vae_latent

study = frame.open_page("What does the decoder draw when a latent moves?", "vae")
active = int(study.read(vae_latent.ACTIVE_BY_VARIANCE).sum())
with st.container(border=True):
    st.markdown(
        f"##### {active} of {study.size('latent')} latents change the picture; each has a slider."
    )
start, end = moving.start_and_end(study)
moving.live(study, start, end)
frame.method("explorer")
