import numpy as np
import pytest

from precompute.statistics import UNDEFINED, Estimate
from precompute.vit.caution import cautious
from precompute.vit.claims import centre_claim, label_claim, outline_claim, random_claim
from precompute.vit.labels.claim import LabelEvidence
from precompute.vit.labels.summary import label_evidence
from precompute.vit.masking.claim import FillOutcome, MaskingEvidence, masking_findings
from precompute.vit.outline.claim import OutlineEvidence


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


def outline(own, gained, gaussian=0.2, cost=0.1, beyond=0.4, by_chance=9 / 196):
    regions = (around(1.4), around(1.1), around(0.8))
    controls = (
        ("another image's map", around(0.05), gained),
        ("centred Gaussian", around(0.1), around(gaussian)),
    )
    drop = around(cost)
    return OutlineEvidence(own, controls, 400, 100, around(beyond), by_chance, regions, drop)


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
    assert f"The claim asks for more than {max(guess, 0.5) * 100:.1f} %" in claim.finding


def labelled(predicted, labels, expected=(), unknown=()):
    names = [f"label {row}" for row in range(1000)]
    found = np.array(predicted), np.array(labels), np.array(expected, int)
    return label_evidence(*found, names, unknown)


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


@pytest.mark.parametrize(
    ("own", "gained", "verdict"),
    [
        (0.3, 0.2, "supported"),
        (0.3, 0.01, "undecided"),  # another image's map does as well: it is only the centre
        (0.01, 0.2, "undecided"),
        (-0.3, 0.2, "refuted"),
        (0.3, -0.1, "refuted"),  # another image's map does better: the picture has no part in it
    ],
)
def test_outline_must_beat_interior_and_another_images_map(own, gained, verdict):
    assert outline_claim(outline(around(own), around(gained))).verdict == verdict


@pytest.mark.parametrize(
    ("beyond", "verdict"), [(0.068, "supported"), (0.05, "undecided"), (0.02, "undecided")]
)
def test_more_images_than_by_chance_must_beat_their_own_shifted_maps(beyond, verdict):
    claim = outline_claim(outline(around(0.3), around(0.2), beyond=beyond))
    assert claim.verdict == verdict
    assert f"{beyond * 100:.1f} % beat 95 % of their shifted maps" in claim.finding
    assert "where chance gives 4.6 %" in claim.finding


@pytest.mark.parametrize(
    ("own", "verdict"), [(0.3, "supported"), (0.01, "undecided"), (-0.3, "refuted")]
)
def test_on_a_grid_of_too_few_shifts_the_other_tests_decide(own, verdict):
    claim = outline_claim(outline(around(own), around(0.2), beyond=np.nan, by_chance=0))
    assert claim.verdict == verdict
    assert "too few places" in claim.finding
    assert "nan" not in claim.finding


def test_a_centred_gaussian_that_does_better_refutes_the_outline_and_is_named():
    claim = outline_claim(outline(around(0.3), around(0.2), gaussian=-0.2))
    assert (claim.verdict, claim.control_name) == ("refuted", "centred Gaussian")
    assert "the centred Gaussian" in claim.finding


@pytest.mark.parametrize(
    ("cost", "words"),
    [(0.1, "costs more labels"), (-0.1, "costs fewer labels"), (0.0, "no clearly different")],
)
def test_the_causal_arm_is_told_whichever_way_it_fell(cost, words):
    assert words in outline_claim(outline(around(0.3), around(0.2), cost=cost)).finding


def test_images_without_regions_decide_nothing_about_outlines():
    claim = outline_claim(None)
    assert (claim.verdict, claim.n) == ("undecided", 0)


@pytest.mark.parametrize(
    ("survival", "verdict"), [(0.95, "supported"), (0.9, "undecided"), (0.5, "refuted")]
)
def test_the_centre_claim_asks_for_nine_in_ten(survival, verdict):
    claim = centre_claim(masking(small_centre=around(survival)))
    assert claim.verdict == verdict
    assert "With 1 of 196 patches blacked out in the middle" in claim.finding
    assert "5.0 %: 79.0 %, 20.0 %: 60.0 %" in claim.finding


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
        (0.5, "are the work of the black fill"),
        (-0.5, "adds no flips"),
        (0.0, "no clear difference"),
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
    contiguity, fills, destinations = masking_findings(masking())
    assert "costs fewer labels" in contiguity
    assert "With 20.0 % hidden" in contiguity
    assert fills.index("dropped tokens 80.0 %") < fills.index("black patches 30.0 %")
    assert "black patches: 'bag' (60.0 %); dropped tokens: none was lost" in destinations


def test_a_handful_of_pictures_decides_nothing():
    claim = centre_claim(masking(n_images=8, small_centre=around(1.0, half=0)))
    assert claim.verdict == "supported"  # all eight alike leave no interval
    (told,) = cautious((claim,), has_classifier=True)
    assert (told.verdict, told.n) == ("undecided", 8)
    assert "8 pictures are too few for a verdict" in told.finding


def test_many_pictures_keep_their_verdict():
    claim = centre_claim(masking())
    assert cautious((claim,), has_classifier=True) == (claim,)


def test_without_a_classifier_the_finding_says_what_a_label_is():
    claim = centre_claim(masking())
    (told,) = cautious((claim,), has_classifier=False)
    assert "The model has no classifier" in told.finding
    assert told.verdict == claim.verdict
