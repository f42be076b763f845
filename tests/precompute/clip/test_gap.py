import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.stats import ortho_group

from precompute.clip.cosines import KINDS, cosine_histogram
from precompute.clip.gap import (
    estimate_gap,
    gap_coordinate,
    gap_floor,
    halves_distance,
    measure_gap,
)
from tests.precompute.clip.clouds import DIM, N_CLASSES, make_clouds

# Two images and two texts in a plane, small enough to measure by hand.
IMAGES = np.array([[1.0, 0.0], [0.0, 1.0]])
TEXTS = np.array([[-1.0, 0.0], [0.0, 1.0]])
LABELS = np.array([0, 1])


def clouds_of(seed):
    clouds = make_clouds(seed)
    return clouds.images, clouds.labels, clouds.texts, clouds.texts


def test_four_points_give_the_numbers_of_a_hand_calculation():
    gap = measure_gap(IMAGES, LABELS, TEXTS, TEXTS)
    np.testing.assert_allclose(gap.vector, [1, 0])
    assert gap.distance == 1
    assert gap.centroid_cosine == pytest.approx(0)  # (.5, .5) and (-.5, .5)
    assert gap.matched_cosine == 0  # -1 and 1
    assert gap.unmatched_cosine == 0
    assert gap_floor(IMAGES, TEXTS) == pytest.approx(0)  # both means have length 0.707
    np.testing.assert_allclose(gap_coordinate(IMAGES, gap.vector), [1, 0])


@given(st.integers(0, 300))
def test_cosines_equal_scipys(seed):
    images, labels, texts, prompts = clouds_of(seed)
    gap = measure_gap(images, labels, texts, prompts)
    cosines = 1 - cdist(images, prompts, "cosine")
    own = np.arange(N_CLASSES) == labels[:, None]
    assert gap.matched_cosine == pytest.approx(cosines[own].mean())
    assert gap.unmatched_cosine == pytest.approx(cosines[~own].mean())


@given(st.integers(0, 300))
def test_turning_everything_together_changes_no_number(seed):
    images, labels, texts, prompts = clouds_of(seed)
    turn = ortho_group.rvs(DIM, random_state=seed)
    before = measure_gap(images, labels, texts, prompts)
    after = measure_gap(images @ turn, labels, texts @ turn, prompts @ turn)
    assert after.distance == pytest.approx(before.distance)
    assert after.centroid_cosine == pytest.approx(before.centroid_cosine)
    assert after.matched_cosine == pytest.approx(before.matched_cosine)


def test_intervals_hold_the_value_and_repeat_with_the_seed():
    given_clouds = clouds_of(1)
    first = estimate_gap(*given_clouds, np.random.default_rng(0), 300)
    again = estimate_gap(*given_clouds, np.random.default_rng(0), 300)
    assert first == again
    for name in ("distance", "centroid_cosine", "matched_cosine", "unmatched_cosine"):
        estimate = getattr(first, name)
        assert estimate.low <= estimate.value <= estimate.high
        assert estimate.high - estimate.low > 1e-4


def test_halves_of_one_cloud_lie_close():
    images, *_ = clouds_of(2)
    gap = measure_gap(*clouds_of(2)).distance
    assert halves_distance(images, np.random.default_rng(0)) < 0.2 * gap


def test_rows_that_are_not_unit_are_refused_and_named():
    long = IMAGES * np.array([[1.0], [1.5]])
    with pytest.raises(ValueError, match=r"image embeddings .* row 1 has norm 1\.5"):
        measure_gap(long, LABELS, TEXTS, TEXTS)
    with pytest.raises(ValueError, match="row 0 has norm nan"):
        measure_gap(np.array([[np.nan, 0], [0, 1.0]]), LABELS, TEXTS, TEXTS)


def test_clouds_with_one_mean_have_no_axis():
    with pytest.raises(ValueError, match="gap vector is 0"):
        gap_coordinate(IMAGES, np.zeros(2))


def test_histograms_count_every_pair_once():
    images, labels, texts, prompts = clouds_of(4)
    histogram = cosine_histogram(images, labels, texts, prompts, np.random.default_rng(0))
    assert histogram.density.shape == (len(KINDS), 100)
    np.testing.assert_allclose(histogram.density.sum(axis=1), 1)
    cosines = (images * prompts[labels]).sum(axis=1)
    expected, _ = np.histogram(cosines, histogram.edges)
    np.testing.assert_allclose(histogram.density[0], expected / len(images))
    of_texts = (texts @ texts.T)[np.triu_indices(N_CLASSES, 1)]
    expected, _ = np.histogram(of_texts, histogram.edges)
    np.testing.assert_allclose(histogram.density[3], expected / len(of_texts))


def test_image_pairs_are_of_different_images():
    images = np.eye(DIM)  # every pair of two different ones has cosine 0
    histogram = cosine_histogram(
        images, np.arange(DIM) % 2, images[:2], images[:2], np.random.default_rng(0)
    )
    occupied = histogram.edges[:-1][histogram.density[KINDS.index("image-image")] > 0]
    np.testing.assert_allclose(occupied, [0], atol=1e-9)
