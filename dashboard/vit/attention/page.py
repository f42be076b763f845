"""Attention: which patches the CLS token attends to, by layer, head and method."""

import streamlit as st

from dashboard.ui import page as ui_page
from dashboard.vit import gallery
from dashboard.vit.attention import sections
from store.schema.vit import attention

study = ui_page.open_page("Where does the CLS token attend?", "vit")
ui_page.statement(study.read(attention.FINDING).tolist())

evidence, controls = st.columns([2.4, 1], gap="large")
with controls:
    choice = sections.pick(study)
with evidence:
    st.subheader(f"{gallery.picture_title(study, choice.image)}: {choice.words}", anchor=False)
    sections.one_picture(study, choice)
    sections.four_methods(study, choice.image)

left, right = st.columns(2, gap="large")
with left:
    sections.concentration(study)
with right:
    sections.sink_layers(study)

st.subheader("Does the model name what is in the picture?", anchor=False)
ui_page.claims(study, "vit-label")
gallery.top_labels(study, choice.image)
ui_page.method("attention")
