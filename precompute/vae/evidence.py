"""The VAE study's datasets, computed from a trained model and the test images."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from precompute.datasets import drawing_order
from precompute.settings import VaeSettings
from precompute.statistics import bootstrap_mean
from precompute.vae import elbo, latents, sharpness
from precompute.vae.model import MlpVae
from store.schema import ArraySpec, vae

Arrays = dict[ArraySpec, NDArray]


@dataclass(frozen=True)
class Passes:
    """Test images after one and two passes through the model; posterior means throughout."""

    images: NDArray[np.float32]  # (N, P) in [0, 1]
    mean: NDArray[np.float32]  # (N, D)
    log_variance: NDArray[np.float32]
    first: NDArray[np.float32]  # (N, P)
    second_mean: NDArray[np.float32]
    second: NDArray[np.float32]


@torch.inference_mode()
def two_passes(model: MlpVae, images: torch.Tensor) -> Passes:
    """Encode and decode twice, in batches."""
    parts = []
    for batch in images.split(1000):
        mean, log_variance = model.encode(batch)
        first = model.decode(mean)
        second_mean, _ = model.encode(first)
        parts.append((batch, mean, log_variance, first, second_mean, model.decode(second_mean)))
    return Passes(*(torch.cat(part).cpu().numpy() for part in zip(*parts, strict=True)))


def image_arrays(
    passes: Passes, labels: NDArray, pca_error: NDArray, settings: VaeSettings
) -> Arrays:
    """Datasets with one row per test image."""
    originals, first = _pictures(passes.images), _pictures(passes.first)
    error = elbo.squared_error(passes.images, passes.first)
    second_error = elbo.squared_error(passes.first, passes.second)
    before = latents.neighbour_classes(passes.mean, labels, passes.mean, settings.n_neighbours)
    after = latents.neighbour_classes(
        passes.mean, labels, passes.second_mean, settings.n_neighbours
    )
    return {
        vae.LABEL: labels,
        vae.SQUARED_ERROR: error,
        vae.PCA_SQUARED_ERROR: pca_error,
        vae.LAPLACIAN_RATIO: sharpness.laplacian_ratio(first, originals),
        vae.LAPLACIAN_RATIO_BLURRED: sharpness.laplacian_ratio(
            sharpness.blurred(originals), originals
        ),
        vae.LAPLACIAN_RATIO_SHARPENED: sharpness.laplacian_ratio(
            sharpness.sharpened(originals), originals
        ),
        vae.LATENT_DRIFT: latents.latent_drift(passes.mean, passes.second_mean),
        vae.SECOND_PASS_RATIO: second_error / error,
        vae.CLASS_AGREES: (before == after).astype(np.uint8),
        vae.POSTERIOR_MEAN: passes.mean,
    }


def baseline_errors(
    train: NDArray, test: NDArray, latent_dim: int, seed: int
) -> tuple[NDArray, NDArray]:
    """Held-out squared error of PCA with as many components, and of the mean image: (N,) each."""
    pca = PCA(latent_dim, svd_solver="covariance_eigh", random_state=seed).fit(train)
    restored = pca.inverse_transform(pca.transform(test))
    return elbo.squared_error(test, restored), elbo.squared_error(test, pca.mean_[None])


def baseline_arrays(
    errors: dict[str, NDArray], rng: np.random.Generator, n_resamples: int
) -> Arrays:
    """Mean held-out error of each baseline, with its interval over test images."""
    rows = [bootstrap_mean(error, rng, n_resamples).row() for error in errors.values()]
    return {vae.BASELINE_NAME: np.array(list(errors)), vae.BASELINE_ERROR: np.array(rows)}


def sample_arrays(passes: Passes, settings: VaeSettings) -> Arrays:
    """A few test images as pictures: original, first and second pass."""
    rows = np.sort(drawing_order(len(passes.images), settings.seed)[: settings.n_samples])
    return {
        vae.SAMPLE_IMAGE: rows.astype(np.int32),
        vae.SAMPLE_PIXELS: np.rint(_pictures(passes.images[rows]) * 255).astype(np.uint8),
        vae.SAMPLE_RECONSTRUCTION: _pictures(passes.first[rows]),
        vae.SAMPLE_SECOND_PASS: _pictures(passes.second[rows]),
    }


def latent_arrays(
    passes: Passes, model: MlpVae, settings: VaeSettings, rng: np.random.Generator
) -> Arrays:
    """KL per latent, a PCA of the means, traversals and prior samples."""
    kl = elbo.kl_nats(passes.mean, passes.log_variance).mean(axis=0)
    pca = PCA(2, random_state=settings.seed).fit(passes.mean)
    order = np.argsort(-kl)[: settings.n_traversals]
    moved = latents.traversal_latents(order, settings.latent_dim)
    drawn = rng.standard_normal((settings.n_prior_samples, settings.latent_dim), np.float32)
    return {
        vae.KL_PER_DIM_NATS: kl,
        vae.MEAN_VARIANCE: passes.mean.var(axis=0),
        vae.PCA_XY: pca.transform(passes.mean),
        vae.PCA_VARIANCE_SHARE: pca.explained_variance_ratio_,
        vae.TRAVERSAL_LATENT: order.astype(np.int32),
        vae.TRAVERSAL_VALUE: latents.TRAVERSAL_STEPS,
        vae.TRAVERSAL: _decoded(model, moved),
        vae.PRIOR_SAMPLE: _decoded(model, drawn),
    }


def decoder_arrays(model: MlpVae) -> Arrays:
    """The decoder's weights, laid out for `z A + a`."""
    hidden, output = model.decoder_hidden, model.decoder_output
    return {
        vae.DECODER_HIDDEN_WEIGHT: _numpy(hidden.weight).T.copy(),
        vae.DECODER_HIDDEN_BIAS: _numpy(hidden.bias),
        vae.DECODER_OUTPUT_WEIGHT: _numpy(output.weight).T.copy(),
        vae.DECODER_OUTPUT_BIAS: _numpy(output.bias),
    }


def _decoded(model: MlpVae, values: NDArray[np.float32]) -> NDArray:
    device = model.decoder_hidden.weight.device
    with torch.inference_mode():
        return _pictures(model.decode(torch.from_numpy(values).to(device)).cpu().numpy())


def _pictures(flat: NDArray) -> NDArray:
    """Turn (..., P) into (..., H, W) of square pictures."""
    side = round(flat.shape[-1] ** 0.5)
    return flat.reshape(*flat.shape[:-1], side, side)


def _numpy(weight: torch.Tensor) -> NDArray:
    return weight.detach().cpu().numpy()
