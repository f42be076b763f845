"""The VAE study from images to its published store."""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from precompute.cli.progress import console
from precompute.data.image_set import drawing_order
from precompute.errors import InputError
from precompute.job import Inputs, JobContext, ModelIdentity, publish_study, run_key
from precompute.settings import VaeSettings
from precompute.vae import claims
from precompute.vae.latent_space import measure as latent_space_measure
from precompute.vae.latent_space import summary as latent_space_summary
from precompute.vae.model.networks import MlpVae, weights_digest
from precompute.vae.model.passes import Passes, two_passes
from precompute.vae.reconstructions import linear_baselines
from precompute.vae.reconstructions import summary as reconstructions_summary
from precompute.vae.reconstructions.reencoding import repetition_arrays
from precompute.vae.sweep.summary import run_sweep, sweep_arrays
from precompute.vae.training.images import Images, open_images, open_parts
from precompute.vae.training.train import Trained
from precompute.vae.training.training_shards import Trainer
from precompute.vae.training.variants import own_model
from store.provenance import settings_hash
from store.records import Claim
from store.schema import ArraySpec
from store.schema.vae import latent_space, reconstructions

STUDY = "vae"


def inspect(settings: VaeSettings, context: JobContext) -> Inputs:
    """Open the held-out images; the model is trained in the job and has no digest yet.

    What it is trained on stands for its revision: with other training images it is another model.
    """
    train, images = open_parts(settings, context.data)
    if not images.class_names:
        raise InputError(f"{images.name}: the VAE study needs labels: one sub-folder per class.")
    name = f"MLP VAE with {settings.latent_dim} latents, trained in this job"
    preprocessing = {"pixel_range": [0, 1], "channels": 1}
    revision = f"training images {train.digest}"
    return Inputs(images, ModelIdentity(name, revision, "", preprocessing))


def run(settings: VaeSettings, inputs: Inputs, context: JobContext) -> None:
    """Train the own model and the sweep, measure them; write the store."""
    images = open_images(settings, context.data, context.device)
    trainer = Trainer(
        settings,
        context.data,
        context.shard_folder(STUDY),
        training_run_key(settings, inputs, context.device),
        context.device,
        images.held_out.shape[1],
    )
    (trained,) = trainer([own_model(settings)], "training the VAE")
    fit = linear_baselines.principal(
        images.train.cpu().numpy(), max(settings.latent_dim, *settings.sweep_latent_dims)
    )
    samples = np.sort(drawing_order(len(images.held_out), settings.seed)[: settings.n_samples])
    points = run_sweep(settings, images, samples, trainer)
    console.print("  measuring blur, re-encoding and latents")
    names = inputs.images.class_names
    arrays, found = _measure(settings, trained, images, fit, samples, names)
    arrays |= sweep_arrays(points, settings, images, fit)
    model = replace(inputs.model, digest=weights_digest(trained.model))
    publish_study(STUDY, context, settings, inputs.images, model, arrays, found, names)


def training_run_key(settings: VaeSettings, inputs: Inputs, device: torch.device) -> str:
    """Return the key of the trainings' shards: of the run, its training images and kind of device.

    Two kinds of device draw other random numbers, so that their trainings are not the same.
    """
    run = run_key(settings, inputs)
    return settings_hash({"device": device.type}, run, inputs.model.revision)


def _measure(
    settings: VaeSettings,
    trained: Trained,
    images: Images,
    fit: linear_baselines.Principal,
    samples: NDArray,
    class_names: tuple[str, ...],
) -> tuple[dict[ArraySpec, NDArray], tuple[Claim, ...]]:
    """Return the datasets of the own model and the three claims."""
    model, labels = trained.model, images.labels
    assert isinstance(model, MlpVae)  # the own model always is; the decoder is stored for NumPy
    rng = np.random.default_rng(settings.seed)
    n_resamples = settings.n_bootstrap
    passes = two_passes(model, images.held_out)
    pca_errors = linear_baselines.pca_error(fit, passes.images, settings.latent_dim)
    arrays = reconstructions_summary.image_arrays(passes, labels, pca_errors, settings)
    error = arrays[reconstructions.SQUARED_ERROR]
    errors = reconstructions_summary.baseline_errors(error, fit, passes.images, settings)
    arrays |= reconstructions_summary.baseline_arrays(errors, rng, n_resamples)
    arrays |= reconstructions_summary.sample_arrays(passes, samples)
    arrays |= reconstructions_summary.extreme_arrays(passes, error, settings.n_extremes)
    arrays |= reconstructions_summary.class_arrays(error, labels, class_names, rng, n_resamples)
    arrays |= reconstructions_summary.curve_arrays(
        settings, trained, passes.images.shape[1], len(labels)
    )
    arrays |= latent_space_summary.latent_arrays(passes, model, settings)
    arrays |= latent_space_summary.layout_arrays(passes.mean, settings, rng)
    arrays |= latent_space_summary.prior_arrays(model, passes.images, settings, rng)
    arrays |= latent_space_summary.decoder_arrays(model)
    arrays |= repetition_arrays(passes, labels, len(class_names), model, samples, settings, rng)
    loss = _loss_evidence(settings, trained, errors, arrays, rng)
    shuffled = _shuffled_agreement(settings, passes, labels, rng)
    return arrays, claims.make_claims(loss, arrays, shuffled)


def _loss_evidence(
    settings: VaeSettings,
    trained: Trained,
    errors: dict[str, NDArray],
    arrays: dict[ArraySpec, NDArray],
    rng: np.random.Generator,
) -> claims.LossEvidence:
    return claims.LossEvidence(
        first_train=float(trained.curves[0, 0, 0]),
        train=claims.train_estimate(trained.last_train_losses, rng, settings.n_bootstrap),
        held_out=float(trained.curves[-1, 1, 0]),
        n_train=len(trained.last_train_losses),
        mean_image_error=float(errors["mean image"].mean()),
        vae_error=float(errors["VAE"].mean()),
        pca_error=float(errors[f"PCA-{settings.latent_dim}"].mean()),
        n_active=int(arrays[latent_space.ACTIVE_BY_VARIANCE].sum()),
        n_active_by_kl=int(arrays[latent_space.ACTIVE_BY_KL].sum()),
        sigma=float(arrays[reconstructions.IMPLIED_SIGMA]),
        latent_dim=settings.latent_dim,
        epochs=settings.epochs,
        kl_weight=settings.kl_weight,
        images=settings.images,
    )


def _shuffled_agreement(
    settings: VaeSettings, passes: Passes, labels: NDArray, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Agreement when each image is given another image's re-encoded latent."""
    own = latent_space_measure.neighbour_classes(
        passes.mean, labels, passes.mean, settings.n_neighbours
    )
    other = passes.second_mean[rng.permutation(len(labels))]
    return own == latent_space_measure.neighbour_classes(
        passes.mean, labels, other, settings.n_neighbours
    )
