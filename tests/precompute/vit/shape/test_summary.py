"""How often the verdict on shape is wrong where the truth is planted."""

from types import SimpleNamespace

import numpy as np
import pytest

from precompute.statistics import share
from precompute.vit.shape.claim import shape_claim
from precompute.vit.shape.measure import NOT_RUN, OTHER, OWN
from precompute.vit.shape.summary import shape_arrays
from store.schema.vit import names, shape

N_IMAGES, N_RUNS = 120, 400
SETTINGS = SimpleNamespace(seed=0, n_bootstrap=200)


def versions(rng, of_shape, of_texture, of_other, n_images=N_IMAGES):
    """Labels of versions that keep label 0 with these chances; pictures differ in difficulty."""
    chance = np.full((len(names.VERSIONS), 2), 0.4)
    for cue, value in ((names.SHAPE_ALONE, of_shape), (names.TEXTURE_ALONE, of_texture)):
        chance[[names.VERSIONS.index(name) for name in names.CUES[cue]]] = value, of_other
    # Each image moves the odds of all its versions; what is lost here is won by another image.
    easy = np.resize([0.7, -0.7], n_images)[:, None, None] * np.minimum(chance, 1 - chance)
    kept = rng.random((n_images, *chance.shape)) < chance + easy
    return {
        "predicted": np.where(kept, 0, 1).astype(np.int16),
        "probability": np.full(kept.shape, 0.5, np.float16),
        "changed": np.ones(kept.shape[:2], bool),
        "flat": np.zeros(kept.shape[:2], bool),
        "pixels": np.zeros((1, len(names.VERSIONS), 4, 4, 1), np.uint8),
    }


def summarised(measured, true=None):
    n_images = len(measured["predicted"])
    unknown = np.full(n_images, -1)
    own = np.zeros(n_images, int)
    return shape_arrays(own, unknown if true is None else true, measured, SETTINGS)


def verdicts(*chances):
    rng = np.random.default_rng(0)
    runs = (summarised(versions(rng, *chances))[1] for _ in range(N_RUNS))
    told = [shape_claim(evidence).verdict for evidence in runs]
    return {name: told.count(name) / N_RUNS for name in ("supported", "refuted")}


@pytest.mark.parametrize(
    "chances",
    [
        (0.75, 0.2, 0.15),  # shape is enough, texture is not
        (0.85, 0.3, 0.5),  # though others resemble it
    ],
)
def test_a_planted_truth_is_told(chances):
    result = verdicts(*chances)
    assert result["supported"] > 0.9
    assert result["refuted"] == 0


@pytest.mark.parametrize(
    "chances",
    [
        (0.3, 0.7, 0.15),  # the reverse
        (0.3, 0.1, 0.1),  # neither is enough
        (0.85, 0.75, 0.1),  # both are
    ],
)
def test_a_planted_untruth_is_refuted(chances):
    result = verdicts(*chances)
    assert result["refuted"] > 0.9
    assert result["supported"] == 0


@pytest.mark.parametrize(
    "chances",
    [
        (0.5, 0.2, 0.1),  # shape on the border
        (0.8, 0.5, 0.1),  # texture on the border
        (0.5, 0.5, 0.1),  # both, and shape is texture
        (0.5, 0.5, 0.5),  # and the object plays no part
    ],
)
def test_on_the_border_the_verdict_is_rarely_more_than_undecided(chances):
    result = verdicts(*chances)
    assert result["supported"] <= 0.05
    assert result["refuted"] <= 0.05


def test_a_shape_that_is_no_better_than_another_objects_is_not_supported():
    result = verdicts(0.7, 0.2, 0.7)
    assert result["supported"] <= 0.05
    assert result["refuted"] == 0


def test_shares_are_wilsons_and_differences_paired():
    measured = versions(np.random.default_rng(1), 0.7, 0.2, 0.1)
    true = np.resize([0, 1, -1], N_IMAGES)
    arrays, evidence = summarised(measured, true)
    labels = measured["predicted"]
    for place in range(len(names.VERSIONS)):
        n_kept = int((labels[:, place, OWN] == 0).sum())
        assert arrays[shape.VERSION_SURVIVAL][place] == pytest.approx(share(n_kept, N_IMAGES).row())
        known = true >= 0
        right = int((labels[known, place, OTHER] == true[known]).sum())
        expected = share(right, int(known.sum())).row()
        assert arrays[shape.CONTROL_ACCURACY][place] == pytest.approx(expected)
    kept = labels == 0
    silhouette, edges, *textures = (
        names.VERSIONS.index(name) for of_cue in names.CUES.values() for name in of_cue
    )
    by_shape = kept[:, [silhouette, edges], OWN].mean(axis=1)
    by_texture = kept[:, textures, OWN].mean(axis=1)
    assert evidence.shape.value == pytest.approx(by_shape.mean())
    assert evidence.over_texture.value == pytest.approx((by_shape - by_texture).mean())
    assert evidence.by_shape[names.SILHOUETTE].value == pytest.approx(
        kept[:, silhouette, OWN].mean()
    )


def test_without_known_labels_nothing_is_right_or_wrong():
    arrays, _ = summarised(versions(np.random.default_rng(0), 0.7, 0.2, 0.1))
    assert np.isnan(arrays[shape.VERSION_ACCURACY]).all()


def test_where_no_object_can_be_used_nothing_is_measured():
    measured = versions(np.random.default_rng(0), 0.7, 0.2, 0.1, n_images=4)
    measured["predicted"][:] = NOT_RUN
    arrays, evidence = summarised(measured)
    claim = shape_claim(evidence)
    assert (claim.verdict, claim.n) == ("undecided", 0)
    assert "None of 4 images" in claim.finding
    assert len(arrays[shape.EXAMPLE_PIXELS]) == 0
