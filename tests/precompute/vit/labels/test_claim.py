"""What is said of the labels, and when it holds."""

import numpy as np
import pytest

from precompute.statistics import UNDEFINED, Estimate, percent
from precompute.vit.labels.claim import LabelEvidence, label_claim
from precompute.vit.labels.measure import label_evidence


def around(value, half=0.02):
    return Estimate(value, value - half, value + half)


@pytest.mark.parametrize(
    ("share", "guess", "verdict"),
    [
        (0.8, 0.1, "supported"),
        (0.51, 0.1, "undecided"),
        (0.16, 0.1, "refuted"),  # better than guessing, and nearly always wrong
        (0.92, 0.8, "supported"),
        (0.81, 0.8, "undecided"),
        (0.6, 0.8, "refuted"),  # right more often than not, and worse than always saying the same
    ],
)
def test_the_label_claim_asks_for_more_than_half_and_more_than_guessing(share, guess, verdict):
    evidence = LabelEvidence(around(share), 500, guess, "always 'bag'", "their true label")
    claim = label_claim(evidence)
    assert claim.verdict == verdict
    assert (claim.value, claim.control, claim.n) == (share, guess, 500)
    assert f"The claim holds above {percent(max(guess, 0.5))}." in claim.finding


def labelled(predicted, labels, expected=(), unknown=()):
    names = [f"label {row}" for row in range(1000)]
    predictions = np.array(predicted), np.array(labels), np.array(expected, int)
    return label_evidence(*predictions, names, unknown)


def test_of_several_true_labels_the_most_frequent_is_the_guess():
    evidence = labelled([3] * 30 + [7] * 10, [3] * 30 + [7] * 10)
    assert evidence.guess == 0.75
    assert evidence.guess_name == "always answering 'label 3', the most frequent label"


def test_where_all_pictures_have_one_true_label_the_guess_does_not_know_it():
    evidence = labelled([3] * 475 + [9] * 25, [3] * 500)
    assert (evidence.guess, evidence.guess_name) == (0.001, "a label drawn at random")
    assert label_claim(evidence).verdict == "supported"


def test_expected_labels_are_guessed_by_one_drawn_at_random():
    evidence = labelled([3] * 15 + [9] * 485, [-1] * 500, expected=(3, 4, 5, 6, 7))
    assert (evidence.guess, evidence.guess_name) == (0.005, "a label drawn at random")
    assert label_claim(evidence).verdict == "refuted"


def test_classes_that_the_model_lacks_are_named():
    evidence = labelled([3] * 30, [-1] * 30, unknown=("cat", "dog", "emu", "fox", "gnu"))
    finding = label_claim(evidence).finding
    assert "No label of the model, or more than one, is named 'cat', 'dog', 'emu' and 2 more" in (
        finding
    )


def test_without_labels_nothing_is_decided():
    claim = label_claim(LabelEvidence(UNDEFINED, 0, np.nan, "none", "their true label"))
    assert claim.verdict == "undecided"
    assert "nothing can be said" in claim.finding
