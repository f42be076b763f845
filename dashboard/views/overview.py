"""Overview: every claim of the original report, what we found, and the page that shows it."""

import streamlit as st

from dashboard import cards, frame, loaders, teasers, wording

st.title("What did the report claim, and what holds?", anchor=False)

studies, faults = loaders.load_all()
claims = [claim for study in studies.values() for claim in study.store.claims]
if claims:
    st.markdown(f"##### {len(claims)} claims tested: {wording.tally(claims)}")
st.caption(
    "A course report claimed these things about a ViT, a VAE and CLIP. Each is measured again "
    "here, with a 95 % interval and a control, and the verdict is printed whichever way it falls."
)
teasers.strip(studies)

for name, study in studies.items():
    st.subheader(wording.STUDY_TITLES[name], anchor=False)
    st.caption(wording.escaped(f"{study.provenance.model} on {study.provenance.dataset}"))
    for claim in study.store.claims:
        cards.claim_card(claim)
for error in faults:
    frame.store_panel(error)

if claims:
    frame.numbers(cards.claims_frame(claims), "Every claim with its numbers")
    for study in studies.values():
        frame.source(study)
frame.method("overview")
