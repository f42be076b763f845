"""Explorer: move a latent by hand and see what the decoder draws, live and without torch."""

import streamlit as st

from dashboard import frame, moving

study = frame.open_page("What does the decoder draw when a latent moves?", "vae")
with st.container(border=True):
    st.markdown(f"##### {moving.sliders_words(study)}")
start, end = moving.start_and_end(study)
moving.live(study, start, end)
frame.method("explorer")
