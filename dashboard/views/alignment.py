"""Alignment: what an orthogonal map that closes the gap does to the labels."""

import streamlit as st

from dashboard import frame, layouts, wording
from dashboard.charts import alignment, intervals
from store.schema import clip

study = frame.open_page("What is closing the gap worth?", "clip", "clip-procrustes")
methods = study.read(clip.METHOD).tolist()
titles = [wording.titled(method, wording.METHOD_TITLES) for method in methods]
controls = [wording.titled(m, wording.METHOD_TITLES) for m in methods if "shuffled" in m]
fit, held_out = int(study.read(clip.N_FIT)), int(study.read(clip.N_HELD_OUT))
floor = float(study.read(clip.GAP_FLOOR))

st.subheader("Gap, cosine and accuracy, method by method", anchor=False)
st.caption(
    f"Maps are fitted on {fit:,} images and judged on {held_out:,} others; 95 % intervals. "
    f"The shuffled control has its pairs mixed up: what it reaches owes nothing to meaning."
)
measures = (
    (clip.ALIGNED_GAP, "gap distance, held out", [(floor, f"floor {floor:.3f}")], False),
    (clip.ALIGNED_COSINE, "mean cosine of matching pairs, held out", [], False),
    (clip.ALIGNED_ACCURACY, "share of held-out images labelled right", [], True),
)
for spec, axis, marks, percent in measures:
    table = intervals.estimates_frame(titles, study.read(spec))
    st.markdown(f"**{axis[0].upper()}{axis[1:]}**")
    figure = intervals.interval_chart(
        table, axis, axis, marks=marks, controls=controls, percent=percent, zero=not percent
    )
    frame.show(figure, study)

st.subheader("Which images did each method win or lose?", anchor=False)
counts = alignment.counts_frame(
    titles, study.read(clip.ALIGNED_COUNTS), study.read(clip.ALIGNED_P_VALUE)
)
counts["p_value"] = [wording.p_value(p) for p in counts["p_value"]]
st.dataframe(
    counts.rename(columns={"p_value": "p value"}),
    hide_index=True,
    alt="Held-out images right before and after each method",
)
st.caption("Against no alignment, on the same held-out images; exact McNemar p-values.")
frame.source(study)

layouts.before_and_after(study)
layouts.flipped_pictures(study)
frame.method("alignment")
