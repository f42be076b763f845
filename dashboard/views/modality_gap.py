"""Modality gap: whether pictures and words lie apart in the embedding space."""

import streamlit as st

from dashboard import frame, layouts, shown, wording
from dashboard.charts import gap, intervals, scatter
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

st.subheader("How far apart, by every measure?", anchor=False)
names = study.read(clip_gap.METRIC_NAME).tolist()
titles = [wording.titled(name, wording.METRIC_TITLES) for name in names]
table = intervals.estimates_frame(titles, study.read(clip_gap.METRIC))
table["measures"] = study.read(clip_gap.METRIC_ABOUT).tolist()
table["not defined because"] = study.read(clip_gap.METRIC_REASON).tolist()
about = "Gap metrics on held-out images with 95 % intervals."
scaled = table[[name in gap.ON_ONE_SCALE for name in names]]
claim = study.claim("clip-gap")
marks = [] if claim is None else [(claim.control, "control")]
if claim is not None:
    st.caption(wording.escaped(f"Dashed: the control, {claim.control_name} ({claim.unit})."))
frame.show(study, intervals.interval_chart, scaled, "value, no unit", about, marks=marks, zero=True)
st.dataframe(table, hide_index=True, alt=about)
for title, reason in zip(titles, table["not defined because"], strict=True):
    if reason:
        st.caption(wording.escaped(f"Not defined here: {title}, for {reason}."))
frame.method("modality_gap")
