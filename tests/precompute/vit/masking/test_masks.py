import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from precompute.vit.masking.masks import (
    count_masked,
    first_alike,
    hidden_patches,
    mask_rng,
    patch_ranking,
)
from store.schema.vit.names import (
    ARMS,
    CENTRE_BLOCK,
    LEAST_ATTENDED,
    MOST_ATTENDED,
    PERIPHERY,
    RANDOM_BLOCK,
    SCATTERED,
)

GRID = st.tuples(st.integers(2, 12), st.integers(2, 12))
COUNTS = (3, 8, 20)


def ranking(arm, rows=7, cols=7, seed=0, image=0, index=0):
    attention = np.random.default_rng(image).gamma(1.0, size=(rows, cols))
    return patch_ranking(arm, attention, mask_rng(seed, image, index, arm))


@given(st.sampled_from(ARMS), GRID, st.integers(0, 99))
def test_a_ranking_names_every_patch_once(arm, grid, image):
    assert sorted(ranking(arm, *grid, image=image).ravel()) == list(range(grid[0] * grid[1]))


@given(st.sampled_from(ARMS), st.integers(0, 99))
def test_masks_are_nested_and_of_exactly_the_area_asked_for(arm, image):
    hidden = [hidden_patches(ranking(arm, image=image), count) for count in COUNTS]
    assert [mask.sum() for mask in hidden] == list(COUNTS)
    assert (hidden[1] >= hidden[0]).all()
    assert (hidden[2] >= hidden[1]).all()


def test_the_centre_block_of_nine_patches_is_the_middle_square():
    hidden = hidden_patches(ranking(CENTRE_BLOCK), 9)
    expected = np.zeros((7, 7), bool)
    expected[2:5, 2:5] = True
    assert (hidden == expected).all()


def test_the_periphery_is_what_the_centre_block_hides_last():
    hidden = hidden_patches(ranking(PERIPHERY), 24)
    rim = np.ones((7, 7), bool)
    rim[1:-1, 1:-1] = False
    assert (hidden == rim).all()


def test_a_fifth_of_the_patches_as_a_block_hides_every_patch_about_as_often():
    """So a block and scattered patches differ in contiguity there, and hardly in place."""
    n_masks, a_fifth = 4000, 39
    hidden = np.mean(
        [
            hidden_patches(ranking(RANDOM_BLOCK, 14, 14, index=index), a_fifth)
            for index in range(n_masks)
        ],
        axis=0,
    )
    middle, rim = hidden[5:9, 5:9].mean(), np.concatenate([hidden[0], hidden[-1]]).mean()
    assert middle == pytest.approx(0.2, abs=0.03)
    assert rim == pytest.approx(0.2, abs=0.08)


def test_attention_arms_hide_a_planted_patch_first_and_last():
    attention = np.full((4, 6), 0.5)
    attention[1, 4] = 0.9
    most, least = (
        patch_ranking(arm, attention, np.random.default_rng(0))
        for arm in (MOST_ATTENDED, LEAST_ATTENDED)
    )
    assert (most[1, 4], least[1, 4]) == (0, 23)


def test_evenly_attended_patches_are_hidden_by_chance():
    even = np.ones((5, 5))
    one, other = (
        patch_ranking(MOST_ATTENDED, even, np.random.default_rng(seed)) for seed in (0, 1)
    )
    assert (one != other).any()


@given(st.integers(0, 200))
def test_a_random_block_is_connected(image):
    hidden = hidden_patches(ranking(RANDOM_BLOCK, image=image), 9)
    down, right = np.nonzero(hidden)
    assert np.ptp(down) * np.ptp(right) <= 5 * 5  # scattered patches span nearly the whole grid


def test_scattered_masks_hit_every_patch_equally_often():
    hits = sum(hidden_patches(ranking(SCATTERED, image=image), 10) for image in range(2000))
    expected = 2000 * 10 / 49
    assert np.abs(hits - expected).max() < 5 * np.sqrt(expected)


def test_a_mask_depends_on_its_four_keys_and_on_nothing_else():
    base = ranking(SCATTERED, seed=1, image=2, index=3)
    assert (ranking(SCATTERED, seed=1, image=2, index=3) == base).all()
    for changed in ({"seed": 2}, {"image": 3}, {"index": 4}):
        other = ranking(SCATTERED, **({"seed": 1, "image": 2, "index": 3} | changed))
        assert (other != base).any()


def test_an_unknown_arm_is_refused_by_name():
    with pytest.raises(ValueError, match="no arm 'corner'"):
        patch_ranking("corner", np.ones((7, 7)), np.random.default_rng(0))


def test_ratios_become_the_nearest_counts():
    assert count_masked([0.05, 0.1, 0.25, 0.5, 0.75], 49).tolist() == [2, 5, 12, 25, 37]
    assert count_masked([0.001], 49).tolist() == [1]


def test_a_ratio_that_hides_everything_is_refused():
    with pytest.raises(ValueError, match=r"hide \[25, 49\] of 49 patches; each ratio must leave"):
        count_masked([0.5, 0.999], 49)


def test_of_ratios_that_hide_as_many_the_first_stands_for_all():
    alike = first_alike([0.005, 0.02, 0.05, 0.1], 49)
    assert alike == {0.005: 0.005, 0.02: 0.005, 0.05: 0.05, 0.1: 0.1}
    assert first_alike([0.005, 0.02], 196) == {0.005: 0.005, 0.02: 0.02}
