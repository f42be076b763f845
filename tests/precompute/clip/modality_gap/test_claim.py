"""What is said of the gap and of texts inside the cloud of images, on planted sets."""

import numpy as np
import pytest

from precompute.claims import FEWEST_IMAGES, undecided_on_few
from precompute.clip.bootstrap import draw_resamples
from precompute.clip.inputs.embeddings import Captions, Embeddings, RandomStreams
from precompute.clip.inputs.split import split_shares
from precompute.clip.inputs.templates import gather
from precompute.clip.modality_gap.claim import gap_claim, inside_claim
from precompute.clip.modality_gap.metrics import Metric
from precompute.clip.modality_gap.summary import GapEvidence, gap_arrays
from precompute.statistics import Estimate, unit_rows
from store.schema.clip import names

N, K, DIM, N_TEXTS = 900, 10, 64, 20


def around(value, half=0.01):
    return Estimate(value, value - half, value + half)


def evidence(gap=0.4, by_chance=0.1, inside=0.0, n_images=N):
    values = {names.RELATIVE_GAP: 0.5, names.SEPARABILITY: 0.87, names.GAP_DIRECTION: 0.42}
    values |= {names.MATCHED_COSINE: 0.3, names.UNMATCHED_COSINE: 0.2, names.TEXTS_INSIDE: inside}
    metrics = tuple(Metric(name, around(value), "") for name, value in values.items())
    return GapEvidence(metrics, around(gap), by_chance, 0.94, n_images, 200, "photo")


@pytest.mark.parametrize(
    ("gap", "verdict", "words"),
    [
        (0.4, "supported", "There is a gap: images and texts lie 0.400 apart."),
        (0.105, "undecided", "Whether there is a gap is open: "),
        (0.05, "refuted", "There is no gap beyond chance: "),
    ],
)
def test_a_gap_is_longer_than_images_in_the_place_of_texts_make_it(gap, verdict, words):
    claim = gap_claim(evidence(gap))
    assert (claim.verdict, claim.control) == (verdict, 0.1)
    assert claim.finding.startswith(words)
    assert "mean cosine of 0.42" in claim.finding


@pytest.mark.parametrize(
    ("inside", "verdict"), [(0.0, "refuted"), (0.3, "undecided"), (0.9, "supported")]
)
def test_images_lie_within_texts_where_most_texts_lie_inside(inside, verdict):
    claim = inside_claim(evidence(inside=inside))
    assert (claim.verdict, claim.control, claim.n) == (verdict, 0.94, 200)
    assert "94% of images that were held apart are" in claim.finding


def test_few_pictures_decide_nothing():
    few = gap_claim(evidence(n_images=FEWEST_IMAGES - 1))
    assert undecided_on_few(few).verdict == "undecided"


def planted(seed, shift=0.0, of_class=0.0, copies=0.3, n_texts=N_TEXTS, imbalanced=False):
    """Images and texts of ten classes; texts are drawn like images of their class, and moved.

    shift: in one direction, for all. of_class: in a direction of each class. copies: how far the
    texts of a class spread around one draw; 1 draws each anew.
    """
    rng = np.random.default_rng(seed)
    classes = rng.normal(size=(K, DIM))
    labels = np.sort(np.minimum(rng.geometric(0.3, N), K) - 1) if imbalanced else np.arange(N) % K
    named = np.arange(K * n_texts) % K
    images = classes[labels] + rng.normal(size=(N, DIM))
    around_class = classes + rng.normal(size=(K, DIM))
    spread = rng.normal(size=(len(named), DIM))
    texts = classes[named] + spread if copies == 1 else around_class[named] + copies * spread
    texts -= 2 * shift * np.eye(DIM)[0]
    texts += of_class * rng.normal(size=(K, DIM))[named]
    return Embeddings(
        images=unit_rows(images).astype(np.float32),
        labels=labels,
        split=split_shares(labels, 0.4, 0.1, rng),
        scored=np.ones(N, bool),
        texts=unit_rows(texts).astype(np.float32),
        templates=gather(("photo",), ("a photo of {}",), ()),
        class_names=tuple("abcdefghij"),
        captions=Captions(("caption",) * (len(named) - K), named[K:]),
        logit_scale=100.0,
    )


def verdicts(embeddings, seed=0):
    resamples = draw_resamples(len(embeddings.held_out), 200, np.random.default_rng(seed))
    streams = RandomStreams(seed, 200)
    _, measured = gap_arrays(embeddings, embeddings.held_out[:10], resamples, streams)
    return gap_claim(measured).verdict, inside_claim(measured).verdict


@pytest.mark.parametrize(
    ("plant", "gap", "inside"),
    [
        ({"shift": 20}, "supported", "refuted"),  # two clouds, as CLIP's are
        ({"of_class": 3, "copies": 0.05}, "supported", "refuted"),  # each class its own way
        ({"copies": 1}, "refuted", "supported"),  # texts are more images
        ({"copies": 0.05}, "refuted", "supported"),  # near copies of one image each
        ({"copies": 1, "imbalanced": True}, "refuted", "supported"),
    ],
)
def test_planted_clouds_are_told(plant, gap, inside):
    told = [verdicts(planted(seed, **plant), seed) for seed in range(3)]
    opposite = {"supported": "refuted", "refuted": "supported"}
    assert opposite[gap] not in [one for one, _ in told]
    assert opposite[inside] not in [one for _, one in told]
    assert [one for one, _ in told].count(gap) >= 2
    assert [one for _, one in told].count(inside) >= 2


def test_without_a_gap_one_is_rarely_seen():
    told = [verdicts(planted(seed, copies=0.05), seed)[0] for seed in range(20)]
    assert told.count("supported") <= 2  # at 5% each, three of 20 happen in one suite of 13
