import numpy as np
import pytest

from precompute.clip.alignment_evidence import NOT_MOVED, AlignmentEvidence, MethodEvidence
from precompute.clip.claims import accuracy_name, gap_claim, procrustes_claim, prompts_claim
from precompute.clip.gap_evidence import GapEvidence
from precompute.clip.gap_metrics import Metric
from precompute.clip.generalisation import Shots
from precompute.clip.methods import METHODS, SHOT_METHODS
from precompute.clip.prompt_evidence import PromptEvidence, Rival
from precompute.statistics import Estimate, paired_test, share

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
    ("distance", "verdict"), [(0.4, "supported"), (0.02, "undecided"), (0.005, "refuted")]
)
def test_the_gap_is_judged_against_two_halves_of_the_images(distance, verdict):
    values = {"gap_distance": distance, "matched_cosine": 0.3, "unmatched_cosine": 0.2}
    values["relative_gap"] = 0.5
    metrics = tuple(Metric(name, around(value, 0.004), "") for name, value in values.items())
    claim = gap_claim(GapEvidence(metrics, 0.02, N, 30, 1.0, 1.0, "photo"))
    assert claim.verdict == verdict
    assert claim.control == 0.02


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
