"""How spread the clouds are: by hand, by law, and against second implementations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist

from precompute.clip.alignment.maps import unit_rows
from precompute.clip.modality_gap.cloud_shape import (
    covariance,
    covariance_distance,
    effective_rank,
    kernel_distance,
    matrix_root,
    share_along,
    uniformity,
)
from tests.support.clouds import make_clouds

# Two images and two texts in a plane, small enough to measure by hand.
IMAGES = np.array([[1.0, 0.0], [0.0, 1.0]])
TEXTS = np.array([[-1.0, 0.0], [0.0, 1.0]])
LABELS = np.array([0, 1])


def test_spread_by_hand():
    cosines = np.eye(2)  # two rows at a right angle: squared distance 2
    assert uniformity(cosines) == pytest.approx(-4)
    assert effective_rank(np.diag([4.0, 4.0, 0.0])) == pytest.approx(2)
    assert effective_rank(np.diag([1.0, 0.0])) == pytest.approx(1)
    assert share_along(np.diag([3.0, 1.0]), np.array([2.0, 0.0])) == pytest.approx(0.75)
    # Commuting covariances: sum of (sqrt a - sqrt b)^2.
    root = matrix_root(np.diag([1.0, 9.0]))
    assert covariance_distance(np.diag([4.0, 1.0]), root) == pytest.approx(1 + 4)


@pytest.mark.parametrize("n_rows", [2, 10, 40])
def test_a_few_rows_in_many_dimensions_have_at_most_one_direction_less_than_rows(n_rows):
    rows = unit_rows(np.random.default_rng(0).normal(size=(n_rows, 512)) + 3).astype(np.float32)
    assert n_rows / 2 < effective_rank(covariance(rows)) + 1 <= n_rows + 1e-9
    # K axes of one length, centred: K - 1 equal directions.
    assert effective_rank(covariance(np.eye(n_rows, 512))) == pytest.approx(n_rows - 1)


@given(st.integers(0, 100))
def test_covariance_distance_equals_the_matrix_root(seed):
    rng = np.random.default_rng(seed)
    a, b = (np.cov(rng.normal(size=(40, 4)) @ rng.normal(size=(4, 4)), rowvar=False) for _ in "ab")
    expected = np.trace(a + b - 2 * np.real(sqrtm(a @ b)))
    assert covariance_distance(a, matrix_root(b)) == pytest.approx(expected, rel=1e-6, abs=1e-8)


def test_a_resample_counts_as_its_rows_do_without_pairs_of_one_row_with_itself():
    rows = make_clouds(0, n=12).images
    counts = np.array([[3, 1, 0, 2, 1, 1, 1, 0, 1, 1, 1, 0]], np.uint8)
    which = np.repeat(np.arange(12), counts[0])
    different = which[:, None] != which
    cosines = rows @ rows.T
    pairs = np.exp(4 * cosines[np.ix_(which, which)] - 4)[different]
    assert uniformity(cosines, counts)[0] == pytest.approx(np.log(pairs.mean()))
    np.testing.assert_allclose(
        covariance(rows, counts[0]), np.cov(rows[which], rowvar=False), atol=1e-12
    )


def test_the_kernel_distance_is_0_for_one_cloud_and_equals_a_loop():
    rng = np.random.default_rng(0)
    images, texts = rng.normal(size=(60, 4)), rng.normal(size=(50, 4))
    assert abs(kernel_distance(images, texts)) < 0.02
    far = kernel_distance(images, texts + 3)
    rows = np.vstack([images, texts + 3])
    squared = cdist(rows, rows, "sqeuclidean")
    kernel = np.exp(-squared / (2 * np.median(squared[np.triu_indices(110, 1)])))
    xx, yy = kernel[:60, :60], kernel[60:, 60:]
    mean = [(k.sum() - len(k)) / (len(k) * (len(k) - 1)) for k in (xx, yy)]
    assert far == pytest.approx(sum(mean) - 2 * kernel[:60, 60:].mean(), rel=1e-4)
    assert far > 0.3
