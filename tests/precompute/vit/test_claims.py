import numpy as np
import pytest

from precompute.statistics import UNDEFINED, Estimate
from precompute.vit.claims import centre_claim, label_claim, outline_claim, random_claim
from precompute.vit.findings import LabelEvidence, MaskingEvidence, OutlineEvidence


def around(value, half=0.02):
    return Estimate(value, value - half, value + half)


def masking(**changed):
    known = {
        "n_images": 500,
        "small_ratio": 0.05,
        "small_centre": around(0.95),
        "small_scattered": around(0.97),
        "half_ratio": 0.5,
        "half_difference": around(0.1),
        "half_difference_dropped": around(0.0),
        "scattered_by_fill": (("black", 0.3), ("grey", 0.4), ("token_drop", 0.8)),
        "destinations": ("black: bag 60 %",) * 3,
    }
    return MaskingEvidence(**(known | changed))


def outline(own, gained):
    regions = (around(1.4), around(1.1), around(0.8))
    return OutlineEvidence(own, around(0.05), gained, 400, 100, 0.4, regions)


@pytest.mark.parametrize(
    ("share", "verdict"),
    [(0.8, "supported"), (0.11, "undecided"), (0.02, "refuted")],
)
def test_the_label_claim_is_judged_against_guessing(share, verdict):
    claim = label_claim(LabelEvidence(around(share), 500, 0.1, "always 'bag'", "their true label"))
    assert claim.verdict == verdict
    assert (claim.value, claim.control, claim.n) == (share, 0.1, 500)


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
    ],
)
def test_outline_must_beat_interior_and_another_images_map(own, gained, verdict):
    assert outline_claim(outline(around(own), around(gained))).verdict == verdict


def test_images_without_regions_decide_nothing_about_outlines():
    claim = outline_claim(None)
    assert (claim.verdict, claim.n) == ("undecided", 0)


@pytest.mark.parametrize(
    ("survival", "verdict"), [(0.95, "supported"), (0.9, "undecided"), (0.5, "refuted")]
)
def test_the_centre_claim_asks_for_nine_in_ten(survival, verdict):
    assert centre_claim(masking(small_centre=around(survival))).verdict == verdict


@pytest.mark.parametrize(
    ("difference", "verdict"), [(0.1, "supported"), (0.01, "undecided"), (-0.1, "refuted")]
)
def test_the_random_claim_asks_for_a_cost_of_scattering(difference, verdict):
    claim = random_claim(masking(half_difference=around(difference)))
    assert claim.verdict == verdict
    assert claim.control == 0.0
