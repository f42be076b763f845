"""Attention: which patches the CLS token attends to, by layer, head and method."""

import streamlit as st

from dashboard import attention_maps, frame, gallery
from store.schema import attention

study = frame.open_page("Where does the CLS token attend?", "vit")
frame.statement(study.read(attention.FINDING).tolist())

evidence, controls = st.columns([2.4, 1], gap="large")
with controls:
    choice = attention_maps.pick(study)
with evidence:
    st.subheader(f"{gallery.picture_title(study, choice.image)}: {choice.words}", anchor=False)
    attention_maps.one_picture(study, choice)
    attention_maps.four_methods(study, choice.image)

left, right = st.columns(2, gap="large")
with left:
    attention_maps.concentration(study)
with right:
    attention_maps.sink_layers(study)

st.subheader("Does the model name what is in the picture?", anchor=False)
frame.claims(study, "vit-label")
gallery.top_labels(study, choice.image)
frame.method("attention")
