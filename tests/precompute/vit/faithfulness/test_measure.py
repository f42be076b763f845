import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from precompute.vit.faithfulness.measure import faithfulness, joined_curves, ranked

RATIOS = np.array([0.25, 0.5, 1.0])


def test_the_area_of_a_straight_line_is_its_middle():
    curves = np.broadcast_to(1 - RATIOS, (2, 2, 2, 3))
    measured = faithfulness(curves, np.ones(2), RATIOS)
    np.testing.assert_allclose(measured.area, 0.5)


def test_a_map_that_knows_lies_low_in_deletion_and_high_in_insertion():
    knows = np.array([[0.2, 0.1, 0.0], [0.9, 0.9, 0.0]])
    random = np.array([[0.6, 0.4, 0.0], [0.6, 0.4, 0.0]])
    measured = faithfulness(np.stack([knows, random])[None], np.ones(1), RATIOS)
    assert (measured.gain[0, 0] > 0).all()
    assert (measured.gain[0, 1] == 0).all()
    assert measured.between[0, 0] == pytest.approx(measured.gain[0, 0].sum())
    assert measured.between[0, 1] == 0


@given(st.integers(0, 1000))
def test_turning_the_order_round_turns_the_sign(seed):
    curves = np.random.default_rng(seed).random((1, 2, 2, 3))
    there = faithfulness(curves, np.ones(1), RATIOS).between
    back = faithfulness(curves[:, :, ::-1], np.ones(1), RATIOS).between
    np.testing.assert_allclose(there, -back)


def test_the_highest_patch_is_ranked_first():
    values = np.array([[0.1, 0.9], [0.5, 0.5]])
    assert ranked(values).tolist() == [[3, 0], [1, 2]]


def test_curves_that_masking_measured_join_the_others_in_order():
    arms = ("scattered", "least_attended", "most_attended")
    masked = np.arange(2 * 2 * 3 * 3, dtype=np.float16).reshape(2, 2, 3, 3)  # n, seed, arm, ratio
    joined = joined_curves(np.full((2, 1, 2, 3), 0.5), masked, arms)
    assert joined.shape == (2, 3, 2, 3)
    np.testing.assert_array_equal(joined[:, 0, 0], masked[:, 0, 2])  # deletion: most attended first
    np.testing.assert_array_equal(joined[:, 0, 1], masked[:, 0, 1])
    np.testing.assert_array_equal(joined[:, 1], 0.5)
    np.testing.assert_array_equal(joined[:, 2, 0], masked[:, :, 0].mean(axis=1))
