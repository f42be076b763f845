"""A claim as a card: one row on a laptop, stacked on a phone."""

import math

import pandas as pd
import streamlit as st

from dashboard import frame, navigation, wording
from store.records import Claim


def claim_card(claim: Claim) -> None:
    """Draw the claim's verdict, the original's evidence, ours with interval, and the link."""
    with st.container(border=True):
        verdict, original, ours, link = st.columns(
            [3.4, 2.2, 3.4, 1.5], gap="small", vertical_alignment="center"
        )
        with verdict:
            frame.verdict_badge(claim.verdict)
            st.markdown(f"**{wording.escaped(claim.sentence)}**")
        with original:
            st.caption("The original's evidence")
            st.markdown(wording.escaped(claim.original[:1].upper() + claim.original[1:]))
        with ours:
            st.caption(f"Measured here: {wording.escaped(claim.unit)}")
            value = wording.with_interval(claim.value, claim.low, claim.high)
            st.markdown(f"**{wording.escaped(value)}**, n = {claim.n:,}")
            st.caption(wording.escaped(control_words(claim)))
        with link:
            navigation.link_to(navigation.EVIDENCE.get(claim.id, "about"), "Evidence")


def control_words(claim: Claim) -> str:
    """Return the control's name and value, or that there is none."""
    if math.isnan(claim.control):
        return "No control applies."
    return f"Control, {claim.control_name}: {wording.number(claim.control)}"


def claims_frame(claims: list[Claim]) -> pd.DataFrame:
    """Return one row per claim with everything that its record holds."""
    rows = [
        {
            "claim": claim.id,
            "verdict": claim.verdict,
            "value": claim.value,
            "low": claim.low,
            "high": claim.high,
            "unit": claim.unit,
            "n": claim.n,
            "control": claim.control,
            "control is": claim.control_name,
            "finding": claim.finding,
            "computed from": claim.evidence,
        }
        for claim in claims
    ]
    return pd.DataFrame(rows)
