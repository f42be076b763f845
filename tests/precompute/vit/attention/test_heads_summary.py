"""What the store keeps of heads, and the sentences: planted heads that differ, and that do not."""

from types import SimpleNamespace

import numpy as np

from precompute.vit.attention.heads_summary import heads_arrays
from store.schema.vit import attention, names

N, LAYERS, HEADS = 30, 2, 3
SETTINGS = SimpleNamespace(seed=0, n_bootstrap=200)


def measured(divergence, change, heads=HEADS):
    """Measures of every picture; divergence and change: (LAYERS,) of the planted heads."""
    values = np.zeros((N, len(names.HEAD_MEASURES), LAYERS, heads))
    values[:, 0], values[:, 1] = 2.0, np.arange(heads) + 5.0
    noise = np.random.default_rng(0).normal(0, 0.01, (N, LAYERS, heads))
    values[:, 2] = np.array(divergence)[:, None] + noise
    values[:, 3] = np.array(change)[:, None] + noise
    maps = np.ones((4, LAYERS, heads, 2, 2))
    return {"heads": values, "map_sum": maps}


def test_each_measure_is_a_mean_over_pictures_that_its_interval_holds():
    arrays = heads_arrays(measured([0.2, 0.6], [0.3, 0.1]), measured([0.1, 0.1], [0, 0]), SETTINGS)
    layers = arrays[attention.LAYER_HEADS]
    assert layers.shape == (4, LAYERS, 3)
    np.testing.assert_allclose(layers[2, :, 0], [0.2, 0.6], atol=0.01)
    assert (layers[..., 1] <= layers[..., 0]).all()
    assert (layers[..., 0] <= layers[..., 2]).all()
    np.testing.assert_allclose(
        arrays[attention.HEADS][..., 0].mean(axis=-1), layers[..., 0], rtol=1e-5
    )
    np.testing.assert_allclose(arrays[attention.HEAD_MEAN_MAP], 4 / N)


def test_the_sentence_names_the_layer_that_differs_most_and_the_null():
    arrays = heads_arrays(measured([0.2, 0.6], [0.3, 0.1]), measured([0.1, 0.1], [0, 0]), SETTINGS)
    differ, distance = arrays[attention.HEAD_FINDING]
    assert differ.startswith(
        "Heads of layer 2 differ by 0.60 bits, those of the untrained model by 0.1. 0 bits is"
    )
    assert "(95% interval 0.60 to 0.60, 30 images)" in differ
    assert "on two pictures differs there by 0.10 bits; in 1 of 2 layers heads differ" in differ
    assert distance.startswith("Patches attend 5.0 to 7.0 px away on average, by head")


def test_one_head_per_layer_cannot_differ():
    one = measured([np.nan] * 2, [0.1, 0.1], heads=1)
    arrays = heads_arrays(one, one, SETTINGS)
    assert arrays[attention.HEAD_FINDING][0].startswith("Each layer has one head")
    assert np.isnan(arrays[attention.LAYER_HEADS][2]).all()
    assert np.isfinite(arrays[attention.LAYER_HEADS][3]).all()
