"""Modality gap: whether pictures and words lie apart in the embedding space."""

import streamlit as st

from dashboard import frame, layouts, pickers, wording
from dashboard.charts import gap, intervals
from store.schema import clip

study = frame.open_page("Are pictures and words apart?", "clip", "clip-gap")
st.subheader("How far apart are they?", anchor=False)
names = study.read(clip.METRIC_NAME).tolist()
titles = [wording.titled(name, wording.METRIC_TITLES) for name in names]
table = intervals.estimates_frame(titles, study.read(clip.METRIC))
table["measures"] = study.read(clip.METRIC_ABOUT).tolist()
about = "Gap metrics on held-out images with bootstrap 95 % intervals."
frame.show(intervals.interval_chart(table, "value, no unit", about, zero=True), study)

st.subheader("What does it look like?", anchor=False)
layout = pickers.pick_few("Layout", study.read(clip.LAYOUT).tolist(), "layout")
layouts.caution(study, layout)
layouts.gap_layout(study, layout)

st.subheader("How close are pairs of each kind?", anchor=False)
kinds = study.read(clip.COSINE_KIND).tolist()
cosines = gap.cosine_frame(kinds, study.read(clip.COSINE_EDGE), study.read(clip.COSINE_DENSITY))
frame.show(gap.cosine_chart(cosines), study)

st.subheader("Does one direction separate them?", anchor=False)
st.caption("Every picture and prompt, by its coordinate along the line between the two means.")
strip = gap.axis_frame(study.read(clip.GAP_AXIS_IMAGE), study.read(clip.GAP_AXIS_TEXT))
frame.show(gap.axis_chart(strip), study)
frame.method("modality_gap")
