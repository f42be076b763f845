"""Which numbers of the gap are defined, and on which rows."""

import numpy as np
import pytest

from precompute.clip.bootstrap import draw_resamples
from precompute.clip.modality_gap.metrics import ROWS_PER_DIMENSION, Clouds, draw_rows, measure_all
from precompute.statistics import covariance, covariance_distance, matrix_root, unit_rows
from tests.support.clouds import N_CLASSES, make_embeddings


def test_a_number_that_is_not_defined_carries_the_reason():
    embeddings = make_embeddings()
    rows = embeddings.held_out
    few = Clouds(
        embeddings.images[rows],
        embeddings.labels[rows],
        embeddings.class_prompts,
        np.arange(N_CLASSES),
        embeddings.class_prompts,
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
        measured = metrics["frechet_covariances"]
        assert np.isfinite(measured.estimate.value) == defined
        assert (measured.reason == "") == defined


def test_few_rows_are_all_looked_at_and_of_many_each_is_drawn_once():
    assert np.array_equal(draw_rows(4000, np.random.default_rng(0)), np.arange(4000))
    sample = draw_rows(9000, np.random.default_rng(0))
    assert len(np.unique(sample)) == len(sample) == 4000
