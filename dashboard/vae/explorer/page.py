"""Explorer: move a latent by hand and see what the decoder draws, live and without torch."""

import streamlit as st

from dashboard.ui import page as ui_page
from dashboard.vae.explorer import sections

study = ui_page.open_page("What does the decoder draw when a latent moves?", "vae")
with st.container(border=True):
    st.markdown(f"##### {sections.sliders_words(study)}")
start, end = sections.start_and_end(study)
sections.live(study, start, end)
ui_page.method("explorer")
