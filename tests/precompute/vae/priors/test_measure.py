"""Latents of each prior, the nearest training image, and the Fréchet distance by known numbers."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from precompute.vae.model.networks import MlpVae
from precompute.vae.priors import measure
from store.schema.vae import names


def a_model(latent_dim=4):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return MlpVae(64, 8, latent_dim)


@pytest.fixture(scope="module")
def latents():
    training = torch.from_numpy(np.random.default_rng(0).random((50, 64), np.float32))
    return measure.draw_latents(a_model(), training, 40_000, np.random.default_rng(1))


@pytest.mark.parametrize(("name", "kurtosis"), [(names.NORMAL, 3), (names.LAPLACE, 6)])
def test_both_priors_have_mean_0_and_variance_1_and_their_own_tails(latents, name, kurtosis):
    drawn = latents[name].astype(float)
    assert np.abs(drawn.mean(axis=0)).max() < 0.03
    np.testing.assert_allclose(drawn.var(axis=0), 1, atol=0.05)
    np.testing.assert_allclose((drawn**4).mean() / (drawn**2).mean() ** 2, kurtosis, atol=0.4)


def test_the_aggregated_posterior_has_the_moments_of_its_mixture(latents):
    training = torch.from_numpy(np.random.default_rng(0).random((50, 64), np.float32))
    with torch.inference_mode():
        mean, log_variance = (part.double().numpy() for part in a_model().encode(training))
    drawn = latents[names.AGGREGATED]
    np.testing.assert_allclose(drawn.mean(axis=0), mean.mean(axis=0), atol=0.03)
    variance = mean.var(axis=0) + np.exp(log_variance).mean(axis=0)
    np.testing.assert_allclose(drawn.var(axis=0), variance, rtol=0.05)


def test_the_nearest_image_is_what_a_plain_search_gives():
    rng = np.random.default_rng(0)
    pictures, training = rng.random((30, 16), np.float32), rng.random((200, 16), np.float32)
    rows, errors = measure.nearest_images(pictures, torch.from_numpy(training))
    square = np.square(pictures[:, None].astype(float) - training[None]).sum(axis=2)
    np.testing.assert_array_equal(rows, square.argmin(axis=1))
    np.testing.assert_allclose(errors, square.min(axis=1), rtol=1e-6)


def test_a_copy_of_a_training_image_lies_at_0():
    training = np.random.default_rng(0).random((20, 16), np.float32)
    rows, errors = measure.nearest_images(training[[7, 3]], torch.from_numpy(training))
    assert rows.tolist() == [7, 3]
    assert errors.tolist() == [0, 0]


def test_the_distance_of_two_normal_clouds_is_the_formulas():
    rng = np.random.default_rng(0)
    spread = np.diag([1.0, 2.0, 0.5]) + 0.2
    reference = rng.multivariate_normal([0, 0, 0], np.eye(3), 40_000)
    others = rng.multivariate_normal([1, 0, 2], spread, 40_000)
    known = 5 + np.trace(np.eye(3) + spread - 2 * sqrtm(spread).real)
    distance = measure.frechet_distance(others, reference)
    assert distance.low < distance.value < distance.high
    np.testing.assert_allclose(distance.value, known, rtol=0.03)


def test_the_same_cloud_comes_near_to_0_and_nearer_with_more_rows():
    rng = np.random.default_rng(0)
    reference = rng.standard_normal((20_000, 8))
    few, many = (
        measure.frechet_distance(rng.standard_normal((n, 8)), reference) for n in (500, 10_000)
    )
    assert 0 < many.value < few.value < 0.5


def test_features_tell_garments_apart_and_refuse_another_size():
    features = measure.GarmentFeatures(torch.device("cpu"))
    assert features.fits(28 * 28)
    assert not features.fits(32 * 32)
    pictures = np.zeros((3, 784), np.float32)
    pictures[2, 200:600] = 1
    first, same, other = features(pictures)
    np.testing.assert_allclose(first, same, rtol=1e-5)
    assert np.abs(first - other).max() > 0.1
