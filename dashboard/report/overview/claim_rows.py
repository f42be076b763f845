"""A claim as a row on a laptop, stacked on a phone, so that ten of them stand on one screen."""

import math

import pandas as pd
import streamlit as st

from dashboard import navigation
from dashboard.ui import formatting
from dashboard.ui import page as ui_page
from store.records import Claim


def claim_row(claim: Claim) -> None:
    """Draw the verdict, the claim over its first evidence, our value over its control, a link."""
    verdict, said, measured, link = st.columns(
        [1.2, 4.0, 4.4, 1.3], gap="small", vertical_alignment="center"
    )
    with verdict:
        ui_page.verdict_badge(claim.verdict)
    with said, st.container(gap="xxsmall"):
        st.markdown(f"**{formatting.escaped(claim.sentence)}**")
        st.caption(formatting.escaped(f"Original: {claim.original}"))
    with measured, st.container(gap="xxsmall"):
        value = formatting.with_interval(claim.value, claim.low, claim.high)
        st.markdown(f"**{formatting.escaped(value)}** {formatting.escaped(claim.unit)}")
        st.caption(formatting.escaped(f"n = {claim.n:,}. {control_words(claim)}"))
    with link:
        navigation.link_to(navigation.EVIDENCE.get(claim.id, "about"), "Evidence")


def control_words(claim: Claim) -> str:
    """Return the control's name and value, or that there is none."""
    if math.isnan(claim.control):
        return "No control applies."
    return f"Control {formatting.number(claim.control)}: {claim.control_name}"


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
