"""Planted predictions whose summary is known by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from precompute.statistics import share
from precompute.vit.masking.summary import Masking, masking_arrays
from store.schema.vit import masking

ARMS, FILLS = ("centre_block", "random_block", "scattered"), ("black", "token_drop")
RATIOS = np.array([1, 40, 100]) / 200
N_IMAGES, N_SEEDS = 20, 2
LABELS = ("cat", "dog", "maze, labyrinth")
CAT, DOG, MAZE = range(3)
CENTRE, BLOCK, SCATTERED = range(3)
BLACK, DROP = range(2)
SETTINGS = SimpleNamespace(seed=0, n_bootstrap=100, arms=ARMS, fills=FILLS)


def summary(predicted, own=CAT, true=-1, expected=()):
    """The arrays and evidence of predictions (N, seed, arm, ratio, fill)."""
    predictions = Masking(
        settings=SETTINGS,
        n_patches=200,
        ratios=RATIOS,
        run=np.ones((N_SEEDS, len(ARMS), len(RATIOS), len(FILLS)), bool),
        predicted=predicted,
        probability=np.full(predicted.shape, 0.5),
        own=np.full(N_IMAGES, own),
        true=np.full(N_IMAGES, true),
        expected=np.array(expected, int),
        label_names=LABELS,
    )
    return masking_arrays(predictions)


def made_predictions():
    """Every image keeps its label under every mask."""
    return np.full((N_IMAGES, N_SEEDS, len(ARMS), len(RATIOS), len(FILLS)), CAT)


def test_twenty_images_alike_are_no_certainty():
    arrays, _ = summary(made_predictions())
    survival = arrays[masking.SURVIVAL][CENTRE, 0, BLACK]
    np.testing.assert_allclose(survival, share(20, 20).row())
    assert survival[1] < 0.9


def test_puzzles_count_at_the_half_ratio_and_where_the_label_became_one():
    predicted = made_predictions()
    predicted[:10, :, SCATTERED, 2, BLACK] = MAZE
    predicted[:, :, SCATTERED, 1, BLACK] = MAZE  # at another ratio
    arrays, evidence = summary(predicted)
    assert arrays[masking.PUZZLE_SHARE][BLACK, 0] == 0.5
    assert evidence.puzzle_dropped.value == 0
    assert arrays[masking.WRONG_LABEL][BLACK, 0] == MAZE
    arrays, _ = summary(predicted, own=MAZE)  # pictures of a maze, called so
    assert arrays[masking.PUZZLE_SHARE][BLACK, 0] == 0


def test_contiguity_is_judged_where_a_block_hides_every_patch_about_as_often():
    predicted = made_predictions()
    predicted[:5, :, BLOCK, 1] = DOG
    predicted[:, :, BLOCK, 2] = DOG
    _, evidence = summary(predicted)
    assert (evidence.block_ratio, evidence.contiguity_dropped.value) == (0.2, -0.25)


def test_the_centre_is_judged_by_a_single_patch_and_larger_blocks_are_told():
    predicted = made_predictions()
    predicted[:2, :, CENTRE, 0, BLACK] = DOG
    predicted[:5, :, CENTRE, 1, BLACK] = DOG
    _, evidence = summary(predicted)
    assert (evidence.small_masked, evidence.small_centre.value) == (1, 0.9)
    assert evidence.centres == ((0.2, 0.75), (0.5, 1.0))


@pytest.mark.parametrize(
    ("true", "expected", "right"),
    [(CAT, (), 1.0), (DOG, (CAT,), 0.0), (-1, (CAT, MAZE), 1.0), (-1, (DOG,), 0.0)],
)
def test_accuracy_is_of_true_labels_and_else_of_the_expected_ones(true, expected, right):
    arrays, _ = summary(made_predictions(), true=true, expected=expected)
    assert (arrays[masking.MASKED_ACCURACY][..., 0] == right).all()


def test_accuracy_is_missing_where_nothing_says_what_is_right():
    arrays, _ = summary(made_predictions())
    assert np.isnan(arrays[masking.MASKED_ACCURACY]).all()
