"""What is said of Procrustes, and when it holds."""

from dataclasses import replace

import numpy as np
import pytest

from precompute.clip.alignment.claim import procrustes_claim
from precompute.clip.alignment.measure import (
    NO_GEOMETRY,
    AlignmentEvidence,
    MethodEvidence,
    Shots,
    compare_methods,
)
from precompute.clip.alignment.methods import METHODS, SHOT_METHODS
from precompute.clip.bootstrap import draw_resamples
from precompute.clip.inputs.embeddings import RandomStreams
from precompute.clip.inputs.split import split_shares
from precompute.clip.inputs.templates import gather
from precompute.statistics import Estimate, paired_test, share, unit_rows
from tests.support.clouds import DIM, make_embeddings

N = 1000


def around(value, half=0.01):
    return Estimate(value, value - half, value + half)


def right(n):
    return np.arange(N) < n


@pytest.mark.parametrize(
    ("before", "after", "shuffled", "verdict"),
    [
        (800, 900, 100, "supported"),
        (900, 902, 100, "undecided"),
        (950, 900, 100, "refuted"),
        (800, 900, 899, "undecided"),  # so do shuffled pairs
        (800, 900, 950, "undecided"),
    ],
)
def test_procrustes_must_raise_accuracy_on_held_out_images(before, after, shuffled, verdict):
    claim = procrustes_claim(alignment(before, after, shuffled))
    assert claim.verdict == verdict
    assert (claim.value, claim.control) == (after / N, shuffled / N)
    assert f"shuffled pairs reaches {shuffled / N:.4f}" in claim.finding


@pytest.mark.parametrize(
    ("before", "after", "crossing", "words"),
    [
        (800, 900, 1, "From 1 image per class"),
        (800, 900, 4, "From 4 images per class on its mean over draws is at least"),
        (800, 900, 40, "Only with all fit images is it better"),
        (950, 900, -1, "It stays below no map with any number of images per class"),
        (900, 899, -1, "With all fit images it differs from no map by no more than chance"),
        (900, 901, 4, "a map. With all fit images it differs from no map by no more than chance"),
    ],
)
def test_a_map_catches_up_or_not_by_more_than_chance(before, after, crossing, words):
    finding = procrustes_claim(alignment(before, after, 100, crossing)).finding
    assert words in finding
    assert ("stays below" in finding) == words.startswith("It stays below")


@pytest.mark.parametrize(
    ("after", "shuffled", "words"),
    [
        (0.2, 0.2, "to 0.200, so a smaller gap does not show that meanings align."),
        (0.2, 0.5, "from 0.400 to 0.200, with shuffled pairs to 0.500. No rotation"),
        (0.5, 0.2, "from 0.400 to 0.500, with shuffled pairs to 0.200: it does not close."),
    ],
)
def test_a_gap_is_said_to_close_where_it_does(after, shuffled, words):
    gaps = {"none": 0.4, "procrustes": after, "procrustes_shuffled": shuffled}
    assert words in procrustes_claim(alignment(800, 900, 100, gaps=gaps)).finding


def alignment(before, after, shuffled, crossing=4, gaps=None):
    """Evidence of maps that label so many images right and leave such gaps."""
    counts = dict.fromkeys(METHODS, before)
    counts |= {"procrustes": after, "procrustes_shuffled": shuffled}
    methods = {
        name: method(before, n, (gaps or {}).get(name, np.nan)) for name, n in counts.items()
    }
    shots = Shots(SHOT_METHODS, (4, 40), np.zeros((3, 2, 1)), np.array([crossing, -1, -1]))
    beside = paired_test(right(shuffled), right(after))
    return AlignmentEvidence(methods, {}, beside, shots, np.zeros((1, 3)), 0.02, 400, N)


def method(before, after, gap):
    test = paired_test(right(before), right(after))
    moved = replace(NO_GEOMETRY, gap=around(gap))
    predicted = np.zeros(N, np.int64)
    return MethodEvidence(predicted, share(after, N), around(0.0), test, test.p_value, moved)


def test_leaning_towards_the_larger_class_is_no_alignment():
    rng = np.random.default_rng(0)
    embeddings = make_embeddings(n=1000)
    labels = (rng.random(1000) < 0.1).astype(np.int64)  # images that have nothing to do with them
    images = unit_rows(rng.normal(size=DIM) + 0.5 * rng.normal(size=(1000, DIM)))
    chance = replace(
        embeddings,
        images=images.astype(np.float32),
        labels=labels,
        split=split_shares(labels, 0.4, 0.1, rng),
        texts=unit_rows(rng.normal(size=(2, DIM))).astype(np.float32),
        templates=gather(("photo",), ("a photo of {}",), ()),
        class_names=("a", "b"),
    )
    resamples = draw_resamples(len(chance.held_out), 100, rng)
    evidence = compare_methods(chance, (1,), 1, resamples, RandomStreams(0, 100))
    gain = evidence.methods["procrustes"].against_none
    assert gain.p_value < 0.001
    assert gain.only_second > gain.only_first
    assert procrustes_claim(evidence).verdict == "undecided"
