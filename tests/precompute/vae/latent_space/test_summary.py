"""Repeated passes of a model whose latents are the first pixels, so that all is known by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from precompute.settings import load_profile
from precompute.vae.latent_space.summary import (
    N_NEAREST,
    prior_arrays,
    repetition_arrays,
    second_pass_ratios,
    shares_of_move,
)
from precompute.vae.model.networks import MlpVae
from precompute.vae.model.passes import Chain, decoded, second_pass_ratio, two_passes
from store.schema.vae import latent_space
from tests.support.made_up_passes import SETTINGS as SETTINGS_OF_PASSES
from tests.support.made_up_passes import SIDE, distance, made_up_passes

N_PASSES = 3
SETTINGS = replace(
    load_profile("embedded").study("vae"),
    latent_dim=2,
    sweep_test=40,
    n_passes=N_PASSES,
    n_neighbours=3,
    n_bootstrap=50,
)


class Halving(MlpVae):
    """Each pass halves the first latent and sends the second, which nothing is encoded in, to 0."""

    def __init__(self):
        super().__init__(n_pixels=4, hidden_dim=2, latent_dim=2)

    def encode(self, images):
        mean = torch.stack([images[:, 0] / 2, torch.zeros(len(images))], dim=1)
        return mean, torch.tensor([-4.0, 0.0]).expand(len(images), 2)

    def decode(self, latents):
        return latents[:, :1].expand(len(latents), 4)


class Collapsed(Halving):
    """Every image is encoded as the prior, as where the KL outweighs the pixels."""

    def encode(self, images):
        return torch.zeros(len(images), 2), torch.zeros(len(images), 2)


def measured_arrays(model=None):
    """Half of the images lie at 1, of class 0, and half at -1, of class 1."""
    model = model or Halving()
    pixels = np.repeat([[1.0], [-1.0]], 30, axis=0) + np.linspace(0, 0.1, 60)[:, None]
    images = torch.from_numpy(np.repeat(pixels, 4, axis=1).astype(np.float32))
    labels = np.repeat([0, 1], 30)
    order = np.random.default_rng(1).permutation(60)
    passes = two_passes(model, images[order])
    rng = np.random.default_rng(0)
    arrays = repetition_arrays(passes, labels[order], 3, model, np.arange(4), SETTINGS, rng)
    return arrays, labels[order][: SETTINGS.sweep_test]


def test_the_drift_of_the_prior_is_told_apart_by_what_is_in_use():
    arrays, _ = measured_arrays()
    every, active = arrays[latent_space.LATENT_STEP], arrays[latent_space.LATENT_STEP_ACTIVE]
    assert np.isnan(active[:, 0]).all()
    np.testing.assert_allclose(active[:, 1:, 0], 0.5, atol=1e-6)  # it is halved, whatever the start
    np.testing.assert_allclose(every[0, 1:, 0], 0.5, atol=1e-6)  # encoded images lie at 0 in it
    assert every[1, 1, 0] > 0.7  # a draw of the prior does not
    from_start = arrays[latent_space.LATENT_FROM_START_ACTIVE][:, :, 0]
    np.testing.assert_allclose(from_start, [[0, 0.5, 0.75, 0.875]] * 2, atol=1e-6)
    share = arrays[latent_space.UNUSED_SHARE][:, 1, 0]
    assert share[0] == pytest.approx(0)
    assert 0.5 < share[1] < 1


def test_the_second_pass_is_held_beside_the_first_for_both_starts():
    """Each copy halves the picture, so each error is a quarter of the one before."""
    ratio = measured_arrays()[0][latent_space.SECOND_PASS_RATIO]
    np.testing.assert_allclose(ratio, 0.25, rtol=1e-4)


def test_without_a_second_copy_of_a_prior_sample_its_ratio_is_not_defined():
    pictures = np.random.default_rng(0).uniform(size=(2, 5, 4))
    chain = Chain(np.zeros((2, 5, 3)), pictures)
    assert np.isnan(second_pass_ratios(chain, None)).all()
    original = np.zeros((5, 4))
    expected = ((pictures[0] - pictures[1]) ** 2).sum(axis=1) / (pictures[0] ** 2).sum(axis=1)
    np.testing.assert_allclose(second_pass_ratios(chain, original), expected)


def test_a_perfect_first_copy_has_no_ratio():
    picture = np.ones((1, 4))
    assert np.isnan(second_pass_ratio(picture, picture, 2 * picture)).all()


def test_shares_of_a_move_are_of_its_square():
    chain = Chain(np.array([[[0.0, 0.0]], [[3.0, 4.0]]]), np.zeros((2, 1, 4)))
    share = shares_of_move(chain, np.array([False, True]))
    assert np.isnan(share[0]).all()
    np.testing.assert_allclose(share[1], 16 / 25)


def test_without_a_latent_in_use_its_drift_is_not_defined():
    chain = Chain(np.zeros((2, 5, 0)), np.zeros((2, 5, 4)))
    assert np.isnan(shares_of_move(chain, np.zeros(0, bool))).all()


def test_a_collapsed_model_is_measured_with_the_drift_in_use_left_undefined():
    arrays, _ = measured_arrays(Collapsed())
    assert np.isnan(arrays[latent_space.LATENT_STEP_ACTIVE]).all()
    assert np.isnan(arrays[latent_space.LATENT_FROM_START_ACTIVE]).all()
    share = arrays[latent_space.UNUSED_SHARE]
    assert np.isnan(share[0]).all()  # the encoded images lie at the prior's mean and stay there
    np.testing.assert_allclose(share[1, 1:], 1)
    np.testing.assert_allclose(arrays[latent_space.LATENT_STEP][1, 1, 0], 1)


def test_the_class_shares_of_each_pass_are_those_of_the_images():
    arrays, labels = measured_arrays()
    shares = arrays[latent_space.CLASS_SHARE]
    assert shares.shape == (2, N_PASSES + 1, 3)
    np.testing.assert_allclose(shares.sum(axis=2), 1)
    counted = np.bincount(labels, minlength=3) / len(labels)
    np.testing.assert_allclose(shares[0], [counted] * (N_PASSES + 1))  # signs stay what they are
    np.testing.assert_allclose(arrays[latent_space.CLASS_KEPT][0, :, 0], 1)


@pytest.fixture
def passes():
    return made_up_passes()


def test_each_prior_sample_comes_with_the_images_that_are_nearest_by_a_search_by_hand(passes):
    torch.manual_seed(0)
    model = MlpVae(SIDE**2, hidden_dim=8, latent_dim=2)
    arrays = prior_arrays(model, passes.images, SETTINGS_OF_PASSES, np.random.default_rng(3))
    result = np.random.default_rng(3).standard_normal((5, 2), np.float32)
    pictures = decoded(model, result)
    np.testing.assert_array_equal(arrays[latent_space.PRIOR_SAMPLE].reshape(5, -1), pictures)
    for row, picture in enumerate(pictures):
        error = distance(passes.images, picture)
        nearest = np.argsort(error)[:N_NEAREST]
        assert arrays[latent_space.NEAREST_IMAGE][row].tolist() == nearest.tolist()
        np.testing.assert_allclose(
            arrays[latent_space.NEAREST_ERROR][row], error[nearest], rtol=1e-5
        )
        results = arrays[latent_space.NEAREST_PIXELS][row].reshape(N_NEAREST, -1)
        np.testing.assert_array_equal(results, np.rint(passes.images[nearest] * 255))
