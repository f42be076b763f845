"""Trainings on collapse: each loss line by the cures tried on it, measured at the end."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import norm

from precompute.settings import load_profile
from precompute.vae.collapse.summary import collapse_arrays
from precompute.vae.reconstructions.linear_baselines import linear_vae, principal
from precompute.vae.settings import collapse_points
from precompute.vae.training.train import train
from store.records import MEAN, SUM, LossLine, latents_alive
from store.schema.spec import arrays_in
from store.schema.vae import collapse, names

SETTINGS = replace(
    load_profile("embedded").study("vae"),
    architecture="mlp",
    hidden_dim=12,
    latent_dim=3,
    batch_size=32,
    collapse_seeds=2,
    collapse_epochs=3,
    collapse_images=80,
)
N_PIXELS = 64


@pytest.fixture(scope="module")
def arrays(tmp_path_factory):
    rng = np.random.default_rng(0)
    pixels = (rng.uniform(0, 1, (160, 2)) @ rng.uniform(0, 1, (2, N_PIXELS)) / 2).astype("f4")
    images, held_out = map(torch.from_numpy, (pixels[:100], pixels[100:]))
    folder = tmp_path_factory.mktemp("collapse")
    return collapse_arrays(
        SETTINGS,
        N_PIXELS,
        principal(pixels[:100], 5),
        lambda every, _: [train(SETTINGS, one, images, held_out, folder, "d") for one in every],
    )


def test_every_dataset_of_the_schema_is_made(arrays):
    assert set(arrays) == set(arrays_in(collapse)) | {
        spec for pair in collapse.OUTCOMES.values() for spec in pair
    }


def test_each_line_is_trained_with_the_weight_that_it_amounts_to(arrays):
    weights = {line: line.effective_beta(784, 20) for line, _ in collapse_points(SETTINGS, 784)}
    assert weights[LossLine(MEAN, MEAN, 1.0)] == pytest.approx(39.2)
    assert weights[LossLine(MEAN, SUM, 1.0)] == 784
    assert LossLine(SUM, SUM, 5.0).effective_beta(784, 20) == 5
    assert arrays[collapse.EFFECTIVE_BETA].max() == N_PIXELS
    assert arrays[collapse.N_TRAIN] == 80


@pytest.mark.parametrize("beta", [0.1, 1.0, 5.0])
def test_the_latents_alive_are_those_of_the_linear_vae_in_closed_form(beta):
    rng = np.random.default_rng(0)
    images = rng.normal(0, np.sqrt([4, 2, 1, 0.3, 0.1, 0.02]), (4000, 6))
    fit = principal(images, 6)
    assert latents_alive(fit.variances, beta, 5) == linear_vae(fit, images, 5, beta).n_active
    assert latents_alive(np.full(10, 9.0), 1.0, 4) == 4  # no more than there are


def test_the_bound_is_the_log_density_of_the_gaussian_that_the_loss_assumes_less_the_kl(arrays):
    beta = float(arrays[collapse.EFFECTIVE_BETA][0])
    error, kl = (arrays[one][0, -1, 1] for one in (collapse.RECONSTRUCTION, collapse.KL_NATS))
    residuals = np.full(N_PIXELS, np.sqrt(error / N_PIXELS))  # that make up this squared error
    density = norm.logpdf(residuals, scale=np.sqrt(beta / 2)).sum()
    bound = arrays[collapse.BY_SEED["elbo_nats"]][0, 0]
    assert bound == pytest.approx(density - kl, rel=1e-5)


def test_cures_are_tried_on_sums_and_on_means(arrays):
    cured = arrays[collapse.CURE] != names.NO_CURE
    assert set(arrays[collapse.CURE]) == set(names.CURES)
    assert set(arrays[collapse.EFFECTIVE_BETA][cured]) == {1.0, N_PIXELS / 3}


def test_what_is_stored_at_the_end_is_of_the_last_epoch(arrays):
    active, error, _ = (arrays[each][:, 0] for _, each in collapse.OUTCOMES.values())
    last = arrays[collapse.KL_BY_LATENT][:, -1]
    np.testing.assert_array_equal(active, (last >= 0.05).sum(axis=1))
    np.testing.assert_allclose(error, arrays[collapse.RECONSTRUCTION][:, -1, 1])
    np.testing.assert_allclose(last.sum(axis=1), arrays[collapse.KL_NATS][:, -1, 1], rtol=1e-4)
