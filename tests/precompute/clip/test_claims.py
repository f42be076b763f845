import numpy as np
import pytest

from precompute.clip.alignment import no_alignment
from precompute.clip.alignment_evidence import ABOUT, AlignmentEvidence, MethodEvidence
from precompute.clip.claims import accuracy_name, gap_claim, procrustes_claim, prompts_claim
from precompute.clip.gap import GapEstimates
from precompute.clip.gap_evidence import GapEvidence
from precompute.clip.prompt_evidence import PromptEvidence, Rival
from precompute.statistics import Estimate, PairedTest, paired_test, share

N = 1000


def around(value, half=0.01):
    return Estimate(value, value - half, value + half)


def right(n):
    return np.arange(N) < n


def prompts(plain, photo, small):
    counts = (plain, photo, small)
    tests = [paired_test(right(photo), right(n)) for n in (plain, small)]
    rivals = tuple(Rival(s, t, t.p_value) for s, t in zip(("plain", "small"), tests, strict=True))
    return PromptEvidence(
        ("plain", "photo", "small"),
        ("{}", "a photo of {}", "a centered photo of a small {}"),
        tuple(share(n, N) for n in counts),
        N,
        rivals,
    )


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ((800, 900, 700), "supported"),
        ((899, 900, 700), "undecided"),  # one rival is as good
        ((950, 900, 700), "refuted"),
        ((900, 900, 900), "undecided"),
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
    evidence = prompts(800, 900, 700)
    model = "ViT-B-32-quickgelu/openai"
    assert "0.971" in prompts_claim(evidence, False, model, "STL10").finding
    assert "0.971" not in prompts_claim(evidence, False, model, "my-photographs").finding


@pytest.mark.parametrize(
    ("distance", "verdict"), [(0.4, "supported"), (0.02, "undecided"), (0.005, "refuted")]
)
def test_the_gap_is_judged_against_two_halves_of_the_images(distance, verdict):
    estimates = GapEstimates(around(distance, 0.004), around(0.1), around(0.3), around(0.2))
    claim = gap_claim(GapEvidence(estimates, 0.02, N, 30, 1.0, 1.0, "photo"))
    assert claim.verdict == verdict
    assert claim.control == 0.02


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [(800, 900, "supported"), (900, 902, "undecided"), (950, 900, "refuted")],
)
def test_procrustes_must_raise_accuracy_on_held_out_images(before, after, verdict):
    counts = dict.fromkeys(ABOUT, before) | {"procrustes": after, "procrustes_shuffled": 100}
    methods = {name: method(before, n) for name, n in counts.items()}
    claim = procrustes_claim(AlignmentEvidence(methods, no_alignment(4), 0.02, 400, N))
    assert claim.verdict == verdict
    assert (claim.value, claim.control) == (after / N, 0.1)


def method(before, after):
    test: PairedTest = paired_test(right(before), right(after))
    return MethodEvidence(np.zeros(N, np.int64), share(after, N), around(0.1), around(0.5), test)
