"""The numbers of the modality gap: those of one scale as a chart, all of them as a table."""

import math

import pandas as pd
import streamlit as st

from dashboard.charts import intervals
from dashboard.clip.modality_gap import charts
from dashboard.loaders import Study
from dashboard.ui import formatting
from dashboard.ui import page as ui_page
from store.schema.clip import modality_gap

CONTROL = "control"  # a longer name leaves the chart no room on a phone


def section(study: Study) -> None:
    """Draw every measure with its interval, the claim's control below them, and what each means."""
    st.subheader("How far apart, by every measure?", anchor=False)
    names = study.read(modality_gap.METRIC_NAME).tolist()
    titles = [formatting.titled(name, formatting.METRIC_TITLES) for name in names]
    table = intervals.estimates_frame(titles, study.read(modality_gap.METRIC))
    scaled = table[[name in charts.ON_ONE_SCALE for name in names]]
    claim = study.claim("clip-gap")
    if claim is not None:
        st.caption(formatting.escaped(f"Control: {claim.control_name}, {claim.unit}."))
        control = intervals.estimates_frame([CONTROL], [[claim.control, math.nan, math.nan]])
        scaled = pd.concat([scaled, control])
    chart, axis = intervals.interval_chart, "value, no unit"
    about = "Gap metrics on held-out images with 95 % intervals."
    ui_page.show(study, chart, scaled, axis, about, controls=[CONTROL], zero=True)
    table["measures"] = study.read(modality_gap.METRIC_ABOUT).tolist()
    table["not defined because"] = study.read(modality_gap.METRIC_REASON).tolist()
    st.dataframe(table, hide_index=True, alt=about)
    for title, reason in zip(titles, table["not defined because"], strict=True):
        if reason:
            st.caption(formatting.escaped(f"Not defined here: {title}, for {reason}."))
