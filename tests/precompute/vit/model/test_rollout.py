import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.reference_rollout import attention_rollout, rollout_row


def random_attention(seed, layers=4, heads=3, tokens=6):
    return np.random.default_rng(seed).dirichlet(np.ones(tokens), (layers, heads, tokens))


@given(st.integers(0, 10_000))
def test_rows_are_distributions(seed):
    rollout = attention_rollout(random_attention(seed))
    np.testing.assert_allclose(rollout.sum(axis=1), 1, atol=1e-12)
    assert (rollout >= 0).all()


@given(st.integers(0, 10_000), st.integers(0, 5))
def test_one_row_equals_the_row_of_the_whole(seed, token):
    attention = random_attention(seed)
    np.testing.assert_allclose(rollout_row(attention, token), attention_rollout(attention)[token])


def test_it_is_the_mean_over_all_paths():
    attention = random_attention(1, layers=2, heads=1, tokens=3)[:, 0]
    first, second = (0.5 * layer + 0.5 * np.eye(3) for layer in attention)
    expected = np.zeros((3, 3))
    for source in range(3):
        for middle in range(3):
            for target in range(3):
                expected[target, source] += second[target, middle] * first[middle, source]
    np.testing.assert_allclose(attention_rollout(attention[:, None]), expected)


def test_tokens_that_attend_to_themselves_stay_themselves():
    attention = np.broadcast_to(np.eye(5), (3, 2, 5, 5))
    np.testing.assert_array_equal(attention_rollout(attention), np.eye(5))


def test_one_even_layer_gives_the_known_number():
    rollout = attention_rollout(np.full((1, 1, 4, 4), 0.25))
    assert rollout[0, 0] == pytest.approx(0.625)  # (1/4 + 1) / 2
    assert rollout[0, 1] == pytest.approx(0.125)
