"""What is said of the outline, and when it holds."""

import numpy as np
import pytest

from precompute.statistics import Estimate, percent
from precompute.vit.outline.claim import OutlineEvidence, outline_claim


def around(value, half=0.02):
    return Estimate(value, value - half, value + half)


def outline(own, gained, gaussian=0.2, cost=0.1, beyond=0.4, by_chance=9 / 196):
    regions = (around(1.4), around(1.1), around(0.8))
    controls = (
        ("another image's map", around(0.05), gained),
        ("centred Gaussian", around(0.1), around(gaussian)),
    )
    drop = around(cost)
    return OutlineEvidence(own, controls, 400, 100, around(beyond), by_chance, regions, drop)


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
    assert f"{percent(beyond)} of the maps beat 95% of their own shifted copies" in claim.finding
    assert "; chance gives 4.6%." in claim.finding


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
    [(0.1, "loses more labels"), (-0.1, "loses fewer labels"), (0.0, "about as many labels")],
)
def test_the_causal_arm_is_told_whichever_way_it_fell(cost, words):
    assert words in outline_claim(outline(around(0.3), around(0.2), cost=cost)).finding


def test_images_without_regions_decide_nothing_about_outlines():
    claim = outline_claim(None)
    assert (claim.verdict, claim.n) == ("undecided", 0)
