"""What is said of hidden patches, when it holds, and that a handful of pictures decides nothing."""

import numpy as np
import pytest

from precompute.claims import undecided_on_few
from precompute.statistics import UNDEFINED, Estimate
from precompute.vit.labels.claim import LabelEvidence, label_claim
from precompute.vit.masking.claim import (
    FillOutcome,
    MaskingEvidence,
    centre_claim,
    masking_findings,
    named_by_stand_ins,
    random_claim,
)


def around(value, half=0.02):
    return Estimate(value, value - half, value + half)


def masking(**changed):
    known = {
        "n_images": 500,
        "n_patches": 196,
        "small_masked": 1,
        "small_centre": around(0.95),
        "small_scattered": around(0.97),
        "centres": ((0.05, 0.79), (0.2, 0.6)),
        "block_ratio": 0.2,
        "half_ratio": 0.5,
        "flips_black": around(0.7),
        "flips_dropped": around(0.2),
        "flips_between": around(0.5),
        "contiguity_black": around(-0.1),
        "contiguity_dropped": around(0.1),
        "fill_range": around(0.5),
        "fill_chance": 0.02,
        "fills": (
            FillOutcome("black", 0.3, "bag", 0.6, np.nan),
            FillOutcome("token_drop", 0.8, None, np.nan, np.nan),
        ),
        "n_labels": 10,
        "puzzle_black": UNDEFINED,
        "puzzle_dropped": UNDEFINED,
    }
    return MaskingEvidence(**(known | changed))


@pytest.mark.parametrize(
    ("survival", "verdict"), [(0.95, "supported"), (0.9, "undecided"), (0.5, "refuted")]
)
def test_the_centre_claim_asks_for_nine_in_ten(survival, verdict):
    claim = centre_claim(masking(small_centre=around(survival)))
    assert claim.verdict == verdict
    assert "With 1 of 196 patches black in the middle" in claim.finding
    assert "79% at 5% of the patches, 60% at 20% of the patches" in claim.finding


@pytest.mark.parametrize(
    ("flips", "verdict"), [(0.7, "supported"), (0.5, "undecided"), (0.2, "refuted")]
)
def test_without_a_puzzle_among_the_labels_only_the_flip_is_judged(flips, verdict):
    claim = random_claim(masking(flips_black=around(flips)))
    assert (claim.verdict, claim.value, claim.control) == (verdict, flips, 0.2)
    assert "None of the 10 labels is a puzzle" in claim.finding
    assert "the original's" in claim.sentence


@pytest.mark.parametrize(
    ("between", "words"),
    [
        (0.5, "The black fill makes the difference"),
        (-0.5, "loses fewer labels than dropping"),
        (0.0, "make no clear difference"),
    ],
)
def test_the_random_claim_says_what_the_fill_itself_does(between, words):
    assert words in random_claim(masking(flips_between=around(between))).finding


@pytest.mark.parametrize(
    ("black", "dropped", "verdict"),
    [
        (0.3, 0.0, "supported"),
        (0.3, 0.3, "undecided"),  # as often without the patches: it is not the mask
        (0.05, 0.0, "undecided"),
        (0.01, 0.0, "refuted"),
    ],
)
def test_with_puzzles_among_the_labels_they_must_come_from_the_black_patches(
    black, dropped, verdict
):
    given = masking(puzzle_black=around(black), puzzle_dropped=around(dropped))
    claim = random_claim(given)
    assert (claim.verdict, claim.value, claim.control) == (verdict, black, dropped)
    assert claim.sentence == "Random masks all over flip the label to 'crossword puzzle'."


def test_masking_findings_name_direction_fills_and_destinations():
    contiguity, fills, destinations = masking_findings(masking()).values()
    assert "costs fewer labels" in contiguity
    assert "with 20% hidden" in contiguity
    assert fills.index("dropped tokens 80%") < fills.index("black patches 30%")
    assert "black patches: 'bag' (60%); dropped tokens: none was lost" in destinations


def test_a_handful_of_pictures_decides_nothing():
    claim = centre_claim(masking(n_images=8, small_centre=around(1.0, half=0)))
    assert claim.verdict == "supported"  # all eight alike leave no interval
    told = undecided_on_few(claim)
    assert (told.verdict, told.n) == ("undecided", 8)
    assert "8 pictures are too few for a verdict" in told.finding


def test_many_pictures_keep_their_verdict():
    claim = centre_claim(masking())
    assert undecided_on_few(claim) == claim


def test_without_a_classifier_the_finding_says_what_a_label_is():
    claim = centre_claim(masking())
    told = named_by_stand_ins(claim)
    other = label_claim(LabelEvidence(around(0.9), 500, 0.1, "always 'bag'", "their true label"))
    assert named_by_stand_ins(other) == other
    assert "The model has no classifier" in told.finding
    assert told.verdict == claim.verdict
