"""The VAE study from images to its published store."""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from precompute.datasets import ImageSet, load_images
from precompute.errors import InputError
from precompute.job import Inputs, JobContext, ModelIdentity, publish_study, run_key
from precompute.progress import console
from precompute.settings import VaeSettings
from precompute.vae import claims, elbo, evidence, latents
from precompute.vae.model import weights_digest
from precompute.vae.training import Trained, train
from store.records import Claim, LossConvention
from store.schema import ArraySpec, vae

STUDY = "vae"
SPLITS = ("train", "held_out")


def inspect(settings: VaeSettings, context: JobContext) -> Inputs:
    """Open the held-out images; the model is trained in the job and has no digest yet."""
    images = load_images(settings.images, "test", context.data)
    if not images.class_names:
        raise InputError(f"{images.name}: the VAE study needs labels: one sub-folder per class.")
    name = f"MLP VAE with {settings.latent_dim} latents, trained in this job"
    preprocessing = {"pixel_range": [0, 1], "channels": 1}
    return Inputs(images, ModelIdentity(name, "", "", preprocessing))


def run(settings: VaeSettings, inputs: Inputs, context: JobContext) -> None:
    """Train, encode and decode twice, measure; write the store."""
    train_set = load_images(settings.images, "train", context.data)
    images = _pixels(train_set, settings.n_train)
    held_out = _pixels(inputs.images, settings.n_test)
    labels = inputs.images.labels[: len(held_out)].astype(np.int32)
    device = context.device
    trained = train(
        settings,
        torch.from_numpy(images).to(device),
        torch.from_numpy(held_out).to(device),
        context.shard_folder(STUDY) / "training.pt",
        run_key(settings, inputs),
    )
    console.print("  measuring blur, re-encoding and latents")
    arrays, found = _measure(settings, trained, images, held_out, labels)
    model = replace(inputs.model, digest=weights_digest(trained.model))
    names = inputs.images.class_names
    publish_study(STUDY, context, settings, inputs.images, model, arrays, found, names)


def _measure(
    settings: VaeSettings, trained: Trained, images: NDArray, held_out: NDArray, labels: NDArray
) -> tuple[dict[ArraySpec, NDArray], tuple[Claim, ...]]:
    """Return every dataset and the three claims."""
    rng = np.random.default_rng(settings.seed)
    device = trained.model.decoder_hidden.weight.device
    passes = evidence.two_passes(trained.model, torch.from_numpy(held_out).to(device))
    pca_error, mean_error = evidence.baseline_errors(
        images, held_out, settings.latent_dim, settings.seed
    )
    arrays = evidence.image_arrays(passes, labels, pca_error, settings)
    errors = {
        "VAE": arrays[vae.SQUARED_ERROR],
        f"PCA-{settings.latent_dim}": pca_error,
        "mean image": mean_error,
    }
    arrays |= evidence.baseline_arrays(errors, rng, settings.n_bootstrap)
    arrays |= evidence.sample_arrays(passes, settings)
    arrays |= evidence.latent_arrays(passes, trained.model, settings, rng)
    arrays |= evidence.decoder_arrays(trained.model)
    arrays |= _curves(settings, trained)
    loss = claims.LossEvidence(
        first_train=float(trained.curves[0, 0, 0]),
        train=claims.train_estimate(trained.last_train_losses, rng, settings.n_bootstrap),
        held_out=float(trained.curves[-1, 1, 0]),
        n_train=len(images),
        mean_image_error=float(mean_error.mean()),
        vae_error=float(errors["VAE"].mean()),
        pca_error=float(pca_error.mean()),
        n_active=elbo.count_active(passes.mean),
        latent_dim=settings.latent_dim,
        epochs=settings.epochs,
    )
    shuffled = _shuffled_agreement(settings, passes, labels, rng)
    return arrays, (
        claims.loss_claim(loss),
        claims.blur_claim(
            arrays[vae.LAPLACIAN_RATIO],
            arrays[vae.LAPLACIAN_RATIO_BLURRED],
            arrays[vae.LAPLACIAN_RATIO_SHARPENED],
        ),
        claims.reencode_claim(
            arrays[vae.CLASS_AGREES],
            shuffled,
            arrays[vae.LATENT_DRIFT],
            arrays[vae.SECOND_PASS_RATIO],
        ),
    )


def _shuffled_agreement(
    settings: VaeSettings, passes: evidence.Passes, labels: NDArray, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Agreement when each image is given another image's re-encoded latent."""
    own = latents.neighbour_classes(passes.mean, labels, passes.mean, settings.n_neighbours)
    other = passes.second_mean[rng.permutation(len(labels))]
    return own == latents.neighbour_classes(passes.mean, labels, other, settings.n_neighbours)


def _curves(settings: VaeSettings, trained: Trained) -> dict[ArraySpec, NDArray]:
    train_convention = LossConvention(
        reconstruction="squared_error",
        pixel_range=(0.0, 1.0),
        reduce_pixels="sum",
        reduce_batch="mean",
        kl_weight=settings.kl_weight,
        latent="latent_sample",
        averaged_over="train images while the epoch runs",
    )
    held_out_convention = replace(train_convention, averaged_over="test images after the epoch")
    conventions = (train_convention, held_out_convention)
    return {
        vae.SPLIT: np.array(SPLITS),
        vae.LOSS_CONVENTION: np.array([convention.to_json() for convention in conventions]),
        vae.LOSS: trained.curves[:, :, 0],
        vae.RECONSTRUCTION_TERM: trained.curves[:, :, 1],
        vae.KL_NATS: trained.curves[:, :, 2],
    }


def _pixels(images: ImageSet, n_images: int) -> NDArray[np.float32]:
    """Read images as rows of grey pixels in [0, 1], (N, P)."""
    n_images = min(n_images or len(images), len(images))
    rows = [np.asarray(images.read(row).convert("L")).ravel() for row in range(n_images)]
    if len({len(row) for row in rows}) > 1:
        raise InputError(f"{images.name}: pictures differ in size. Give pictures of one size.")
    return np.stack(rows).astype(np.float32) / np.float32(255)
