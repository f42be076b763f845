"""What is said of shape and texture, and when it holds."""

from dataclasses import replace

import pytest

from precompute.claims import FEWEST_IMAGES, undecided_on_few
from precompute.statistics import Estimate
from precompute.vit.shape.claim import WORDS, ShapeEvidence, shape_claim
from store.schema.vit import names


def around(value, half=0.04):
    return Estimate(value, value - half, value + half)


def evidence(of_shape, of_texture, of_other=0.12, n_images=500, apart=0.05):
    return ShapeEvidence(
        shape=around(of_shape),
        texture=around(of_texture),
        other_shape=around(of_other),
        over_texture=around(of_shape - of_texture),
        over_other_shape=around(of_shape - of_other),
        by_shape={
            names.SILHOUETTE: around(of_shape + apart),
            names.EDGES: around(of_shape - apart),
        },
        by_texture={
            names.TEXTURE_FINE: around(of_texture + 0.01),
            names.TEXTURE_COARSE: around(of_texture - 0.01),
        },
        n_images=n_images,
        n_left_out=0,
    )


@pytest.mark.parametrize(
    ("of_shape", "of_texture", "of_other", "verdict"),
    [
        (0.7, 0.1, 0.1, "supported"),
        (0.52, 0.1, 0.1, "undecided"),  # shape may be enough or not
        (0.7, 0.48, 0.1, "undecided"),  # texture may be enough or not
        (0.7, 0.1, 0.68, "undecided"),  # another object's shape does as well
        (0.4, 0.1, 0.1, "refuted"),  # shape is not enough
        (0.8, 0.6, 0.1, "refuted"),  # texture is enough too
        (0.2, 0.7, 0.1, "refuted"),  # the reverse
    ],
)
def test_shape_must_be_enough_and_texture_not(of_shape, of_texture, of_other, verdict):
    assert shape_claim(evidence(of_shape, of_texture, of_other)).verdict == verdict


def test_versions_that_disagree_decide_nothing():
    # Silhouettes keep most labels and edges few: the mean says which mask was taken.
    claim = shape_claim(evidence(0.6, 0.1, apart=0.25))
    assert claim.verdict == "undecided"
    assert "shape alone is enough as silhouette and not as edges" in claim.finding


def test_every_version_has_words():
    assert set(WORDS) == {version for of_cue in names.CUES.values() for version in of_cue}


def test_the_first_sentence_gives_both_shares():
    claim = shape_claim(evidence(0.7, 0.1))
    first = "With its shape alone a picture keeps its label in 70% of cases, with its texture "
    assert claim.finding.startswith(f"{first}alone in 10%. ")
    assert "silhouette 75%, edges 65%" in claim.finding
    assert (claim.value, claim.control) == (0.7, 0.12)


def test_few_pictures_decide_nothing():
    few = shape_claim(evidence(0.7, 0.1, n_images=FEWEST_IMAGES - 1))
    assert undecided_on_few(few).verdict == "undecided"


def test_images_without_masks_decide_nothing_and_say_why():
    claim = shape_claim(None)
    assert (claim.verdict, claim.n) == ("undecided", 0)
    assert "without object masks" in claim.finding


def test_images_left_out_are_counted():
    claim = shape_claim(replace(evidence(0.7, 0.1), n_left_out=3))
    assert claim.finding.endswith("3 images are left out.")
