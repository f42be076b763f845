"""Modality gap: whether pictures and words lie apart in the embedding space."""

import streamlit as st

from dashboard import frame, gap_measures, layouts, shown
from dashboard.charts import gap, scatter
from dashboard.charts.points import NO_IMAGE
from store.schema import clip_gap

study = frame.open_page("Are pictures and words apart?", "clip", "clip-gap")
st.subheader("What does it look like?", anchor=False)
chosen, highlight = layouts.linked_layout(study, ["none"], "gap_layout")
shown.neighbours(study, chosen)

st.subheader("Does one direction separate them?", anchor=False)
st.caption("Pictures and texts, by their coordinate along the line between the two means.")
along, drawn = study.read(clip_gap.GAP_AXIS_IMAGE), scatter.spread_rows(study.size("shown"))
texts, (of_images, of_texts) = shown.drawn_texts(study, chosen), shown.classes(study)
strip = gap.axis_frame(
    along[drawn],
    study.read(clip_gap.GAP_AXIS_TEXT)[texts],
    [of_images[row] for row in drawn],
    [of_texts[row] for row in texts],
)
shown.say_how_many(study, len(drawn), len(texts))
at = None if chosen == NO_IMAGE else float(along[chosen])
frame.show(study, gap.axis_chart, strip, highlight, at)

st.subheader("How close are pairs of each kind?", anchor=False)
kinds = study.read(clip_gap.COSINE_KIND).tolist()
cosines = gap.cosine_frame(
    kinds, study.read(clip_gap.COSINE_EDGE), study.read(clip_gap.COSINE_DENSITY)
)
own = study.read(clip_gap.MATCHED_COSINE_SHOWN)
frame.show(study, gap.cosine_chart, cosines, None if chosen == NO_IMAGE else float(own[chosen]))

gap_measures.section(study)
frame.method("modality_gap")
