"""Attention: which patches the CLS token attends to, per layer and head, or rolled out."""

import streamlit as st

from dashboard import frame, gallery, pickers
from dashboard.charts import attention as charts
from dashboard.charts import pictures
from store.schema import vit

study = frame.open_page("Where does the CLS token attend?", "vit", "vit-label")
evidence, controls = st.columns([2.4, 1], gap="large")
with controls:
    image = gallery.pick_gallery_picture(study)
    method = pickers.pick_few("Method", ("CLS attention", "rollout"), "method")
    rolled = method == "rollout"
    layer, head = (-1, "mean of heads") if rolled else gallery.pick_layer_and_head(study)
    smooth = pickers.switch("Smooth colours", "smooth", "Hover values stay those of the patches.")
    own = pickers.switch("Own colour scale", "own_scale", "Colours from 0 to this map's own peak.")

pixels = study.read(vit.GALLERY_PIXELS, image)
if rolled:
    shown = heads = study.read(vit.ATTENTION_ROLLOUT, image)
    unit = "attention rollout"
else:
    heads = study.read(vit.CLS_ATTENTION, image)[layer].astype("float32")
    shown = charts.one_map(heads, head)
    unit = "attention"
value_range = charts.shown_range(shown if own else heads)
alone = charts.attention_map(shown, value_range, smooth=smooth, unit=unit)
over = charts.attention_map(shown, value_range, picture=pixels, smooth=smooth, unit=unit)

with evidence:
    what = "rollout over all layers" if rolled else f"layer {layer + 1}, {head}"
    st.subheader(f"{gallery.picture_title(study, image)}: {what}", anchor=False)
    with st.container(horizontal=True, gap="medium"):
        seen = pictures.uri(pictures.enlarged(pixels, charts.SIDE))
        with st.container(width=charts.SIDE):
            st.caption("What the model saw")
            st.image(seen, width=charts.SIDE, alt="The picture as the model saw it")
        with st.container(width=charts.SIDE + 50):
            st.caption("Attention alone; hover for values")
            st.altair_chart(alone.fixed, width="content", alt=alone.alt)
        with st.container(width=charts.SIDE + 50):
            st.caption("Attention over the picture")
            st.altair_chart(over.fixed, width="content", alt=over.alt)
    frame.numbers(alone.numbers, alone.alt)
    frame.source(study)
    if not rolled:
        gallery.all_heads(study, heads, layer, own)
    gallery.top_labels(study, image)
frame.method("attention")
