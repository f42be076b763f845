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

    # Where a chart says nothing, Streamlit fits axes and legend into the plot's own height, which
    # squeezes rows into each other. Both forms below keep the plot as tall as it was drawn.
    @property
    def wide(self) -> Chart:
        """The chart as wide as its container."""
        # On a phone, a title longer than its axis then runs out of the picture on neither side.
        chart = self.chart.configure_axisX(titleAnchor="end")
        return chart.properties(autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))

    @property
    def fixed(self) -> Chart:
        """The chart with a plot of exactly its own width and height."""
        return self.chart.properties(autosize=alt.AutoSizeParams(type="pad"))
