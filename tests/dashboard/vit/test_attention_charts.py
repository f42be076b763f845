"""A patch that attends alone lights its own square: from the token to the picture."""

import base64
import io
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from dashboard.charts import image_encoding
from dashboard.vit import attention_charts
from precompute.vit.model.classifier import ImageClassifier

ROW, COL, GRID, N_PREFIX = 1, 4, (3, 6), 2  # off the diagonal, on a grid that is not square
BLACK = np.zeros((30, 60, 3), np.uint8)


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


def lit_square(uri):
    """Return the rows and columns, in patches, that glow in a picture of a map over black."""
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))).convert("RGB"))
    tall, wide = picture.shape[0] / GRID[0], picture.shape[1] / GRID[1]
    rows, cols = np.nonzero(picture.sum(axis=-1) > 400)
    return rows.min() / tall, (rows.max() + 1) / tall, cols.min() / wide, (cols.max() + 1) / wide


def test_the_chart_lights_that_very_square(planted):
    figure = attention_charts.attention_map(planted, BLACK)
    ((_, [backdrop]), _) = layers_of(figure)
    assert lit_square(backdrop["url"]) == pytest.approx((ROW, ROW + 1, COL, COL + 1), abs=0.02)
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
    (uri,) = attention_charts.glowing(planted[None], BLACK, side=60)
    assert lit_square(uri) == pytest.approx((ROW, ROW + 1, COL, COL + 1), abs=0.02)


def test_where_the_map_is_zero_the_picture_stays_and_a_higher_value_hides_more_of_it():
    grey = np.full((20, 20, 1), 200, np.uint8)
    values = np.array([[0.0, 0.5], [1.0, np.nan]], np.float32)
    picture = np.asarray(image_encoding.overlaid(grey, values, 20)).astype(int)
    dimmed = round(200 * image_encoding.DIMMED)
    assert (picture[2, 2] == dimmed).all()
    assert (picture[15, 15] == dimmed).all()  # what is left out glows as little
    assert picture[15, 2].sum() > picture[2, 15].sum()
    assert len(set(picture[2, 15])) == 3  # a colour, no grey


def test_patches_left_out_are_not_drawn_and_do_not_set_the_scale(planted):
    values = planted + 0.1
    outliers = planted > 0
    left = attention_charts.left_out(values, outliers)
    assert attention_charts.glow_peak(left) == pytest.approx(0.1)
    figure = attention_charts.attention_map(left, BLACK)
    assert len(layers_of(figure)[-1][1]) == GRID[0] * GRID[1] - 1
    assert "1 patches are left out" in figure.alt


def test_maps_that_are_left_out_whole_can_still_be_drawn(planted):
    left = attention_charts.left_out(planted, np.ones(GRID))
    figure = attention_charts.attention_map(left, BLACK)
    assert "the highest is" not in figure.alt
