import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Normal, kl_divergence

from precompute.vae.elbo import convert_loss, count_active, decode, kl_nats, squared_error
from precompute.vae.latents import latent_drift, neighbour_classes, traversal_latents
from precompute.vae.model import MlpVae


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


@given(st.floats(0, 1e4))
def test_a_loss_converted_there_and_back_is_the_same(value):
    there = convert_loss(value, 784, "sum", "mean")
    assert convert_loss(there, 784, "mean", "sum") == pytest.approx(value, rel=1e-12)
    assert there == pytest.approx(value / 784)
    assert convert_loss(value, 784, "sum", "sum") == value


def test_the_stored_decoder_equals_torchs():
    torch.manual_seed(0)
    model = MlpVae(n_pixels=12, hidden_dim=8, latent_dim=3)
    weights = [
        (layer.weight.detach().numpy().T, layer.bias.detach().numpy())
        for layer in (model.decoder_hidden, model.decoder_output)
    ]
    latents = rows(3, d=3).astype(np.float32)
    theirs = model.decode(torch.from_numpy(latents)).detach().numpy()
    np.testing.assert_allclose(decode(latents, *weights), theirs, atol=1e-6)


def test_a_latent_is_active_when_its_mean_varies_over_images():
    means = np.zeros((100, 3))
    means[:50, 0], means[:50, 1] = 0.3, 0.1  # variances 0.0225 and 0.0025
    assert count_active(means) == 1


def test_drift_is_relative_to_the_latents_own_length():
    before = np.array([[3.0, 4.0], [0.0, 2.0]])
    after = np.array([[3.0, 4.0], [0.0, 3.0]])
    np.testing.assert_allclose(latent_drift(before, after), [0, 0.5])


def test_a_latent_never_votes_for_itself():
    """Each image's own latent carries the wrong class; its neighbours carry the right one."""
    latents = np.array([[0.0], [0.1], [0.2], [9.0], [9.1], [9.2]])
    labels = np.array([1, 0, 0, 0, 1, 1])
    voted = neighbour_classes(latents, labels, latents, n_neighbours=2)
    assert voted[[0, 3]].tolist() == [0, 1]


def test_neighbours_agree_with_a_search_by_hand():
    latents, labels = rows(5, n=60), np.random.default_rng(6).integers(0, 3, 60)
    queries = latents + 0.3 * rows(8, n=60)
    for row, voted in enumerate(neighbour_classes(latents, labels, queries, n_neighbours=5)):
        distance = np.linalg.norm(latents - queries[row], axis=1)
        distance[row] = np.inf
        votes = np.bincount(labels[np.argsort(distance)[:5]], minlength=3)
        assert votes[voted] == votes.max()


def test_a_traversal_moves_one_latent_from_minus_three_to_three():
    grid = traversal_latents(np.array([4, 1]), latent_dim=6)
    assert grid.shape == (2, 9, 6)
    np.testing.assert_allclose(grid[0, :, 4], np.linspace(-3, 3, 9))
    assert np.count_nonzero(grid[0].any(axis=0)) == 1
