import numpy as np
import pytest

from precompute.statistics import Estimate
from precompute.vae.claims import LossEvidence, blur_claim, loss_claim, reencode_claim

EVEN = np.array([True, False] * 100)


def losses(first, last):
    train = Estimate(last, last - 0.1, last + 0.1)
    return LossEvidence(first, train, last + 1, 60_000, 68.0, 14.6, 15.2, 8, 9, 0.71, 20, 10)


@pytest.mark.parametrize(
    ("first", "last", "verdict"),
    [
        (40.9, 23.9, "supported"),
        (40.9, 26.0, "supported"),  # within ten per cent
        (40.9, 27.0, "refuted"),
        (22.0, 23.9, "refuted"),  # it rose
    ],
)
def test_the_loss_must_fall_to_within_a_tenth_of_the_originals(first, last, verdict):
    claim = loss_claim(losses(first, last))
    assert claim.verdict == verdict
    assert claim.value == last
    assert "8 of 20 latents are active" in claim.finding


@pytest.mark.parametrize(("ratio", "verdict"), [(0.2, "supported"), (1.3, "refuted")])
def test_blur_is_judged_against_sharpened_originals(ratio, verdict):
    claim = blur_claim(np.full(64, ratio), np.full(64, 0.1), np.full(64, 2.0))
    assert claim.verdict == verdict
    assert claim.control == 0
    assert claim.n == 64


def test_flat_originals_are_left_out_of_the_blur_claim():
    ratio = np.array([0.2] * 10 + [np.nan] * 3)
    assert blur_claim(ratio, ratio, ratio * 10).n == 10


@pytest.mark.parametrize(
    ("agrees", "verdict"), [(np.ones(200, bool), "supported"), (EVEN, "refuted")]
)
def test_reencoding_must_beat_shuffled_latents(agrees, verdict):
    claim = reencode_claim(agrees, EVEN, np.full(200, 0.3), np.full(200, 0.1))
    assert claim.verdict == verdict
    assert claim.control == 0.5
    assert "second copy differs from the first by 0.10 of the squared error" in claim.finding
