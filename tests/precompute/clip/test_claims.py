from dataclasses import replace

import numpy as np
import pytest

from precompute.clip.alignment import unit_rows
from precompute.clip.alignment_evidence import NOT_MOVED, AlignmentEvidence, MethodEvidence
from precompute.clip.claims import accuracy_name, gap_claim, procrustes_claim, prompts_claim
from precompute.clip.embeddings import Captions, Draws
from precompute.clip.gap_evidence import GapEvidence, gap_arrays
from precompute.clip.gap_metrics import Metric
from precompute.clip.generalisation import Shots
from precompute.clip.methods import METHODS, SHOT_METHODS
from precompute.clip.prompt_evidence import PromptEvidence, Rival
from precompute.clip.resamples import draw_resamples
from precompute.statistics import Estimate, paired_test, share
from tests.precompute.clip.clouds import DIM, N_CLASSES, make_found

N = 1000


def around(value, half=0.01):
    return Estimate(value, value - half, value + half)


def right(n):
    return np.arange(N) < n


def prompts(plain, photo, small, listed=0, averaged=0):
    """Evidence of the report's three templates, one more template and one ensemble."""
    others = {"plain": plain, "small": small, "open_clip_80 1": listed}
    others["ensemble openai_stl10"] = averaged
    rivals = []
    for style, n in others.items():
        test = paired_test(right(photo), right(n))
        own, many = style in ("plain", "small"), style.startswith("ensemble")
        rivals.append(Rival(style, share(n, N), test, test.p_value, own, many))
    return PromptEvidence(
        share(photo, N), share(plain, N), N, 4, share(0, N), share(photo, N), "{}", tuple(rivals)
    )


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ((800, 900, 700), "supported"),
        ((899, 900, 700), "undecided"),  # one rival is as good
        ((950, 900, 700), "refuted"),
        ((900, 900, 900), "undecided"),
        ((800, 900, 700, 950), "refuted"),  # a template of a list does better
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
    evidence = prompts(800, 900, 700, averaged=971)
    model = "ViT-B-32-quickgelu/openai"
    finding = prompts_claim(evidence, False, model, "STL10").finding
    assert "publishes 0.971; measured here: 0.9710, within 0.002" in finding
    far = prompts(800, 900, 700, averaged=960)
    assert "0.9600, NOT within" in prompts_claim(far, False, model, "STL10").finding
    assert "0.971" not in prompts_claim(evidence, False, model, "my-photographs").finding


@pytest.mark.parametrize(
    ("distance", "apart", "verdict"),
    [
        (0.4, 0.99, "supported"),
        (0.02, 0.99, "undecided"),
        (0.005, 0.99, "refuted"),
        (0.4, 0.952, "undecided"),  # its interval holds 0.95
        (0.4, 0.7, "refuted"),  # shifted, but they overlap
        (0.4, np.nan, "undecided"),
    ],
)
def test_separate_clouds_lie_further_apart_than_two_halves_and_a_plane_parts_them(
    distance, apart, verdict
):
    values = {"gap_distance": distance, "matched_cosine": 0.3, "unmatched_cosine": 0.2}
    values |= {"relative_gap": 0.5, "separability": apart}
    metrics = tuple(
        Metric(name, around(value, 0.004), "", "5 texts are too few" if np.isnan(value) else "")
        for name, value in values.items()
    )
    claim = gap_claim(GapEvidence(metrics, 0.02, N, 30, 1.0, 1.0, "photo"))
    assert claim.verdict == verdict
    assert claim.control == 0.02
    told = "is not defined, for 5 texts are" if np.isnan(apart) else f"plane tells {apart:.1%}"[:-1]
    assert told in claim.finding


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
    ("before", "after", "verdict"),
    [(800, 900, "supported"), (900, 902, "undecided"), (950, 900, "refuted")],
)
def test_procrustes_must_raise_accuracy_on_held_out_images(before, after, verdict):
    counts = dict.fromkeys(METHODS, before) | {"procrustes": after, "procrustes_shuffled": 100}
    methods = {name: method(before, n) for name, n in counts.items()}
    shots = Shots(SHOT_METHODS, (1, 40), np.zeros((3, 2, 1)), np.array([40, -1, -1]))
    evidence = AlignmentEvidence(methods, {}, shots, np.zeros((1, 3)), 0.02, 400, N)
    claim = procrustes_claim(evidence)
    assert claim.verdict == verdict
    assert (claim.value, claim.control) == (after / N, 0.1)
    assert "From 40 images per class on" in claim.finding


def method(before, after):
    test = paired_test(right(before), right(after))
    predicted = np.zeros(N, np.int64)
    return MethodEvidence(predicted, share(after, N), around(0.0), test, test.p_value, NOT_MOVED)
