"""Which heads are marked on the page on outlines."""

import numpy as np

from dashboard.vit import outline


def test_only_heads_beyond_chance_and_above_zero_are_marked():
    gains = np.array([[[0.4, 0.3, 0.5], [-0.4, -0.5, -0.3]], [[0.1, -0.1, 0.3], [0.2, 0.1, 0.3]]])
    figure = outline.heads_chart(gains, np.array([[0.001, 0.001], [0.4, 0.05]]))
    assert figure.numbers["layer"].tolist() == [1, 1, 2, 2]
    (marks,) = [layer for layer in figure.chart.to_dict()["layer"] if "transform" in layer]
    assert marks["transform"] == [{"filter": "datum.q_value <= 0.05 && datum.gain > 0"}]
