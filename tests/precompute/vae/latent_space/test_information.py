import numpy as np
import pytest
import torch
from torch.distributions import Normal

from precompute.vae.latent_space.information import log_density_of_each, mutual_information_nats
from precompute.vae.latent_space.likelihood import bounds
from precompute.vae.model.networks import MlpVae
from precompute.vae.model.terms import TERMS


def test_the_density_of_every_pair_is_torchs():
    rng = np.random.default_rng(0)
    drawn, mean, log_variance = rng.normal(size=(3, 7, 4))
    theirs = Normal(torch.from_numpy(mean), torch.from_numpy(np.exp(log_variance / 2)))
    expected = theirs.log_prob(torch.from_numpy(drawn)[:, None]).sum(dim=-1).numpy()
    np.testing.assert_allclose(log_density_of_each(drawn, mean, log_variance), expected, rtol=1e-9)


def test_a_channel_with_noise_has_shannons_information():
    """x ~ N(0, S), z = x + N(0, 1): the information is log(1 + S) / 2 per dimension."""
    rng = np.random.default_rng(1)
    mean = rng.normal(0, np.sqrt(3), size=(3000, 2))
    found = mutual_information_nats(mean, np.zeros_like(mean), rng)
    assert found == pytest.approx(np.log(4), abs=0.06)


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
    found = bounds(model, images, 1.0, n_samples=5000, seed=0)
    evidence = model.evidence(images).numpy()
    np.testing.assert_allclose(found.importance, evidence, atol=0.08)
    assert (found.elbo < evidence).all()


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
    found = bounds(model, images, weight, n_samples=64, seed=1)
    assert (found is not None) == defined
    if found is not None:
        assert found.importance.mean() >= found.elbo.mean()
        again = bounds(model, images, weight, n_samples=64, seed=1)
        np.testing.assert_array_equal(found.importance, again.importance)
