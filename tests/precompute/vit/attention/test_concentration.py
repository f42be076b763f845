import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from precompute.vit.attention.concentration import half_mass_share, rank_agreement


def random_maps(seed, n=3):
    return np.random.default_rng(seed).gamma(0.5, size=(n, 4, 5))


def test_known_maps():
    assert half_mass_share(np.ones((7, 7))) == pytest.approx(0.5)
    one = np.zeros((4, 5))
    one[2, 3] = 1
    assert half_mass_share(one) == pytest.approx(0.5 / 20)
    two = one.copy()
    two[0, 0] = 1
    assert half_mass_share(two) == pytest.approx(1 / 20)


def test_a_map_of_nothing_has_no_half():
    assert np.isnan(half_mass_share(np.zeros((2, 3, 3)))).all()


@given(st.integers(0, 10_000))
def test_concentration_ignores_place_and_scale_and_never_exceeds_even(seed):
    maps = random_maps(seed)
    shares = half_mass_share(maps)
    shuffled = np.random.default_rng(seed).permuted(maps.reshape(3, -1), axis=1).reshape(maps.shape)
    np.testing.assert_allclose(half_mass_share(7 * shuffled), shares, rtol=1e-9)
    assert ((shares > 0) & (shares <= 0.5 + 1e-12)).all()


@given(st.integers(0, 10_000))
def test_the_patches_of_the_share_hold_half(seed):
    (values,) = np.sort(random_maps(seed, n=1).reshape(1, -1), axis=-1)[:, ::-1]
    needed = half_mass_share(values.reshape(4, 5)) * values.size
    whole = int(needed)
    held = values[:whole].sum() + (needed - whole) * values[whole]
    assert held == pytest.approx(values.sum() / 2)


def test_agreement_equals_scipys_rank_correlation():
    maps = np.round(random_maps(4), 1)  # with ties
    expected = spearmanr(maps.reshape(3, -1), axis=1).statistic
    np.testing.assert_allclose(rank_agreement(maps), expected, atol=1e-12)


def test_an_even_map_agrees_with_nothing():
    maps = np.stack([np.ones((4, 5)), random_maps(0)[0]])
    agreement = rank_agreement(maps)
    assert np.isnan(agreement[0]).all()
    assert agreement[1, 1] == pytest.approx(1)
