"""Alignment: what an orthogonal map that closes the gap does to the labels."""

import streamlit as st

from dashboard import alignment_tables, frame, layouts, shown
from store.schema import clip_alignment, clip_layout

study = frame.open_page("What is closing the gap worth?", "clip", "clip-procrustes")
fit, held_out = int(study.read(clip_alignment.N_FIT)), int(study.read(clip_alignment.N_HELD_OUT))

st.subheader("Does any map label more images right?", anchor=False)
st.caption(f"On {held_out:,} held-out images, the same for every method; 95 % intervals.")
alignment_tables.differences(study)

st.subheader("Gap, cosine and score, method by method", anchor=False)
st.caption(
    f"Maps are fitted on {fit:,} images and judged on {held_out:,} others. Controls learn nothing "
    f"true: what they reach owes nothing to meaning. Larger marks have a higher matched cosine."
)
alignment_tables.three_axes(study)

st.subheader("What is left beyond the fit?", anchor=False)
alignment_tables.beyond_the_fit(study)

st.subheader("How many labelled images does it take?", anchor=False)
alignment_tables.few_shots(study)

st.subheader("What does the map move?", anchor=False)
st.caption(
    "Before, after, and after the same map fitted on shuffled pairs: the control moves pictures "
    "onto texts as well. Hover to find a picture in each panel, click to keep it."
)
chosen, _ = layouts.linked_layout(study, study.read(clip_layout.STATE).tolist(), "aligned_layout")
shown.neighbours(study, chosen)
with st.expander("The way from before to after", icon=":material/animation:", expanded=True):
    layouts.morph(study)

st.subheader("Which images did each method win or lose?", anchor=False)
alignment_tables.flips_by_method(study)

st.subheader("Whose label changed?", anchor=False)
alignment_tables.flipped_by(study)

st.subheader("What does moving along the gap cost?", anchor=False)
alignment_tables.sweep(study)
frame.method("alignment")
