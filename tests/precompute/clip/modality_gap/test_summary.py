"""Histograms of cosines: every pair once, and of many a sample."""

import numpy as np

from precompute.clip.modality_gap import summary
from precompute.clip.modality_gap.summary import cosine_histogram
from precompute.statistics import unit_rows
from store.schema.clip.names import COSINE_KINDS, IMAGE_IMAGE
from tests.support.clouds import DIM, N_CLASSES, make_clouds


def clouds_of(seed):
    clouds = make_clouds(seed)
    return clouds.images, clouds.labels, clouds.texts, clouds.texts


def test_histograms_count_every_pair_once():
    images, labels, texts, prompts = clouds_of(4)
    histogram = cosine_histogram(images, labels, texts, prompts, np.random.default_rng(0))
    assert histogram.density.shape == (len(COSINE_KINDS), 100)
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
    monkeypatch.setattr(summary, "SAMPLE", 299)
    result = cosine_histogram(*clouds, np.random.default_rng(0)).density[3]
    assert not np.array_equal(result, every)
    np.testing.assert_allclose(result, every, atol=0.006)  # of 44,850 pairs: four standard errors


def test_image_pairs_are_of_different_images():
    images = np.eye(DIM)  # every pair of two different ones has cosine 0
    histogram = cosine_histogram(
        images, np.arange(DIM) % 2, images[:2], images[:2], np.random.default_rng(0)
    )
    occupied = histogram.edges[:-1][histogram.density[COSINE_KINDS.index(IMAGE_IMAGE)] > 0]
    np.testing.assert_allclose(occupied, [0], atol=1e-9)
