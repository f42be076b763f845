from dataclasses import replace

import numpy as np
import pytest

from precompute.clip.alignment.generalisation import Shots
from precompute.clip.alignment.maps import unit_rows
from precompute.clip.alignment.measure import (
    NOT_MOVED,
    AlignmentEvidence,
    MethodEvidence,
    compare_methods,
)
from precompute.clip.alignment.methods import METHODS, SHOT_METHODS
from precompute.clip.bootstrap import draw_resamples
from precompute.clip.claims import accuracy_name, gap_claim, procrustes_claim, prompts_claim
from precompute.clip.inputs.embeddings import Captions, Draws, Embeddings
from precompute.clip.inputs.split import split_shares
from precompute.clip.inputs.templates import gather
from precompute.clip.modality_gap.metrics import Clouds, Metric
from precompute.clip.modality_gap.summary import GapEvidence, gap_arrays, halves_told_apart
from precompute.clip.prompts.summary import PromptEvidence, Rival
from precompute.statistics import Estimate, paired_test, share
from tests.support.clouds import DIM, N_CLASSES, make_found

N = 1000


def around(value, half=0.01):
    return Estimate(value, value - half, value + half)


def right(n):
    return np.arange(N) < n


def prompts(plain, photo, small, listed=0, averaged=0, n_images=N):
    """Evidence of the report's three templates, one more template and one ensemble."""
    highest = share(max(plain, photo, small, listed), N)
    others = {"plain": plain, "small": small, "open_clip_80 1": listed}
    others["ensemble openai_stl10"] = averaged
    rivals = []
    for style, n in others.items():
        test = paired_test(right(photo), right(n))
        own, many = style in ("plain", "small"), style.startswith("ensemble")
        rivals.append(Rival(style, share(n, N), test, test.p_value, own, many))
    return PromptEvidence(
        share(photo, N), share(plain, N), n_images, 4, share(0, N), highest, "{}", tuple(rivals)
    )


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ((800, 900, 700), "supported"),
        ((899, 900, 700), "undecided"),  # one rival is as good
        ((950, 900, 700), "refuted"),
        ((900, 900, 900), "undecided"),
        ((800, 900, 700, 950), "refuted"),  # a template of a list does better
        ((800, 900, 700, 903), "undecided"),  # one does, though by no more than chance
        ((800, 900, 700, 900), "supported"),
        ((800, 900, 700, 0, 990), "supported"),  # an ensemble is no single prompt
    ],
)
def test_photo_must_beat_every_other_template(counts, verdict):
    claim = prompts_claim(prompts(*counts), True, "embedded/clip", "FashionMNIST test")
    assert claim.verdict == verdict
    assert claim.value == counts[1] / N
    assert claim.control == counts[0] / N


def test_weights_that_saw_the_class_names_are_never_called_zero_shot():
    assert "zero-shot" not in accuracy_name(seen_class_names=True)
    claim = prompts_claim(prompts(800, 900, 700), True, "embedded/clip", "FashionMNIST test")
    assert "zero-shot" not in claim.unit + claim.finding


def test_the_published_accuracy_is_named_for_its_own_model_and_images():
    evidence = prompts(800, 900, 700, averaged=971, n_images=8000)
    model, images = "ViT-B-32-quickgelu/openai", "STL10 train and test"
    finding = prompts_claim(evidence, False, model, images).finding
    assert "publishes 0.971; measured here: 0.9710, within 0.002" in finding
    far = prompts(800, 900, 700, averaged=960, n_images=8000)
    assert "0.9600, NOT within" in prompts_claim(far, False, model, images).finding
    assert "0.971" not in prompts_claim(evidence, False, model, "embeddings of my.npz").finding
    some = prompts(800, 900, 700, averaged=971, n_images=500)
    assert "0.971;" not in prompts_claim(some, False, model, images).finding


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
    assert "51.0 % of two random halves of the images" in claim.finding
    assert f"tells {apart * 100:.1f} % of images and texts apart" in claim.finding
    assert "0.020 apart by chance" in claim.finding


def test_overlapping_clouds_with_a_gap_are_said_to_be_both():
    values = {"gap_distance": 0.4, "separability": 0.87, "relative_gap": 0.5}
    values |= {"matched_cosine": 0.3, "unmatched_cosine": 0.2}
    metrics = tuple(Metric(name, around(value), "") for name, value in values.items())
    finding = gap_claim(GapEvidence(metrics, 0.02, 0.51, N, 30, 1.0, 1.0, "photo")).finding
    assert finding.startswith("The two clouds overlap: a plane that never met the class tells 87.0")
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
    found = near_copies(shift)
    resamples = draw_resamples(len(found.held_out), 200, np.random.default_rng(0))
    _, evidence = gap_arrays(found, found.held_out[:10], resamples, Draws(0, 200))
    assert gap_claim(evidence).verdict == verdict
    assert evidence.halves_apart == pytest.approx(0.5, abs=0.1)


def test_halves_of_one_class_have_no_plane():
    clouds = Clouds(np.eye(4), np.zeros(4, int), np.eye(4), np.zeros(4, int), np.eye(4), "photo")
    assert np.isnan(halves_told_apart(clouds, np.random.default_rng(0)))


@pytest.mark.parametrize(("shift", "verdict"), [(0.4, "refuted"), (4.0, "supported")])
def test_clouds_that_are_shifted_and_overlap_are_not_separate(shift, verdict):
    rng = np.random.default_rng(0)
    found = make_found(n=400)
    along = shift * np.eye(DIM)[0]
    texts = unit_rows(rng.normal(size=(len(found.texts) + 200, DIM)) - along)
    captions = Captions(("caption",) * 200, np.resize(np.arange(N_CLASSES), 200))
    images = unit_rows(rng.normal(size=found.images.shape) + along)
    clouds = replace(found, images=images, texts=texts, captions=captions)
    resamples = draw_resamples(len(clouds.held_out), 200, rng)
    _, evidence = gap_arrays(clouds, clouds.held_out[:10], resamples, Draws(0, 200))
    assert evidence.estimate("gap_distance").low > evidence.halves
    assert gap_claim(evidence).verdict == verdict


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
        (950, 900, -1, "With no number of images per class, nor with all fit images, does it"),
        (900, 899, -1, "With all fit images it differs from no map by no more than chance"),
        (900, 901, 4, "a map. With all fit images it differs from no map by no more than chance"),
    ],
)
def test_a_map_catches_up_or_not_by_more_than_chance(before, after, crossing, words):
    finding = procrustes_claim(alignment(before, after, 100, crossing)).finding
    assert words in finding
    assert ("catch up" in finding) == words.startswith("With no number")


@pytest.mark.parametrize(
    ("after", "shuffled", "words"),
    [
        (0.2, 0.2, "to 0.200: a gap that closes shows no alignment of meaning."),
        (0.2, 0.5, "from 0.400 to 0.200, with shuffled pairs to 0.500. No such"),
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
    moved = replace(NOT_MOVED, gap=around(gap))
    predicted = np.zeros(N, np.int64)
    return MethodEvidence(predicted, share(after, N), around(0.0), test, test.p_value, moved)


def test_leaning_towards_the_larger_class_is_no_alignment():
    rng = np.random.default_rng(0)
    found = make_found(n=1000)
    labels = (rng.random(1000) < 0.1).astype(np.int64)  # images that have nothing to do with them
    images = unit_rows(rng.normal(size=DIM) + 0.5 * rng.normal(size=(1000, DIM)))
    chance = replace(
        found,
        images=images.astype(np.float32),
        labels=labels,
        split=split_shares(labels, 0.4, 0.1, rng),
        texts=unit_rows(rng.normal(size=(2, DIM))).astype(np.float32),
        templates=gather(("photo",), ("a photo of {}",), ()),
        class_names=("a", "b"),
    )
    resamples = draw_resamples(len(chance.held_out), 100, rng)
    evidence = compare_methods(chance, (1,), 1, resamples, Draws(0, 100))
    gain = evidence.methods["procrustes"].against_none
    assert gain.p_value < 0.001
    assert gain.only_second > gain.only_first
    assert procrustes_claim(evidence).verdict == "undecided"
