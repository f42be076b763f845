"""The datasets of the own model, from passes that are made up so that all is known by hand."""

from dataclasses import replace

import numpy as np
import pytest

from precompute.vae.reconstructions.summary import extreme_arrays, image_arrays
from store.schema.vae import reconstructions
from tests.support.made_up_passes import SETTINGS, SIDE, distance, made_up_passes


@pytest.fixture
def passes():
    return made_up_passes()


def test_the_second_pass_is_judged_by_what_it_changes_and_not_by_the_original(passes):
    """From first to second copy, over original to first copy; never from original to second."""
    labels = np.arange(20) % 2
    arrays = image_arrays(passes, labels, np.zeros(20), SETTINGS)
    expected = distance(passes.first, passes.second) / distance(passes.images, passes.first)
    np.testing.assert_allclose(arrays[reconstructions.SECOND_PASS_RATIO], expected, rtol=1e-5)
    still = replace(passes, second=passes.first)
    assert (
        image_arrays(still, labels, np.zeros(20), SETTINGS)[reconstructions.SECOND_PASS_RATIO] == 0
    ).all()
    np.testing.assert_allclose(
        arrays[reconstructions.SQUARED_ERROR], distance(passes.images, passes.first), rtol=1e-5
    )
    length = np.linalg.norm(passes.mean, axis=1)
    moved = np.linalg.norm(passes.second_mean - passes.mean, axis=1)
    np.testing.assert_allclose(arrays[reconstructions.LATENT_DRIFT], moved / length, rtol=1e-5)


def test_the_extremes_are_the_largest_and_the_least_errors_from_the_outside_in(passes):
    error = distance(passes.images, passes.first)
    arrays = extreme_arrays(passes, error, 3)
    order = np.argsort(error)
    rows = arrays[reconstructions.EXTREME_IMAGE].tolist()
    assert rows == [*order[::-1][:3], *order[:3]]
    assert arrays[reconstructions.EXTREME_IS_WORST].tolist() == [1, 1, 1, 0, 0, 0]
    of_first = np.rint(passes.images[rows[0]].reshape(SIDE, SIDE) * 255)
    np.testing.assert_array_equal(arrays[reconstructions.EXTREME_PIXELS][0], of_first)
    copies = arrays[reconstructions.EXTREME_RECONSTRUCTION].reshape(6, -1)
    np.testing.assert_array_equal(copies, passes.first[rows])


def test_no_image_is_both_worst_and_best(passes):
    arrays = extreme_arrays(passes.head(5), distance(passes.images, passes.first)[:5], 8)
    rows = arrays[reconstructions.EXTREME_IMAGE].tolist()
    assert len(rows) == len(set(rows)) == 4
