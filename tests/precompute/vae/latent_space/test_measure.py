"""Information, drift and neighbours of latents, by hand and against torch."""

import numpy as np
import pytest
import torch
from torch.distributions import Normal

from precompute.vae.latent_space.measure import (
    bounds,
    latent_drift,
    log_density_of_each,
    mutual_information_nats,
    neighbour_classes,
    traversal_latents,
)
from precompute.vae.model.networks import MlpVae
from precompute.vae.model.terms import TERMS


def test_the_density_of_every_pair_is_torchs():
    rng = np.random.default_rng(0)
    result, mean, log_variance = rng.normal(size=(3, 7, 4))
    theirs = Normal(torch.from_numpy(mean), torch.from_numpy(np.exp(log_variance / 2)))
    expected = theirs.log_prob(torch.from_numpy(result)[:, None]).sum(dim=-1).numpy()
    np.testing.assert_allclose(log_density_of_each(result, mean, log_variance), expected, rtol=1e-9)


def test_a_channel_with_noise_has_shannons_information():
    """x ~ N(0, S), z = x + N(0, 1): the information is log(1 + S) / 2 per dimension."""
    rng = np.random.default_rng(1)
    mean = rng.normal(0, np.sqrt(3), size=(3000, 2))
    measured = mutual_information_nats(mean, np.zeros_like(mean), rng)
    assert measured == pytest.approx(np.log(4), abs=0.06)


def test_it_is_nothing_at_the_prior_and_at_most_the_log_of_the_images():
    rng = np.random.default_rng(2)
    prior = np.zeros((50, 3))
    assert mutual_information_nats(prior, prior, rng) == pytest.approx(0, abs=1e-9)
    apart = 1e3 * rng.normal(size=(50, 3))
    assert mutual_information_nats(apart, prior, rng) == pytest.approx(np.log(50))
    sharp = np.full((50, 3), -45.0)  # an autoencoder's: the deviation is 1e-10
    assert mutual_information_nats(apart, sharp, rng) == pytest.approx(np.log(50))


class LinearGaussian(MlpVae):
    """p(x|z) = N(W z, sigma^2) with an encoder a little off its exact posterior."""

    def __init__(self, sigma):
        super().__init__(n_pixels=4, hidden_dim=2, latent_dim=2)
        self.weight = torch.tensor([[0.8, 0.1, -0.3, 0.5], [0.0, 0.6, 0.4, -0.2]]).double()
        self.sigma = sigma
        precision = torch.eye(2).double() + self.weight @ self.weight.T / sigma**2
        self.gain = torch.linalg.inv(precision) @ self.weight / sigma**2
        self.log_variance = -torch.log(torch.diagonal(precision)) + 0.2

    def encode(self, images):
        return images @ self.gain.T, self.log_variance.expand(len(images), 2)

    def logits(self, latents):
        return latents @ self.weight

    def evidence(self, images):
        covariance = self.weight.T @ self.weight + self.sigma**2 * torch.eye(4).double()
        normal = torch.distributions.MultivariateNormal(torch.zeros(4).double(), covariance)
        return normal.log_prob(images)


class PlainGaussian(torch.nn.Module):
    def __init__(self, sigma):
        super().__init__()
        self.sigma = sigma

    def log_density(self, logits, images, kl_weight):
        return Normal(logits, self.sigma).log_prob(images).sum(dim=1)


def test_the_importance_bound_finds_the_evidence_of_a_linear_gaussian():
    model = LinearGaussian(0.5)
    model.term = PlainGaussian(0.5)
    images = torch.from_numpy(np.random.default_rng(3).normal(size=(20, 4)))
    sample = bounds(model, images, 1.0, n_samples=5000, seed=0)
    evidence = model.evidence(images).numpy()
    np.testing.assert_allclose(sample.importance, evidence, atol=0.08)
    assert (sample.elbo < evidence).all()


@pytest.mark.parametrize(
    ("term", "weight", "defined"),
    [
        ("squared_error", 0.5, True),
        ("squared_error", 0.0, False),
        ("bernoulli", 1.0, False),
        ("gaussian", 1.0, True),
        ("continuous_bernoulli", 1.0, True),
        ("continuous_bernoulli", 0.5, False),
    ],
)
def test_a_bound_is_given_only_where_the_loss_is_a_density(term, weight, defined):
    torch.manual_seed(0)
    model = MlpVae(9, 8, 2, TERMS[term]())
    images = torch.rand(5, 9)
    sample = bounds(model, images, weight, n_samples=64, seed=1)
    assert (sample is not None) == defined
    if sample is not None:
        assert sample.importance.mean() >= sample.elbo.mean()
        again = bounds(model, images, weight, n_samples=64, seed=1)
        np.testing.assert_array_equal(sample.importance, again.importance)


def rows(seed, n=5, d=4):
    return np.random.default_rng(seed).normal(size=(n, d))


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


def test_a_query_far_from_its_own_latent_asks_its_nearest():
    """Its own latent is not among them, so that one too many is found: the farthest has no vote."""
    latents = np.array([[0.0], [10.0], [11.0], [13.0], [14.0], [50.0]])
    labels = np.array([0, 1, 1, 2, 2, 0])
    queries = latents.copy()
    queries[0] = 10.0  # nearest are of classes 1, 1, 2 and then 2
    assert neighbour_classes(latents, labels, queries, n_neighbours=3)[0] == 1


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
