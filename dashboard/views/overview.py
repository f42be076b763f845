"""Overview: every claim of the original report, what we found, and the page that shows it."""

import streamlit as st

from dashboard import cards, figures, frame, loaders, teasers, wording

st.title("What did the report claim, and what holds?", anchor=False)

studies, faults = loaders.load_all()
claims = [claim for study in studies.values() for claim in study.store.claims]
if claims:
    st.markdown(f"##### {len(claims)} claims tested: {wording.tally(claims)}")
st.caption(
    "Claims of a course report about a ViT, a VAE and CLIP, measured again with 95 % intervals and "
    "controls."
)
with st.container(gap="xsmall", key="claims"):
    for study in studies.values():
        for claim in study.store.claims:
            cards.claim_row(claim)
teasers.strip(studies)
for error in faults:
    frame.store_panel(error)

if claims:
    figures.numbers(cards.claims_frame(claims), "Every claim with its numbers")
    for study in studies.values():
        frame.source(study)
frame.method("overview")
