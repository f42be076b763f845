import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Normal, kl_divergence

from precompute.vae.model.elbo import (
    active_by_kl,
    active_by_variance,
    bernoulli_floor,
    kl_nats,
    refuse_below_floor,
    squared_error,
)


def rows(seed, n=5, d=4):
    return np.random.default_rng(seed).normal(size=(n, d))


@given(st.integers(0, 10_000))
def test_kl_equals_torchs_and_is_never_negative(seed):
    mean, log_variance = rows(seed), rows(seed + 1)
    theirs = kl_divergence(
        Normal(torch.from_numpy(mean), torch.from_numpy(np.exp(0.5 * log_variance))),
        Normal(torch.zeros(mean.shape), torch.ones(mean.shape)),
    )
    ours = kl_nats(mean, log_variance)
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-6, atol=1e-9)
    assert (ours >= 0).all()


def test_kl_at_the_prior_is_zero_and_one_deviation_away_is_half_a_nat():
    assert kl_nats(np.zeros((1, 1)), np.zeros((1, 1))).item() == 0
    assert kl_nats(np.ones((1, 1)), np.zeros((1, 1))).item() == 0.5


@given(st.integers(0, 10_000))
def test_squared_error_equals_torchs_summed_loss(seed):
    images, others = rows(seed), rows(seed + 7)
    theirs = torch.nn.functional.mse_loss(
        torch.from_numpy(images), torch.from_numpy(others), reduction="none"
    ).sum(dim=1)
    np.testing.assert_allclose(squared_error(images, others), theirs.numpy(), rtol=1e-9)


def test_the_floor_is_the_cross_entropy_of_a_perfect_copy():
    """Known numbers: grey of one half costs log 2, black and white nothing."""
    images = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 1.0], [0.2, 0.9, 0.5]])
    floor = bernoulli_floor(images)
    assert floor[0] == pytest.approx(2 * np.log(2))
    assert floor[1] == 0
    pixels = torch.from_numpy(images)
    theirs = torch.nn.functional.binary_cross_entropy(pixels, pixels, reduction="none").sum(dim=1)
    np.testing.assert_allclose(floor, theirs.numpy(), rtol=1e-9)


@given(st.integers(0, 10_000))
def test_no_reconstruction_has_a_cross_entropy_below_the_floor(seed):
    rng = np.random.default_rng(seed)
    images, copies = (torch.from_numpy(rng.uniform(0.01, 0.99, (3, 8))) for _ in range(2))
    entropy = torch.nn.functional.binary_cross_entropy(copies, images, reduction="none").sum(dim=1)
    assert (entropy.numpy() >= bernoulli_floor(images.numpy())).all()


def test_a_loss_below_the_floor_is_refused_and_one_at_it_is_not():
    refuse_below_floor(188.4, 188.4)
    with pytest.raises(ValueError, match=r"187\.0000 per image lies below 188\.4000"):
        refuse_below_floor(187.0, 188.4)


def test_a_latent_is_active_when_its_mean_varies_over_images():
    means = np.zeros((100, 3))
    means[:50, 0], means[:50, 1] = 0.3, 0.1  # variances 0.0225 and 0.0025
    assert active_by_variance(means).tolist() == [True, False, False]


def test_a_latent_is_active_when_its_mean_kl_is_a_twentieth_of_a_nat():
    kl = np.array([[0.1, 0.04, 0.0], [0.0, 0.04, 0.0]])
    assert active_by_kl(kl).tolist() == [True, False, False]
