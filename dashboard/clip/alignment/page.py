"""Alignment: what an orthogonal map that closes the gap does to the labels."""

import streamlit as st

from dashboard.clip import layouts, shown_images
from dashboard.clip.alignment import sections
from dashboard.ui import page as ui_page
from store.schema.clip import alignment, layout

study = ui_page.open_page("What is closing the gap worth?", "clip", "clip-procrustes")
fit, held_out = int(study.read(alignment.N_FIT)), int(study.read(alignment.N_HELD_OUT))

st.subheader("Does any map label more images right?", anchor=False)
st.caption(f"On {held_out:,} held-out images, the same for every method; 95 % intervals.")
sections.differences(study)

st.subheader("Gap, cosine and score, method by method", anchor=False)
st.caption(
    f"Maps are fitted on {fit:,} images and judged on {held_out:,} others. Controls learn nothing "
    f"true: what they reach owes nothing to meaning. Larger marks have a higher matched cosine."
)
sections.three_axes(study)

st.subheader("What is left beyond the fit?", anchor=False)
sections.beyond_the_fit(study)

st.subheader("How many labelled images does it take?", anchor=False)
sections.few_shots(study)

st.subheader("What does the map move?", anchor=False)
st.caption(
    "Before, after, and after the same map fitted on shuffled pairs: the control moves pictures "
    "onto texts as well. Hover to find a picture in each panel, click to keep it."
)
chosen, _ = layouts.linked_layout(study, study.read(layout.STATE).tolist(), "aligned_layout")
shown_images.neighbours(study, chosen)
with st.expander("The way from before to after", icon=":material/animation:", expanded=True):
    layouts.morph(study)

st.subheader("Which images did each method win or lose?", anchor=False)
sections.flips_by_method(study)

st.subheader("Whose label changed?", anchor=False)
sections.flipped_by(study)

st.subheader("What does moving along the gap cost?", anchor=False)
sections.sweep(study)
ui_page.method("alignment")
