"""What a histogram counts, and the bars that carry it."""

import numpy as np
import pytest

from dashboard.charts import histograms
from dashboard.clip import modality_gap


def histogram_figures():
    log = histograms.counts_frame({"copy": np.array([0.1, 0.2, 0.2, 0.4])}, log=True)
    values = histograms.counts_frame({"copy": np.array([0.1, np.nan, -0.2, 0.4])})
    shares = np.array([[0, 0.25, 0.5, 0.25]])
    cosines = histograms.bins_frame(["matched"], np.linspace(-1, 1, 5), "share", shares)
    return {
        "values": (histograms.histogram(values, "SSIM", "SSIM."), "images", 3),
        "ratios": (histograms.histogram(log, "ratio", "Ratios.", log=True), "images", 4),
        "cosines": (modality_gap.cosine_chart(cosines), "share", 1),
    }


@pytest.mark.parametrize("name", ["values", "ratios", "cosines"])
def test_a_histogram_counts_everything_once_and_its_bars_stand_on_zero(name):
    figure, column, total = histogram_figures()[name]
    assert figure.numbers[column].sum() == total
    spec = figure.chart.to_dict()
    bars = next(layer for layer in spec.get("layer", [spec]) if layer["mark"]["type"] == "bar")
    assert bars["encoding"]["y"]["field"] == column
    assert bars["encoding"]["y2"] == {"datum": 0}  # without it a bar is a dash at its own height
