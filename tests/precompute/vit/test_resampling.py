from types import SimpleNamespace

import numpy as np
import pytest

from precompute.statistics import bootstrap_mean, bootstrap_means
from precompute.vit import resampling
from precompute.vit.resampling import mean_intervals, resampling_rng

SETTINGS = SimpleNamespace(seed=0, n_bootstrap=500)


def test_every_cell_is_resampled_together_and_keeps_its_place():
    values = np.random.default_rng(0).gamma(2, size=(40, 3, 2))
    estimate = mean_intervals(values, SETTINGS, resampling.OUTLINE)
    rng = resampling_rng(SETTINGS, resampling.OUTLINE)
    expected = bootstrap_means(values.reshape(40, 6), rng, 500)
    np.testing.assert_allclose(estimate.reshape(6, 3), [one.row() for one in expected], rtol=1e-12)


def test_a_missing_value_leaves_out_one_image_of_one_cell():
    values = np.random.default_rng(0).random((40, 2))
    whole = mean_intervals(values, SETTINGS, resampling.OUTLINE)
    values[3, 1] = np.nan
    estimate = mean_intervals(values, SETTINGS, resampling.OUTLINE)
    np.testing.assert_allclose(estimate[0], whole[0], rtol=1e-12)
    rng = resampling_rng(SETTINGS, resampling.OUTLINE)
    assert tuple(estimate[1]) == bootstrap_mean(values[:, 1], rng, 500).row()


@pytest.mark.parametrize("values", [np.empty((0, 2, 4)), np.full((5, 2, 4), np.nan)])
def test_cells_without_images_stay_nan(values):
    estimate = mean_intervals(values, SETTINGS, resampling.OUTLINE)
    assert estimate.shape == (2, 4, 3)
    assert np.isnan(estimate).all()


def test_one_number_per_image_has_one_interval():
    estimate = mean_intervals(np.arange(9.0), SETTINGS, resampling.MASKING)
    assert estimate.shape == (3,)


def test_no_two_parts_share_their_resamples():
    parts = (resampling.MASKING, resampling.OUTLINE, resampling.FAITHFULNESS, resampling.ATTENTION)
    assert len({resampling_rng(SETTINGS, part).integers(2**62) for part in parts}) == len(parts)


def test_all_cells_share_their_resamples():
    """Drawn anew for each, the resamples of 92 cells would take some 40 times as long as of one."""
    values = np.random.default_rng(0).random((50, 92))
    together = mean_intervals(values, SETTINGS, resampling.ATTENTION)
    alone = [mean_intervals(values[:, n], SETTINGS, resampling.ATTENTION) for n in (0, 91)]
    np.testing.assert_allclose(together[[0, 91]], alone)
