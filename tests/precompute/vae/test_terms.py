import numpy as np
import pytest
import torch
from scipy.integrate import quad

from precompute.vae.model import ConvolutionalVae, MlpVae, build
from precompute.vae.terms import TERMS, ContinuousBernoulli, Gaussian, SquaredError

LOGITS = torch.linspace(-3, 3, 8).reshape(2, 4)
IMAGES = torch.rand(2, 4, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("logit", [-2.0, 0.0, 1e-4, 1.5])
def test_the_continuous_bernoulli_is_a_density_with_its_mean(logit):
    term, logits = ContinuousBernoulli(), torch.full((1, 1), logit)

    def density(x):
        return float(torch.exp(-term(logits, torch.full((1, 1), float(x)))))

    assert quad(density, 0, 1)[0] == pytest.approx(1, abs=1e-4)
    mean = quad(lambda x: x * density(x), 0, 1)[0]
    assert float(term.mean(logits)) == pytest.approx(mean, abs=1e-4)


def test_the_bernoulli_is_torchs_cross_entropy_of_probabilities():
    theirs = torch.nn.functional.binary_cross_entropy(
        torch.sigmoid(LOGITS), IMAGES, reduction="none"
    ).sum(dim=1)
    torch.testing.assert_close(TERMS["bernoulli"]()(LOGITS, IMAGES), theirs)


def test_the_gaussian_is_torchs_and_learns_the_noise_that_is_there():
    term = Gaussian()
    pictures = torch.sigmoid(LOGITS)
    theirs = -torch.distributions.Normal(pictures, 1.0).log_prob(IMAGES).sum(dim=1)
    torch.testing.assert_close(term(LOGITS, IMAGES), theirs)
    noisy = pictures.repeat(500, 1) + 0.2 * torch.randn(
        1000, 4, generator=torch.Generator().manual_seed(1)
    )
    optimiser = torch.optim.Adam(term.parameters(), lr=0.05)
    for _ in range(150):
        optimiser.zero_grad()
        term(LOGITS.repeat(500, 1), noisy).mean().backward()
        optimiser.step()
    assert float(term.log_sigma.detach().exp()) == pytest.approx(0.2, rel=0.05)


@pytest.mark.parametrize("weight", [0.1, 1.0])
def test_a_weighted_squared_error_is_a_gaussian_of_the_implied_noise(weight):
    sigma = (weight / 2) ** 0.5
    theirs = torch.distributions.Normal(torch.sigmoid(LOGITS), sigma).log_prob(IMAGES).sum(dim=1)
    torch.testing.assert_close(SquaredError().log_density(LOGITS, IMAGES, weight), theirs)


@pytest.mark.parametrize("architecture", ["mlp", "convolutional"])
@pytest.mark.parametrize("term", TERMS)
def test_every_model_turns_pictures_into_latents_and_back(architecture, term):
    model = build(architecture, term, n_pixels=784, hidden_dim=8, latent_dim=3)
    assert isinstance(model, ConvolutionalVae if architecture == "convolutional" else MlpVae)
    images = torch.rand(5, 784)
    mean, log_variance = model.encode(images)
    assert mean.shape == log_variance.shape == (5, 3)
    pictures = model.decode(mean).detach()
    assert pictures.shape == (5, 784)
    assert 0 <= float(pictures.min()) <= float(pictures.max()) <= 1
    loss = model.term(model.logits(mean), images).mean()
    loss.backward()
    assert all(part.grad is not None for part in model.decoder_output.parameters())


def test_a_convolutional_vae_refuses_a_side_that_cannot_be_halved_twice():
    with pytest.raises(ValueError, match="side of 30 pixels"):
        build("convolutional", "squared_error", n_pixels=900, hidden_dim=8, latent_dim=3)


def test_the_original_model_has_the_pytorch_examples_size():
    model = build("mlp", "squared_error", n_pixels=784, hidden_dim=400, latent_dim=20)
    assert sum(np.prod(part.shape) for part in model.parameters()) == 652_824
