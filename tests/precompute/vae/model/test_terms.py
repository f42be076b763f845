import numpy as np
import pytest
import torch
from scipy.integrate import quad
from torch import nn

from precompute.vae.model.networks import ConvolutionalVae, MlpVae, build
from precompute.vae.model.terms import TERMS, ContinuousBernoulli, Gaussian, SquaredError

SIZES = (0.0, 1e-4, 0.1, 1.0, 5.0, 17.0, 30.0, 100.0)  # of logits
LOGITS = torch.linspace(-3, 3, 8).reshape(2, 4)
IMAGES = torch.rand(2, 4, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("logit", [sign * size for size in SIZES for sign in (1, -1)])
def test_the_continuous_bernoulli_is_a_density_with_its_mean(logit):
    term, logits = ContinuousBernoulli(), torch.full((1, 1), logit)
    edge = min(1.0, 40 / abs(logit)) if logit else 1.0  # all of it lies this near to one end
    ends = (1 - edge, 1) if logit > 0 else (0, edge)

    def density(x):
        return float(torch.exp(-term(logits.double(), torch.full((1, 1), x, dtype=torch.float64))))

    assert quad(density, *ends)[0] == pytest.approx(1, abs=1e-6)
    mean = quad(lambda x: x * density(x), *ends)[0]
    assert float(term.mean(logits)) == pytest.approx(mean, abs=1e-6)
    ours, exact = (term(one, IMAGES[:1, :1].to(one.dtype)) for one in (logits, logits.double()))
    assert float(ours) == pytest.approx(float(exact), abs=1e-5)


def test_the_continuous_bernoulli_has_its_numeric_gradient_everywhere():
    """In float32 too it is the mean minus the pixel, at 0 and where the probability is 0 or 1."""
    term = ContinuousBernoulli()
    logits = torch.tensor([[sign * size for size in SIZES for sign in (1, -1)]])
    images = torch.linspace(0, 1, logits.shape[1])[None]
    exact = logits.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda values: term(values, images.double()), exact)
    assert torch.autograd.gradcheck(term.mean, exact)
    logits.requires_grad_()
    (gradient,) = torch.autograd.grad(term(logits, images).sum(), logits)
    torch.testing.assert_close(gradient, term.mean(logits) - images, atol=1e-6, rtol=0)
    (of_mean,) = torch.autograd.grad(term.mean(logits).sum(), logits)
    assert bool(of_mean.isfinite().all())


def test_the_continuous_bernoulli_is_torchs_where_that_one_is_exact():
    logits = torch.linspace(-5, 5, 8).double().reshape(2, 4)
    theirs = torch.distributions.ContinuousBernoulli(logits=logits)
    ours = ContinuousBernoulli()
    expected = -theirs.log_prob(IMAGES.double()).sum(dim=1)
    torch.testing.assert_close(ours(logits, IMAGES.double()), expected, atol=1e-8, rtol=0)
    torch.testing.assert_close(ours.mean(logits), theirs.mean, atol=1e-8, rtol=0)


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


def test_the_convolutional_vae_is_the_network_that_its_layers_make_one_after_another():
    torch.manual_seed(0)
    model = build("convolutional", "squared_error", 784, hidden_dim=0, latent_dim=20).double()
    encoder = nn.Sequential(
        *(nn.Unflatten(1, (1, 28, 28)), model.encoder_input, nn.ReLU(), model.encoder_middle),
        *(nn.ReLU(), nn.Flatten(), model.encoder_hidden, nn.ReLU(), model.encoder_mean),
    )
    decoder = nn.Sequential(
        *(model.decoder_hidden, nn.ReLU(), model.decoder_map, nn.ReLU()),
        *(nn.Unflatten(1, (64, 7, 7)), model.decoder_middle, nn.ReLU(), model.decoder_output),
        *(nn.Flatten(), nn.Sigmoid()),
    )
    images, latents = torch.rand(5, 784).double(), torch.randn(5, 20).double()
    torch.testing.assert_close(model.encode(images)[0], encoder(images))
    torch.testing.assert_close(model.decode(latents), decoder(latents))
    # Layers of 32, 64, 256 and 20 and 20, and of 256, 64 * 49, 32 and 1, with biases.
    assert sum(np.prod(part.shape) for part in model.parameters()) == 1_691_369


def test_the_mlp_has_the_pytorch_examples_size():
    model = build("mlp", "squared_error", n_pixels=784, hidden_dim=400, latent_dim=20)
    assert sum(np.prod(part.shape) for part in model.parameters()) == 652_824
