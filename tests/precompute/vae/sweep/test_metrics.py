"""What is measured of a model of the sweep, of one that is made up so that all is known by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from precompute.settings import load_profile
from precompute.vae.model.networks import MlpVae
from precompute.vae.sweep.metrics import measure
from precompute.vae.training.train import Trained
from precompute.vae.training.variants import own_model

SIDE = 8
N_FLIPPED, N_KEPT = 30, 10
SETTINGS = replace(
    load_profile("embedded").vae,
    latent_dim=2,
    sweep_test=N_FLIPPED + N_KEPT,
    n_importance_images=4,
    n_importance_samples=8,
)
CURVES = np.arange(12, dtype=np.float32).reshape(2, 2, 3)  # (epoch, split, term)
PATTERN = torch.rand(SIDE**2, generator=torch.Generator().manual_seed(0))


class Flipping(MlpVae):
    """The first pixel is the first latent, and a copy's is its negative size; nothing else varies.

    So a positive latent comes back on the other side, and a negative one where it was.
    """

    def __init__(self):
        super().__init__(n_pixels=SIDE**2, hidden_dim=2, latent_dim=2)

    def encode(self, images):
        mean = torch.stack([4 * images[:, 0] - 2, torch.zeros(len(images))], dim=1)
        return mean, torch.tensor([-4.0, 0.0]).expand(len(images), 2)

    def decode(self, latents):
        pictures = PATTERN.repeat(len(latents), 1) / 2
        pictures[:, 0] = 0.5 - latents[:, 0].abs() / 4
        return pictures


@pytest.fixture(scope="module")
def found():
    """Latents near 1 are of class 0 and flip, those near -1 of class 1 and stay."""
    labels = np.repeat([0, 1], [N_FLIPPED, N_KEPT])
    order = np.random.default_rng(1).permutation(len(labels))
    latents = (np.where(labels == 0, 1.0, -1.0) + np.linspace(0, 0.1, len(labels)))[order]
    images = PATTERN.repeat(len(labels), 1)
    images[:, 0] = torch.from_numpy(latents / 4 + 0.5)
    trained = Trained(Flipping(), CURVES, np.zeros(3, np.float32))
    return measure(trained, own_model(SETTINGS), images, labels[order], SETTINGS), images, latents


def test_each_loss_is_the_last_of_its_own_split(found):
    assert found[0].train_loss == CURVES[-1, 0, 0]
    assert found[0].held_out_loss == CURVES[-1, 1, 0]


def test_the_class_of_an_image_is_compared_with_that_of_its_second_latent(found):
    """Compared with its own first latent, every class would agree."""
    assert found[0].class_agreement == N_KEPT / (N_FLIPPED + N_KEPT)


def test_drifts_and_second_passes_are_those_of_the_second_encoding(found):
    assert found[0].latent_drift == pytest.approx(2)  # of those that flip, three in four
    assert found[0].latent_drift_active == pytest.approx(2)
    assert found[0].second_pass_ratio == pytest.approx(0, abs=1e-6)  # the copy of a copy is itself
    assert found[0].prior_drift > 0


def test_errors_and_latents_in_use_are_counted_by_hand(found):
    measured, images, latents = found
    copies = Flipping().decode(torch.from_numpy(latents[:, None]))
    error = ((images - copies) ** 2).sum(dim=1).mean()
    assert measured.squared_error == pytest.approx(float(error), rel=1e-5)
    kl = 0.5 * (latents**2 + np.exp(-4) + 4 - 1)
    assert measured.kl_nats == pytest.approx(kl.mean(), rel=1e-5)
    assert (measured.active_by_variance, measured.active_by_kl) == (1, 1)
    assert measured.elbo_nats < measured.log_likelihood_nats
    assert measured.laplacian_ratio < 0.5
