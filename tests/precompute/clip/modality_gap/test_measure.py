"""The gap's numbers: by hand, by law, and against second implementations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist
from scipy.stats import ortho_group
from sklearn.metrics import roc_auc_score

from precompute.clip.bootstrap import draw_resamples
from precompute.clip.modality_gap.measure import (
    class_gaps,
    effective_rank,
    estimate_gap,
    gap_coordinate,
    gap_floor,
    halves_distance,
    kernel_distance,
    measure_gap,
    require_unit_rows,
    scaled_gap,
    share_along,
    uniformity,
)
from precompute.clip.modality_gap.retrieval import auroc_parts, margin
from precompute.statistics import covariance, covariance_distance, matrix_root, unit_rows
from tests.support.clouds import DIM, N_CLASSES, make_clouds

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
    measured = measure_gap(images, np.array([0, 1, 1]), TEXTS, TEXTS).rmg
    assert measured == pytest.approx(pairs / (pairs + within), abs=1e-12)


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


def test_in_embedding_lengths_the_gap_of_unit_rows_is_the_gap_distance():
    images, labels, texts, prompts = clouds_of(0)
    resamples = draw_resamples(len(images), 300, np.random.default_rng(0))
    scaled = scaled_gap(images, texts, resamples)
    plain = estimate_gap(images, labels, texts, prompts, resamples).distance
    np.testing.assert_allclose(scaled.row(), plain.row(), rtol=1e-5)


def test_no_common_scale_changes_the_gap_in_embedding_lengths_but_other_norms_do():
    images, _, texts, _ = clouds_of(1)
    resamples = draw_resamples(len(images), 300, np.random.default_rng(0))
    plain = scaled_gap(images, texts, resamples)
    larger = scaled_gap(7 * images, 7 * texts, resamples)
    np.testing.assert_allclose(larger.row(), plain.row(), rtol=1e-4)
    assert scaled_gap(7 * images, texts, resamples).value != pytest.approx(plain.value, rel=0.05)


def test_two_points_give_the_scaled_gap_of_a_hand_calculation():
    images, texts = np.array([[3.0, 0.0], [3.0, 0.0]]), np.array([[0.0, 4.0]])
    resamples = draw_resamples(2, 10, np.random.default_rng(0))
    # Means 5 apart; the squared lengths are 9 and 16, so their root mean square is sqrt(12.5).
    assert scaled_gap(images, texts, resamples).value == pytest.approx(5 / np.sqrt(12.5))


def test_each_class_has_the_gap_that_was_planted_in_it():
    rng = np.random.default_rng(0)
    labels, text_labels = np.repeat([0, 1, 2], 400), np.repeat([0, 1, 2], 20)
    centres = np.eye(3, 8)
    shift = np.zeros((3, 8))
    shift[:, 5] = (0.0, 0.5, 2.0)
    images = centres[labels] + shift[labels] + 0.02 * rng.standard_normal((1200, 8))
    texts = centres[text_labels]
    resamples = draw_resamples(1200, 500, rng)
    gaps = class_gaps(images, labels, texts, text_labels, 4, resamples)
    for gap, planted in zip(gaps, (0.0, 0.5, 2.0), strict=False):
        assert gap.value == pytest.approx(planted, abs=0.006)
        assert gap.high - gap.low < 0.006
    assert np.isnan(gaps[3].value)  # a class without images
