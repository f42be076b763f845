"""Resamples of rows, by hand."""

import numpy as np
import pytest

from precompute.clip.bootstrap import draw_resamples


def test_resampled_means_equal_resampling_the_rows():
    values = np.random.default_rng(0).normal(size=(30, 3))
    resamples = draw_resamples(30, 5, np.random.default_rng(1))
    assert (resamples.counts.sum(axis=1) == 30).all()
    by_hand = [np.repeat(values, row, axis=0).mean(axis=0) for row in resamples.counts]
    np.testing.assert_allclose(resamples.means(values), by_hand, atol=1e-6)


@pytest.mark.parametrize("n_rows", [2, 4])
def test_no_resample_is_of_one_row_alone(n_rows):
    counts = draw_resamples(n_rows, 500, np.random.default_rng(0)).counts
    assert (counts.sum(axis=1) == n_rows).all()
    assert ((counts > 0).sum(axis=1) > 1).all()
