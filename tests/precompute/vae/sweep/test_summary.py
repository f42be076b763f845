from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from precompute.errors import JobFailed
from precompute.settings import load_profile
from precompute.vae.model.passes import repeated, two_passes
from precompute.vae.reconstructions.linear_baselines import principal
from precompute.vae.reconstructions.reencoding import (
    distances_from_start,
    latent_steps,
    picture_steps,
)
from precompute.vae.reconstructions.summary import TRAIN
from precompute.vae.sweep import summary as sweep_summary
from precompute.vae.sweep.metrics import Measured
from precompute.vae.training.images import Images
from precompute.vae.training.train import train
from precompute.vae.training.variants import own_model, seeds_of, sweep_points
from store.records import LossConvention
from store.schema.vae import sweep

SETTINGS = replace(
    load_profile("embedded").vae,
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


def test_the_metrics_of_the_schema_are_those_that_are_measured():
    assert [field.name for field in fields(Measured)] == list(sweep.METRICS)


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
    assert set(arrays) == set(sweep.ARRAYS)
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
    assert train == [replace(one, averaged_over=TRAIN) for one in held_out]
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
