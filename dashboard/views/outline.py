"""Outline: whether attention lies on an object's outline more than its area explains."""

import streamlit as st

from dashboard import frame, outline_sections
from store.schema import outline

study = frame.open_page("Is attention higher on the outline?", "vit", "vit-outline")
if not study.has(*outline.ARRAYS):
    st.info(
        "These pictures come without object masks, so nothing says where an outline lies. A data "
        "set with masks, such as Oxford-IIIT Pet, or a folder of masks beside the folder of "
        "pictures, is needed for this page.",
        icon=":material/texture:",
    )
    frame.source(study)
    frame.method("outline")
    st.stop()

outline_sections.regions(study)
outline_sections.nulls(study)
outline_sections.causal(study)
outline_sections.heads(study)
frame.method("outline")
