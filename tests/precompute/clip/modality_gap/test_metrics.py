"""The gap's numbers: by hand, by law, and against second implementations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.stats import ortho_group
from sklearn.metrics import roc_auc_score

from precompute.clip.alignment.maps import unit_rows
from precompute.clip.bootstrap import draw_resamples
from precompute.clip.modality_gap import cosines
from precompute.clip.modality_gap.cloud_shape import covariance, covariance_distance, matrix_root
from precompute.clip.modality_gap.cosines import KINDS, cosine_histogram
from precompute.clip.modality_gap.measure import (
    estimate_gap,
    gap_coordinate,
    gap_floor,
    halves_distance,
    measure_gap,
    require_unit_rows,
)
from precompute.clip.modality_gap.metrics import ROWS_PER_DIMENSION, Clouds, draw_rows, measure_all
from precompute.clip.modality_gap.retrieval import auroc_parts, margin
from tests.support.clouds import DIM, N_CLASSES, make_clouds, make_found

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
    assert gap.matched_distance == 1  # 2 and 0
    # d = (1 - cos) / 2: pairs 1 and 0, mean 1/2; images 1/2, texts 1/2. RMG = .5 / (.5 + .5).
    assert gap.rmg == pytest.approx(0.5)
    assert gap_floor(IMAGES, TEXTS) == pytest.approx(0)  # both means have length 0.707
    np.testing.assert_allclose(gap_coordinate(IMAGES, gap.vector), [1, 0])


def test_the_relative_gap_of_three_images_by_hand():
    images = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    # Own prompts (-1, 0), (0, 1), (0, 1): cosines -1, 1, .8, so d = 1, 0, .1 and their mean 1.1/3.
    # Between images: cosines 0, .6, .8, so d = .5, .2, .1, mean .8/3. Between prompts: d = .5.
    pairs, within = 1.1 / 3, (0.8 / 3 + 0.5) / 2
    found = measure_gap(images, np.array([0, 1, 1]), TEXTS, TEXTS).rmg
    assert found == pytest.approx(pairs / (pairs + within), abs=1e-12)


@given(st.integers(0, 300))
def test_the_relative_gap_equals_all_pairs_one_by_one(seed):
    images, labels, texts, prompts = clouds_of(seed)

    def apart(a, b):
        return cdist(a, b, "cosine") / 2

    matched = apart(images, prompts)[np.arange(len(labels)), labels].mean()
    within = [apart(x, x)[~np.eye(len(x), dtype=bool)].mean() for x in (images, prompts)]
    expected = matched / (matched + np.mean(within))
    assert measure_gap(images, labels, texts, prompts).rmg == pytest.approx(expected)


@given(st.integers(0, 300))
def test_cosines_equal_scipys(seed):
    images, labels, texts, prompts = clouds_of(seed)
    gap = measure_gap(images, labels, texts, prompts)
    cosines = 1 - cdist(images, prompts, "cosine")
    own = np.arange(N_CLASSES) == labels[:, None]
    assert gap.matched_cosine == pytest.approx(cosines[own].mean())
    assert gap.unmatched_cosine == pytest.approx(cosines[~own].mean())
    unmatched = cosines[~own]
    truth = np.r_[np.ones(len(labels)), np.zeros(len(unmatched))]
    expected = roc_auc_score(truth, np.r_[cosines[own], unmatched])
    assert auroc_parts(cosines, labels).mean() == pytest.approx(expected)
    runner_up = np.where(own, -9, cosines).max(axis=1)
    np.testing.assert_allclose(margin(cosines, labels), cosines[own] - runner_up)


@given(st.integers(0, 300))
def test_turning_everything_together_changes_no_number(seed):
    images, labels, texts, prompts = clouds_of(seed)
    turn = ortho_group.rvs(DIM, random_state=seed)
    before = measure_gap(images, labels, texts, prompts)
    after = measure_gap(images @ turn, labels, texts @ turn, prompts @ turn)
    for name in ("distance", "centroid_cosine", "matched_cosine", "matched_distance", "rmg"):
        assert getattr(after, name) == pytest.approx(getattr(before, name))


def test_intervals_hold_the_value_and_repeat_with_the_seed():
    clouds = clouds_of(1)
    first, again = (
        estimate_gap(*clouds, draw_resamples(200, 300, np.random.default_rng(0))) for _ in range(2)
    )
    assert first == again
    for estimate in vars(first).values():
        assert estimate.low <= estimate.value <= estimate.high
        assert estimate.high - estimate.low > 1e-4


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


def test_halves_of_one_cloud_lie_close():
    images, *_ = clouds_of(2)
    gap = measure_gap(*clouds_of(2)).distance
    assert halves_distance(images, np.random.default_rng(0)) < 0.2 * gap


def test_rows_that_are_not_unit_are_refused_and_named():
    long = IMAGES * np.array([[1.0], [1.5]])
    with pytest.raises(ValueError, match=r"image embeddings .* row 1 has norm 1\.5"):
        require_unit_rows("image", long)
    with pytest.raises(ValueError, match="text embeddings"):
        require_unit_rows("text", np.full((2, 2), np.nan))


def test_one_point_per_modality_has_no_gap_direction():
    with pytest.raises(ValueError, match="gap vector is 0"):
        gap_coordinate(IMAGES, np.zeros(2))


def test_a_number_that_is_not_defined_carries_the_reason():
    found = make_found()
    rows = found.held_out
    few = Clouds(
        found.images[rows],
        found.labels[rows],
        found.class_prompts,
        np.arange(N_CLASSES),
        found.class_prompts,
        "photo",
    )
    resamples = draw_resamples(len(rows), 50, np.random.default_rng(0))
    of_classes = draw_resamples(N_CLASSES, 50, np.random.default_rng(0))
    metrics = {m.name: m for m in measure_all(few, resamples, of_classes, np.random.default_rng(0))}
    assert np.isnan(metrics["frechet_covariances"].estimate.value)
    assert "5 " in metrics["frechet_covariances"].reason
    defined = [m for m in metrics.values() if not m.reason]
    assert all(np.isfinite(m.estimate.value) for m in defined)
    assert len(defined) == len(metrics) - 1


@pytest.mark.parametrize("dim", [16, 64])
def test_a_covariance_distance_is_defined_where_sampling_makes_little_of_it(dim):
    rng = np.random.default_rng(0)
    n = ROWS_PER_DIMENSION * dim
    first, second = (covariance(rng.normal(size=(n, dim))) for _ in range(2))
    assert covariance_distance(first, matrix_root(second)) < dim / 10
    images, texts = (unit_rows(rng.normal(size=(n, dim))) for _ in range(2))
    labels = np.arange(n) % N_CLASSES
    given = tuple(draw_resamples(size, 20, rng) for size in (n, N_CLASSES))
    few, many = (
        Clouds(images, labels, texts[:n_texts], labels[:n_texts], texts[:N_CLASSES], "photo")
        for n_texts in (n - 1, n)
    )
    for clouds, defined in ((few, False), (many, True)):
        metrics = {m.name: m for m in measure_all(clouds, *given, np.random.default_rng(0))}
        found = metrics["frechet_covariances"]
        assert np.isfinite(found.estimate.value) == defined
        assert (found.reason == "") == defined


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


def test_drawn_pairs_of_texts_are_spread_as_all_pairs_are(monkeypatch):
    clouds = (*clouds_of(4)[:2], unit_rows(np.random.default_rng(1).normal(size=(300, DIM))))
    clouds = (*clouds, clouds[2][:N_CLASSES])
    every = cosine_histogram(*clouds, np.random.default_rng(0)).density[3]
    monkeypatch.setattr(cosines, "SAMPLE", 299)
    drawn = cosine_histogram(*clouds, np.random.default_rng(0)).density[3]
    assert not np.array_equal(drawn, every)
    np.testing.assert_allclose(drawn, every, atol=0.006)  # of 44,850 pairs: four standard errors


def test_few_rows_are_all_looked_at_and_of_many_each_is_drawn_once():
    assert np.array_equal(draw_rows(4000, np.random.default_rng(0)), np.arange(4000))
    drawn = draw_rows(9000, np.random.default_rng(0))
    assert len(np.unique(drawn)) == len(drawn) == 4000


def test_image_pairs_are_of_different_images():
    images = np.eye(DIM)  # every pair of two different ones has cosine 0
    histogram = cosine_histogram(
        images, np.arange(DIM) % 2, images[:2], images[:2], np.random.default_rng(0)
    )
    occupied = histogram.edges[:-1][histogram.density[KINDS.index("image-image")] > 0]
    np.testing.assert_allclose(occupied, [0], atol=1e-9)
