"""Accuracies, paired tests and sentences, from probes with planted rights and wrongs."""

import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.multitest import multipletests

from precompute.statistics import share
from precompute.vit.probes.summary import Judged, probes_arrays, without_probes
from store.schema.vit import names, probes

N, DEPTHS = 200, 3
SHAPE = (N, len(names.WEIGHTS), len(names.VIEWS), DEPTHS, len(names.POOLINGS))
CLS, MEAN = 0, 1


def judged(trained_on=False):
    """Right on 20 images everywhere, but trained, whole, after the last layer: 150 and 120."""
    labels = np.arange(N) % 4
    right = np.zeros(SHAPE, bool)
    right[:20] = True
    right[:150, 0, 0, -1, CLS] = True
    right[40:160, 0, 0, -1, MEAN] = True
    right[:40, 0, 0, -1, MEAN] = False
    predicted = np.where(right, labels.reshape(-1, 1, 1, 1, 1), 9)
    return Judged(predicted, labels, 1, 400, 0.5, trained_on)


@pytest.fixture(scope="module")
def arrays():
    return probes_arrays(judged())


def test_accuracies_have_wilsons_interval(arrays):
    accuracy = arrays[probes.PROBE_ACCURACY]
    assert accuracy.shape == (*SHAPE[1:], 3)
    assert accuracy[0, 0, -1, CLS].tolist() == list(share(150, N).row())
    assert accuracy[0, 0, -1, MEAN].tolist() == list(share(120, N).row())
    assert accuracy[1, 2, 0, CLS, 0] == 0.1
    assert arrays[probes.PROBE_CHANCE] == 0.25


def test_poolings_are_compared_image_by_image_with_holm_over_depths(arrays):
    assert arrays[probes.PROBE_ONLY][0, 0, -1].tolist() == [40, 10]  # of 150 and 120, 110 shared
    raw = [1.0, 1.0, binomtest(10, 50).pvalue]
    expected = multipletests(raw, method="holm")[1]
    np.testing.assert_allclose(arrays[probes.PROBE_P_VALUE][0, 0], expected)
    value, low, high = arrays[probes.PROBE_DIFFERENCE][0, 0, -1]
    assert value == pytest.approx(0.15)
    assert 0 < low < value < high


def test_what_training_adds_is_paired_too(arrays):
    gain = arrays[probes.PROBE_GAIN]
    assert gain.shape == (len(names.VIEWS), DEPTHS, len(names.POOLINGS), 3)
    assert gain[0, -1, CLS, 0] == pytest.approx(0.65)
    np.testing.assert_allclose(gain[1, ..., 0], 0)


def test_the_first_sentence_says_which_pooling_is_better_with_one_number(arrays):
    main, layers, masks, training = arrays[probes.PROBE_FINDING]
    assert main == (
        "After the last layer a linear probe names 15.0 points more images right from the CLS "
        "token than from the mean of the patches."
    )
    assert layers.startswith(
        "It is 75% of 200 images from the CLS token and 60% from the mean: +15.0 points (95%"
    )
    assert "clearly ahead in 1 and the mean in 0" in layers
    assert "With 50% of the patches black: patches all over, 10% from" in masks
    assert "Training adds +65.0 points" in training
    assert "itself was trained on" not in training
    assert "itself was trained on" in probes_arrays(judged(True))[probes.PROBE_FINDING][-1]


def test_a_difference_of_nothing_may_be_chance():
    same = judged()
    same.predicted[...] = same.predicted[..., :1]
    arrays = probes_arrays(same)
    assert arrays[probes.PROBE_FINDING][0].endswith(", which may be chance.")
    assert (arrays[probes.PROBE_P_VALUE] == 1).all()


def test_where_there_are_no_probes_the_reason_alone_is_stored():
    assert {spec.path: values.tolist() for spec, values in without_probes("Why.").items()} == {
        probes.PROBE_FINDING.path: ["Why."]
    }
