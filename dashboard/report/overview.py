"""Overview, the front page: what holds, four large figures, and every claim as a row."""

import math
from dataclasses import asdict

import pandas as pd
import streamlit as st

from dashboard import loaders, navigation
from dashboard.charts import claim_strip
from dashboard.loaders import StoreError, StoreMissing, Study
from dashboard.report import front_figures
from dashboard.ui import figures, formatting, page_parts
from store.records import Claim

WIDTHS = [0.5, 4.4, 0.9, 2.2, 2.6, 1.2]  # of a claim's columns


def headline(claims: list[Claim]) -> str:
    """Say how many of the claims hold."""
    counts = {verdict: sum(c.verdict == verdict for c in claims) for verdict in formatting.MARKS}
    words = {"supported": "hold", "refuted": "fail", "undecided": "stay open"}
    tally = [f"{counts[verdict]} {words[verdict]}" for verdict in words if counts[verdict]]
    return f"{len(claims)} claims about three vision models, tested: {', '.join(tally)}"


def claim_row(study: Study, claim: Claim) -> None:
    """Draw a claim: study, sentence with a link, value, a strip, the control, the verdict."""
    places = st.columns(WIDTHS, vertical_alignment="center")
    places[0].caption(formatting.STUDY_TITLES[study.name])
    with places[1]:
        sentence = formatting.escaped(claim.sentence)
        try:
            navigation.page_of_claim(claim.id).link(sentence)
        except LookupError as error:  # as of a claim that a later version makes
            st.markdown(sentence)
            st.error(formatting.escaped(str(error.args[0])))
    places[2].markdown(f"**{formatting.escaped(formatting.measured(claim.value, claim.unit))}**")
    with places[3]:
        if not math.isnan(claim.value):
            st.image(claim_strip.uri(claim), width="stretch", alt=claim_strip.about(claim))
    beside = f"n = {claim.n:,}. "
    if not math.isnan(claim.control):
        control = formatting.measured(claim.control, claim.unit)
        beside += f"{formatting.capitalised(claim.control_name)}: {control}"
    places[4].caption(formatting.escaped(beside))
    with places[5]:
        page_parts.verdict_badge(claim.verdict)


def claims_frame(claims: list[Claim]) -> pd.DataFrame:
    """Return one row per claim with everything that its record holds."""
    columns = {"id": "claim", "control_name": "control is", "evidence": "computed from"}
    table = pd.DataFrame([asdict(claim) for claim in claims]).rename(columns=columns)
    order = ["claim", "verdict", "value", "low", "high", "unit", "n", "control", "control is"]
    return table[[*order, "finding", "computed from"]]


def absent(faults: list[StoreError]) -> None:
    """Say which studies a report does not have, and draw why others cannot be shown."""
    lacking = [error for error in faults if isinstance(error, StoreMissing)]
    if lacking and len(lacking) < len(loaders.STUDY_NAMES):
        titles = [formatting.STUDY_TITLES[error.path.stem] for error in lacking]
        st.caption(f"This report has no {' and no '.join(titles)} study.")
        faults = [error for error in faults if error not in lacking]
    for error in faults:
        page_parts.store_panel(error)


def main() -> None:
    """Draw the page."""
    studies, faults = loaders.load_all()
    claims = [(study, claim) for study in studies.values() for claim in study.store.claims]
    every = [claim for _, claim in claims]
    st.title(headline(every) if claims else "Three Lenses on vision models", anchor=False)
    st.markdown(
        "Look inside a ViT, a VAE and CLIP. A course report's claims, measured again on many "
        "images. Every figure opens the page behind it."
    )
    front_figures.draw(studies)
    if claims:
        st.subheader("Every claim", anchor=False)
        st.caption(claim_strip.LEGEND)
        with st.container(gap="xsmall", key="claims"):
            for study, claim in claims:
                claim_row(study, claim)
    absent(faults)
    if claims:
        figures.numbers(claims_frame(every), "Every claim with its numbers")


if __name__ == "__main__":
    main()
