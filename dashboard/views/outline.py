"""Outline: whether attention lies on an object's outline more than its area explains."""

import streamlit as st

from dashboard import frame, wording
from dashboard.charts import intervals
from store.schema import vit

study = frame.open_page("Is attention higher on the outline?", "vit", "vit-outline")
if not study.has(vit.REGION, vit.MEAN_ENRICHMENT, vit.CONTRAST_NAME, vit.CONTRAST):
    st.info(
        "These pictures come without object masks, so nothing says where an outline lies. A data "
        "set with masks, such as Oxford-IIIT Pet, is needed for this page.",
        icon=":material/texture:",
    )
    frame.source(study)
    frame.method("outline")
    st.stop()

regions = study.read(vit.REGION).tolist()
table = intervals.estimates_frame(regions, study.read(vit.MEAN_ENRICHMENT))
st.subheader("Does each region get more attention than its area?", anchor=False)
st.caption(
    f"Mean over {study.size('outlined'):,} pictures, last layer, heads averaged; 95 % interval."
)
frame.show(
    intervals.interval_chart(
        table,
        "attention share divided by area share",
        "Mean attention enrichment of outline, interior and background.",
        marks=[(1.0, "even attention")],
    ),
    study,
)

names = study.read(vit.CONTRAST_NAME).tolist()
table = intervals.estimates_frame(names, study.read(vit.CONTRAST))
st.subheader("Would any map give the same?", anchor=False)
st.caption(
    "Outline minus interior for the picture's own map, beside two controls: the same map shifted "
    "around the picture, and the map of another picture."
)
frame.show(
    intervals.interval_chart(
        table,
        "enrichment on the outline minus on the interior",
        "Outline minus interior enrichment: own map and two controls.",
        marks=[(0.0, "no preference")],
        controls=names[1:],
    ),
    study,
)
st.caption(wording.escaped("Shares and p-values of every picture are in the store."))
frame.method("outline")
