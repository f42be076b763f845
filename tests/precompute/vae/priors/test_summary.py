"""What is stored of each prior: as many pictures of every source, and real ones nearest to real."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from precompute.data import fashion_mnist
from precompute.settings import load_profile
from precompute.vae.model.networks import MlpVae
from precompute.vae.priors.summary import generated_arrays
from precompute.vae.training.images import Images
from store.schema.spec import arrays_in
from store.schema.vae import names, priors

SETTINGS = replace(load_profile("embedded").study("vae"), n_generated=100, n_prior_samples=6)


def an_untrained_model(n_pixels):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return MlpVae(n_pixels, 16, SETTINGS.latent_dim)


@pytest.fixture(scope="module")
def garments():
    images = fashion_mnist.load("test")
    pixels = torch.from_numpy(images.images[:500].reshape(500, -1).astype(np.float32) / 255)
    return Images(pixels[:300], pixels[300:], images.labels[300:500].astype(np.int32), "")


@pytest.fixture(scope="module")
def arrays(garments):
    return generated_arrays(an_untrained_model(784), garments, SETTINGS)


def test_every_dataset_is_there_with_as_many_pictures_of_each_source(arrays):
    assert set(arrays) == set(arrays_in(priors))
    assert arrays[priors.SOURCE].tolist() == list(names.SOURCES)
    assert arrays[priors.NEAREST_ERROR].shape == (5, 100)
    assert arrays[priors.PICTURE].shape == arrays[priors.NEAREST_PICTURE].shape == (5, 6, 28, 28)


def test_real_images_lie_nearer_to_real_ones_than_what_an_untrained_decoder_makes(arrays):
    distance = dict(zip(names.SOURCES, arrays[priors.FRECHET_DISTANCE], strict=True))
    assert distance[names.HELD_OUT_IMAGES][2] < min(distance[name][1] for name in names.GENERATED)


def test_the_mean_and_the_stored_errors_are_of_the_stored_pictures(arrays):
    np.testing.assert_allclose(
        arrays[priors.MEAN_NEAREST_ERROR][:, 0], arrays[priors.NEAREST_ERROR].mean(axis=1)
    )
    pictures, nearest = (
        arrays[spec].astype(float) / 255 for spec in (priors.PICTURE, priors.NEAREST_PICTURE)
    )
    error = np.square(pictures - nearest).sum(axis=(2, 3))
    np.testing.assert_allclose(error, arrays[priors.NEAREST_ERROR][:, :6], atol=0.5)


def test_the_same_seed_gives_the_same_and_other_draws_stay_as_they_are(arrays, garments):
    again = generated_arrays(an_untrained_model(784), garments, SETTINGS)
    for spec, values in arrays.items():
        np.testing.assert_array_equal(values, again[spec], err_msg=spec.path)
    other = generated_arrays(an_untrained_model(784), garments, replace(SETTINGS, seed=1))
    assert (arrays[priors.PICTURE] != other[priors.PICTURE]).any()


def test_pictures_of_another_size_have_no_frechet_distance(garments):
    small = Images(garments.train[:, :256], garments.held_out[:, :256], garments.labels, "")
    arrays = generated_arrays(an_untrained_model(256), small, SETTINGS)
    assert np.isnan(arrays[priors.FRECHET_DISTANCE]).all()
    assert np.isfinite(arrays[priors.MEAN_NEAREST_ERROR]).all()
