"""Labelled levels: dashed horizontal rules behind a chart, each with its name and value."""

from collections.abc import Sequence
from typing import Literal

import altair as alt
import pandas as pd

from dashboard.charts.colours import INK

ENDS = {"left": 4, "right": "width"}  # where the words begin or end


def level_rules(
    levels: Sequence[tuple[float, str]], axis: str, end: Literal["left", "right"], decimals: int
) -> list[alt.Chart]:
    """Return the layers of levels, (value, label); none without levels.

    axis: the title of the chart's own vertical axis. end: where the label stands.
    """
    if not levels:
        return []
    marks = pd.DataFrame(
        {
            "level": [level for level, _ in levels],
            "label": [f"{label}: {level:.{decimals}f}" for level, label in levels],
        }
    )
    y = alt.Y("level:Q", title=axis)
    rule = alt.Chart(marks).mark_rule(strokeDash=[5, 4], color=INK, strokeWidth=1.5)
    text = alt.Chart(marks).mark_text(align=end, baseline="bottom", dy=-3, color=INK, fontSize=12)
    return [
        rule.encode(y=y, tooltip=["label:N"]),
        text.encode(y=y, x=alt.value(ENDS[end]), text="label:N"),
    ]
