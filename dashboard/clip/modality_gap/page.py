"""Modality gap: whether pictures and words lie apart in the embedding space."""

import streamlit as st

from dashboard.charts import scatter
from dashboard.clip import layouts, shown_images
from dashboard.clip.layout_charts import NO_IMAGE
from dashboard.clip.modality_gap import charts, sections
from dashboard.ui import page as ui_page
from store.schema.clip import modality_gap

study = ui_page.open_page("Are pictures and words apart?", "clip", "clip-gap")
st.subheader("What does it look like?", anchor=False)
chosen, highlight = layouts.linked_layout(study, ["none"], "gap_layout")
shown_images.neighbours(study, chosen)

st.subheader("Does one direction separate them?", anchor=False)
st.caption("Pictures and texts, by their coordinate along the line between the two means.")
along, drawn = study.read(modality_gap.GAP_AXIS_IMAGE), scatter.spread_rows(study.size("shown"))
texts, (of_images, of_texts) = shown_images.drawn_texts(study, chosen), shown_images.classes(study)
strip = charts.axis_frame(
    along[drawn],
    study.read(modality_gap.GAP_AXIS_TEXT)[texts],
    [of_images[row] for row in drawn],
    [of_texts[row] for row in texts],
)
shown_images.say_how_many(study, len(drawn), len(texts))
at = None if chosen == NO_IMAGE else float(along[chosen])
ui_page.show(study, charts.axis_chart, strip, highlight, at)

st.subheader("How close are pairs of each kind?", anchor=False)
kinds = study.read(modality_gap.COSINE_KIND).tolist()
cosines = charts.cosine_frame(
    kinds, study.read(modality_gap.COSINE_EDGE), study.read(modality_gap.COSINE_DENSITY)
)
own = study.read(modality_gap.MATCHED_COSINE_SHOWN)
ui_page.show(
    study, charts.cosine_chart, cosines, None if chosen == NO_IMAGE else float(own[chosen])
)

sections.section(study)
ui_page.method("modality_gap")
