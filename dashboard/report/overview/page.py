"""Overview: every claim of the original report, what we found, and the page that shows it."""

import streamlit as st

from dashboard import loaders
from dashboard.report.overview import sections
from dashboard.ui import figures, formatting
from dashboard.ui import page as ui_page

st.title("What did the report claim, and what holds?", anchor=False)

studies, faults = loaders.load_all()
claims = [claim for study in studies.values() for claim in study.store.claims]
if claims:
    st.markdown(f"##### {len(claims)} claims tested: {formatting.tally(claims)}")
st.caption(
    "Claims of a course report about a ViT, a VAE and CLIP, measured again with 95 % intervals and "
    "controls."
)
with st.container(gap="xsmall", key="claims"):
    for study in studies.values():
        for claim in study.store.claims:
            sections.claim_row(claim)
sections.thumbnails(studies)
for error in faults:
    ui_page.store_panel(error)

if claims:
    figures.numbers(sections.claims_frame(claims), "Every claim with its numbers")
    for study in studies.values():
        ui_page.source(study)
ui_page.method("overview")
