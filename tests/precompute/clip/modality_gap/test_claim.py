"""What is said of the gap, and when the clouds are separate."""

from dataclasses import replace

import numpy as np
import pytest

from precompute.clip.bootstrap import draw_resamples
from precompute.clip.inputs.embeddings import Captions, Embeddings, RandomStreams
from precompute.clip.inputs.split import split_shares
from precompute.clip.inputs.templates import gather
from precompute.clip.modality_gap.claim import gap_claim
from precompute.clip.modality_gap.metrics import Clouds, Metric
from precompute.clip.modality_gap.summary import GapEvidence, gap_arrays, halves_told_apart
from precompute.statistics import Estimate, percent, unit_rows
from tests.support.clouds import DIM, N_CLASSES, make_embeddings

N = 1000


def around(value, half=0.01):
    return Estimate(value, value - half, value + half)


@pytest.mark.parametrize(
    ("distance", "apart", "verdict"),
    [
        (0.4, 0.99, "supported"),
        (0.02, 0.99, "undecided"),
        (0.005, 0.99, "refuted"),
        (0.4, 0.952, "undecided"),  # its interval holds 0.95
        (0.4, 0.7, "refuted"),  # shifted, but they overlap
    ],
)
def test_separate_clouds_lie_further_apart_than_two_halves_and_a_plane_parts_them(
    distance, apart, verdict
):
    values = {"gap_distance": distance, "matched_cosine": 0.3, "unmatched_cosine": 0.2}
    values |= {"relative_gap": 0.5, "separability": apart}
    metrics = tuple(Metric(name, around(value, 0.004), "") for name, value in values.items())
    claim = gap_claim(GapEvidence(metrics, 0.02, 0.51, N, 30, 1.0, 1.0, "photo"))
    assert claim.verdict == verdict
    assert (claim.value, claim.control) == (apart, 0.51)
    assert "51% of two random halves of the images" in claim.finding
    assert f"tells {percent(apart)} of images and texts apart" in claim.finding
    assert "random halves of the images 0.020" in claim.finding


def test_overlapping_clouds_with_a_gap_are_said_to_be_both():
    values = {"gap_distance": 0.4, "separability": 0.87, "relative_gap": 0.5}
    values |= {"matched_cosine": 0.3, "unmatched_cosine": 0.2}
    metrics = tuple(Metric(name, around(value), "") for name, value in values.items())
    finding = gap_claim(GapEvidence(metrics, 0.02, 0.51, N, 30, 1.0, 1.0, "photo")).finding
    assert finding.startswith("The two clouds overlap: a plane tells 87% of images and texts apart")
    assert "There is a gap: the means of" in finding


def near_copies(shift):
    """Twenty texts per class, all near one draw from the class's own images, moved by a shift."""
    rng = np.random.default_rng(0)
    n, n_classes, dim, n_texts = 600, 10, 64, 20
    classes, along = rng.normal(size=(n_classes, dim)), shift * np.eye(dim)[0]
    labels, named = np.arange(n) % n_classes, np.arange(n_classes * n_texts) % n_classes
    images = classes[labels] + rng.normal(size=(n, dim)) + along
    texts = (classes + rng.normal(size=(n_classes, dim)) - along)[named]
    return Embeddings(
        images=unit_rows(images).astype(np.float32),
        labels=labels,
        split=split_shares(labels, 0.4, 0.1, rng),
        scored=np.ones(n, bool),
        texts=unit_rows(texts + 0.05 * rng.normal(size=texts.shape)).astype(np.float32),
        templates=gather(("photo",), ("a photo of {}",), ()),
        class_names=tuple("abcdefghij"),
        captions=Captions(("caption",) * (len(named) - n_classes), named[n_classes:]),
        logit_scale=100.0,
    )


@pytest.mark.parametrize(("shift", "verdict"), [(0, "refuted"), (8, "supported")])
def test_texts_that_are_near_copies_are_no_cloud_of_their_own(shift, verdict):
    result = near_copies(shift)
    resamples = draw_resamples(len(result.held_out), 200, np.random.default_rng(0))
    _, evidence = gap_arrays(result, result.held_out[:10], resamples, RandomStreams(0, 200))
    assert gap_claim(evidence).verdict == verdict
    assert evidence.halves_apart == pytest.approx(0.5, abs=0.1)


def test_halves_of_one_class_have_no_plane():
    clouds = Clouds(np.eye(4), np.zeros(4, int), np.eye(4), np.zeros(4, int), np.eye(4), "photo")
    assert np.isnan(halves_told_apart(clouds, np.random.default_rng(0)))


@pytest.mark.parametrize(("shift", "verdict"), [(0.4, "refuted"), (4.0, "supported")])
def test_clouds_that_are_shifted_and_overlap_are_not_separate(shift, verdict):
    rng = np.random.default_rng(0)
    embeddings = make_embeddings(n=400)
    along = shift * np.eye(DIM)[0]
    texts = unit_rows(rng.normal(size=(len(embeddings.texts) + 200, DIM)) - along)
    captions = Captions(("caption",) * 200, np.resize(np.arange(N_CLASSES), 200))
    images = unit_rows(rng.normal(size=embeddings.images.shape) + along)
    clouds = replace(embeddings, images=images, texts=texts, captions=captions)
    resamples = draw_resamples(len(clouds.held_out), 200, rng)
    _, evidence = gap_arrays(clouds, clouds.held_out[:10], resamples, RandomStreams(0, 200))
    assert evidence.estimate("gap_distance").low > evidence.halves
    assert gap_claim(evidence).verdict == verdict
