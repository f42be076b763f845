"""How images and texts find each other: by hand, and against second implementations."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from precompute.clip.bootstrap import draw_resamples
from precompute.clip.modality_gap import retrieval
from precompute.clip.modality_gap.retrieval import auroc_parts, neighbour_mixing, retrieval_hits
from precompute.statistics import share
from tests.support.clouds import N_CLASSES, make_clouds

# Two images and two texts in a plane, small enough to measure by hand.
IMAGES = np.array([[1.0, 0.0], [0.0, 1.0]])
TEXTS = np.array([[-1.0, 0.0], [0.0, 1.0]])
LABELS = np.array([0, 1])


@pytest.mark.parametrize("held_at_once", [2**25, 4, 1])
def test_retrieval_by_hand(held_at_once, monkeypatch):
    monkeypatch.setattr(retrieval, "BLOCK_SCORES", held_at_once)
    scores = np.array([[0.9, 0.8, 0.1], [0.2, 0.3, 0.4]])
    of_images, of_texts = np.array([1, 1]), np.array([0, 1, 1])
    to_text = retrieval_hits(scores, np.eye(3), of_images, of_texts)
    to_image = retrieval_hits(np.eye(3), scores, of_texts, of_images)
    assert to_text[:, 0].tolist() == [False, True]  # 0.9 is of another class
    assert to_text[:, 1].all()
    assert to_image[:, 0].tolist() == [False, True, True]  # no image of class 0


def test_the_aurocs_interval_is_that_of_resampling_both_kinds_of_pair_with_their_images():
    clouds = make_clouds(3, n=60, spread=2.0)
    cosines, labels = clouds.images @ clouds.texts.T, clouds.labels
    own = np.arange(N_CLASSES) == labels[:, None]
    pairs = np.r_[cosines[own], cosines[~own]]
    truth = np.arange(len(pairs)) < len(labels)
    resamples = draw_resamples(60, 1000, np.random.default_rng(0))
    brute = [
        roc_auc_score(truth, pairs, sample_weight=np.r_[row, np.repeat(row, N_CLASSES - 1)])
        for row in resamples.counts.astype(float)
    ]
    estimate = resamples.estimate_mean(auroc_parts(cosines, labels))
    width = np.subtract(*np.percentile(brute, [97.5, 2.5]))
    assert estimate.high - estimate.low == pytest.approx(width, rel=0.05)
    assert [estimate.low, estimate.high] == pytest.approx(
        np.percentile(brute, [2.5, 97.5]), abs=0.01
    )


def test_more_templates_of_the_same_classes_do_not_narrow_the_interval_of_texts():
    hits = np.array([[True], [True], [False], [True], [False]])
    resamples = draw_resamples(5, 1000, np.random.default_rng(0))
    (once,) = resamples.estimate_shares(hits, np.arange(5))
    (often,) = resamples.estimate_shares(np.repeat(hits, 80, axis=0), np.repeat(np.arange(5), 80))
    assert once.value == pytest.approx(0.6)
    assert vars(often) == pytest.approx(vars(once))
    assert once.high - once.low > 0.5


def test_texts_that_all_hit_are_as_sure_as_their_classes_are_many():
    (estimate,) = draw_resamples(5, 100, np.random.default_rng(0)).estimate_shares(
        np.ones((400, 1), bool), np.arange(400) % 5
    )
    assert vars(estimate) == pytest.approx(vars(share(5, 5)))


@pytest.mark.parametrize(
    ("shares", "n_classes"),
    [((1, 1, 0, 0.5), 4), ((0.9,) * 10, 10)],  # too few to resample; all alike
)
def test_classes_that_are_few_or_alike_are_each_one_draw_and_no_certainty(shares, n_classes):
    hits = np.concatenate([np.arange(10) < 10 * share for share in shares])[:, None]
    resamples = draw_resamples(n_classes, 200, np.random.default_rng(0))
    (estimate,) = resamples.estimate_shares(hits, np.repeat(np.arange(n_classes), 10))
    assert estimate.value == pytest.approx(hits.mean())
    assert vars(estimate) == pytest.approx(vars(share(hits.mean() * n_classes, n_classes)))
    assert estimate.high - estimate.low > 0.3


def test_mixing_is_0_apart_and_1_mixed():
    rng = np.random.default_rng(0)
    images, texts = rng.normal(size=(300, 6)), rng.normal(size=(200, 6))
    assert neighbour_mixing(images, texts).mean() == pytest.approx(1, abs=0.1)
    assert neighbour_mixing(images + 20, texts - 20).max() == 0
