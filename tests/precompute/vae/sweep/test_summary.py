"""The sweep: its points, its datasets, and what is measured of a model made up by hand."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from precompute.errors import JobFailed
from precompute.settings import load_profile
from precompute.vae.latent_space.summary import (
    distances_from_start,
    latent_steps,
    picture_steps,
)
from precompute.vae.model.networks import MlpVae
from precompute.vae.model.passes import repeated, two_passes
from precompute.vae.reconstructions.linear_baselines import principal
from precompute.vae.reconstructions.summary import WHILE_TRAINING
from precompute.vae.settings import own_model, seeds_of, sweep_points
from precompute.vae.sweep import summary as sweep_summary
from precompute.vae.sweep.summary import measure
from precompute.vae.training.images import Images
from precompute.vae.training.train import Trained, train
from store.records import LossConvention
from store.schema.spec import arrays_in
from store.schema.vae import names, sweep

SETTINGS = replace(
    load_profile("embedded").study("vae"),
    architecture="mlp",
    sweep_architectures=("mlp",),
    hidden_dim=12,
    latent_dim=3,
    batch_size=32,
    sweep_kl_weights=(1.0, 0.1, 0.0),
    sweep_latent_dims=(2, 3),
    sweep_terms=("squared_error", "bernoulli"),
    sweep_epochs=1,
    sweep_images=0,
    sweep_test=40,
    n_importance_images=4,
    n_importance_samples=16,
)


def test_each_point_differs_from_the_own_model_in_one_thing_and_comes_once():
    points = sweep_points(SETTINGS)
    assert len(points) == len(set(points)) == 3 + 1 + 1
    own = replace(own_model(SETTINGS), epochs=1)
    for point in points:
        changed = [f.name for f in fields(point) if getattr(point, f.name) != getattr(own, f.name)]
        assert len(changed) <= 1, point


def test_a_full_sweep_takes_the_own_model_as_one_of_its_trainings():
    full = replace(SETTINGS, sweep_epochs=SETTINGS.epochs)
    trainings = [one for point in sweep_points(full) for one in seeds_of(point, 3)]
    assert own_model(full) in trainings
    assert len({one.name for one in trainings}) == len(trainings)


def trained_in(folder, images):
    """What trains every variant of the sweep, with its checkpoints in this folder."""

    def train_all(variants, label):
        return [
            train(SETTINGS, one, images.train, images.held_out, folder, "digest")
            for one in variants
        ]

    return train_all


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    rng = np.random.default_rng(0)
    basis = rng.uniform(0, 1, (2, 64)) / 2
    pixels = (rng.uniform(0, 1, (160, 2)) @ basis).astype(np.float32)
    labels = rng.integers(0, 3, 60).astype(np.int32)
    images = Images(
        torch.from_numpy(pixels[:100]), torch.from_numpy(pixels[100:]), labels, "digest"
    )
    folder = tmp_path_factory.mktemp("sweep")
    points = sweep_summary.run_sweep(SETTINGS, images, np.array([1, 5]), trained_in(folder, images))
    return points, images, folder


def test_a_sweep_fills_its_datasets(swept):
    points, images, _ = swept
    fit = principal(images.train.numpy(), 3)
    arrays = sweep_summary.sweep_arrays(points, SETTINGS, images, fit)
    assert set(arrays) == set(arrays_in(sweep))
    assert arrays[sweep.BETA].tolist() == [1.0, 0.1, 0.0]
    assert arrays[sweep.BETA_RECONSTRUCTION].shape == (3, 2, 8, 8)
    terms = arrays[sweep.TERM].tolist()
    floor = arrays[sweep.BERNOULLI_FLOOR]
    assert [np.isnan(value) for value in floor] == [term != "bernoulli" for term in terms]
    loss = arrays[sweep.ESTIMATES["held_out_loss"]][terms.index("bernoulli"), 0]
    assert loss > floor[terms.index("bernoulli")]
    assert arrays[sweep.IMPLIED_SIGMA][0] == pytest.approx(np.sqrt(0.5))
    ceiling = float(arrays[sweep.INFORMATION_CEILING])
    assert ceiling == pytest.approx(np.log(SETTINGS.sweep_test))
    assert arrays[sweep.BY_SEED["mutual_information_nats"]].max() <= ceiling + 1e-6


def test_each_loss_of_a_point_is_stated_with_the_images_that_it_is_averaged_over(swept):
    points, images, _ = swept
    arrays = sweep_summary.sweep_arrays(
        points, SETTINGS, images, principal(images.train.numpy(), 3)
    )
    held_out, train = (
        [LossConvention.from_json(text) for text in arrays[spec].tolist()]
        for spec in (sweep.POINT_CONVENTION, sweep.TRAIN_CONVENTION)
    )
    assert {one.averaged_over for one in held_out} == {"test images after the epoch"}
    assert {one.averaged_over for one in train} == {"train images while the epoch runs"}
    assert train == [replace(one, averaged_over=WHILE_TRAINING) for one in held_out]
    assert [one.kl_weight for one in train] == arrays[sweep.KL_WEIGHT].tolist()


def test_a_sweep_taken_up_again_trains_nothing_and_finds_the_same(swept, monkeypatch):
    points, images, folder = swept
    monkeypatch.setattr("precompute.vae.training.train._Run.epoch", None)
    again = sweep_summary.run_sweep(SETTINGS, images, np.array([1, 5]), trained_in(folder, images))
    assert [repr(one.by_seed) for one in again] == [repr(one.by_seed) for one in points]


def test_pixels_of_the_wrong_range_do_not_pass_as_a_cross_entropy(swept, tmp_path):
    """Loss figures below the images' own entropy end the job with the reason."""
    points, images, _ = swept
    bernoulli = next(p.variant for p in points if p.variant.term == "bernoulli")
    trained = train(SETTINGS, bernoulli, images.train, images.held_out, tmp_path, "digest")
    trained.curves[-1, 1, 1] = 1.0
    with pytest.raises(JobFailed, match="lies below"):
        sweep_summary._check_floor(trained, bernoulli, images)


def test_repeated_passes_begin_as_two_passes_do(swept, tmp_path):
    points, images, folder = swept
    trained = train(SETTINGS, points[0].variant, images.train, images.held_out, folder, "digest")
    passes = two_passes(trained.model, images.held_out)
    chain = repeated(trained.model, passes.mean, 3)
    assert chain.latents.shape == (4, 60, 3)
    np.testing.assert_allclose(chain.latents[1], passes.second_mean, atol=1e-5)
    np.testing.assert_allclose(chain.pictures[1], passes.second, atol=1e-5)
    steps = latent_steps(chain)
    assert np.isnan(steps[0]).all()
    np.testing.assert_allclose(distances_from_start(chain)[:2], [np.zeros(60), steps[1]])
    error = picture_steps(chain, passes.images)
    first = ((passes.images - passes.first) ** 2).sum(axis=1)
    np.testing.assert_allclose(error[0], first, rtol=1e-4)
    assert np.isnan(picture_steps(chain, None)[0]).all()


SIDE = 8
N_FLIPPED, N_KEPT = 30, 10
FLIPPING_SETTINGS = replace(
    load_profile("embedded").study("vae"),
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
def flipping():
    """Latents near 1 are of class 0 and flip, those near -1 of class 1 and stay."""
    labels = np.repeat([0, 1], [N_FLIPPED, N_KEPT])
    order = np.random.default_rng(1).permutation(len(labels))
    latents = (np.where(labels == 0, 1.0, -1.0) + np.linspace(0, 0.1, len(labels)))[order]
    images = PATTERN.repeat(len(labels), 1)
    images[:, 0] = torch.from_numpy(latents / 4 + 0.5)
    of_epochs = np.zeros((len(CURVES), 2), np.float32)
    trained = Trained(Flipping(), CURVES, np.zeros(3, np.float32), of_epochs, of_epochs[:, None])
    settings = FLIPPING_SETTINGS
    return measure(trained, own_model(settings), images, labels[order], settings), images, latents


def test_each_loss_is_the_last_of_its_own_split(flipping):
    assert flipping[0][names.TRAIN_LOSS] == CURVES[-1, 0, 0]
    assert flipping[0][names.HELD_OUT_LOSS] == CURVES[-1, 1, 0]


def test_the_class_of_an_image_is_compared_with_that_of_its_second_latent(flipping):
    """Compared with its own first latent, every class would agree."""
    assert flipping[0][names.CLASS_AGREEMENT] == N_KEPT / (N_FLIPPED + N_KEPT)


def test_drifts_and_second_passes_are_those_of_the_second_encoding(flipping):
    assert flipping[0][names.LATENT_DRIFT] == pytest.approx(2)  # of those that flip, three in four
    assert flipping[0][names.LATENT_DRIFT_ACTIVE] == pytest.approx(2)
    # The copy of a copy is itself.
    assert flipping[0][names.SECOND_PASS_RATIO] == pytest.approx(0, abs=1e-6)
    assert flipping[0][names.PRIOR_DRIFT] > 0


def test_errors_and_latents_in_use_are_counted_by_hand(flipping):
    measured, images, latents = flipping
    copies = Flipping().decode(torch.from_numpy(latents[:, None]))
    error = ((images - copies) ** 2).sum(dim=1).mean()
    assert measured[names.SQUARED_ERROR] == pytest.approx(float(error), rel=1e-5)
    kl = 0.5 * (latents**2 + np.exp(-4) + 4 - 1)
    assert measured[names.KL_NATS] == pytest.approx(kl.mean(), rel=1e-5)
    assert (measured[names.ACTIVE_BY_VARIANCE], measured[names.ACTIVE_BY_KL]) == (1, 1)
    assert measured[names.ELBO_NATS] < measured[names.LOG_LIKELIHOOD_NATS]
    assert measured[names.LAPLACIAN_RATIO] < 0.5
