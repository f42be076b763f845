"""A figure: the chart, the numbers behind it and its description, three views of one thing."""

from dataclasses import dataclass

import altair as alt
import pandas as pd

Chart = alt.Chart | alt.LayerChart | alt.HConcatChart | alt.VConcatChart | alt.FacetChart
CANVAS = {"embedOptions": {"renderer": "canvas"}}  # for scatters: SVG is slow past 2,000 marks


@dataclass(frozen=True)
class Figure:
    """A chart with the table that it draws and a description for those who cannot see it."""

    chart: Chart
    numbers: pd.DataFrame
    alt: str
