"""A patch that attends alone lights its own square: from the token to the picture."""

import base64
import io
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from dashboard.vit import attention_charts
from precompute.vit.model.classifier import ImageClassifier

ROW, COL, GRID, N_PREFIX = 1, 4, (3, 6), 2  # off the diagonal, on a grid that is not square


@pytest.fixture
def planted():
    """The map of a model whose CLS token attends to one patch alone."""
    tokens = torch.zeros(N_PREFIX + GRID[0] * GRID[1])
    tokens[N_PREFIX + ROW * GRID[1] + COL] = 1
    return ImageClassifier.lay_out(SimpleNamespace(n_prefix=N_PREFIX, grid=GRID), tokens)


def layers_of(figure):
    spec = figure.chart.to_dict()
    data, shared = spec["datasets"], spec.get("data")  # one layer's data is the chart's own
    return [(layer, data[layer.get("data", shared)["name"]]) for layer in spec["layer"]]


@pytest.mark.parametrize("picture", [None, np.zeros((30, 60, 3), np.uint8)])
def test_the_chart_lights_that_very_square(planted, picture):
    figure = attention_charts.attention_map(
        planted, attention_charts.shared_range(planted), picture=picture
    )
    (layer, rows) = layers_of(figure)[-1]
    (lit,) = [row for row in rows if row["attention"] > 0]
    assert (lit["patch_row"], lit["bottom"]) == (ROW, ROW + 1)
    assert (lit["patch_col"], lit["right"]) == (COL, COL + 1)
    encoded = layer["encoding"]
    assert encoded["y"]["scale"] == {
        "domain": [0, GRID[0]],
        "nice": False,
        "zero": True,
        "reverse": True,
    }  # row 0 on top
    assert (encoded["x"]["field"], encoded["x2"]["field"]) == ("patch_col", "right")
    assert (encoded["y"]["field"], encoded["y2"]["field"]) == ("patch_row", "bottom")
    assert f"row {ROW}, column {COL}" in figure.alt


def test_the_small_map_lights_that_very_square(planted):
    (uri,) = attention_charts.head_pictures(planted[None], own_scale=True, side=60)
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))).convert("RGB"))
    tall, wide = picture.shape[0] // GRID[0], picture.shape[1] // GRID[1]
    bright = picture.sum(axis=-1) > 400  # viridis: 157 at its dark end, 526 at its bright one
    rows, cols = np.nonzero(bright)
    assert (rows.min(), rows.max() + 1) == (ROW * tall, (ROW + 1) * tall)
    assert (cols.min(), cols.max() + 1) == (COL * wide, (COL + 1) * wide)


def test_patches_left_out_are_not_drawn_and_do_not_set_the_scale(planted):
    values = planted + 0.1
    outliers = planted > 0
    left = attention_charts.left_out(values, outliers)
    low, high = attention_charts.shared_range(left)
    assert (low, high) == (0, pytest.approx(0.1))
    figure = attention_charts.attention_map(left, (low, high))
    assert len(layers_of(figure)[-1][1]) == GRID[0] * GRID[1] - 1
    assert "1 patches are left out" in figure.alt


def test_maps_that_are_left_out_whole_can_still_be_drawn(planted):
    left = attention_charts.left_out(planted, np.ones(GRID))
    figure = attention_charts.attention_map(left, attention_charts.shared_range(left))
    assert "the highest is" not in figure.alt
