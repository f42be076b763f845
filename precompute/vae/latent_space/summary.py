"""Datasets of the latent space: layouts, traversals, prior samples, decoder, repeated passes."""

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from precompute.settings import VaeSettings
from precompute.vae.latent_space import measure
from precompute.vae.model import elbo
from precompute.vae.model.networks import MlpVae
from precompute.vae.model.passes import Passes, decoded, squares
from precompute.vae.reconstructions.summary import Arrays, in_bytes
from store.schema.vae import latent_space

N_NEAREST = 3  # test images shown beside each prior sample
TRUST_NEIGHBOURS = 15


def latent_arrays(passes: Passes, model: MlpVae, settings: VaeSettings) -> Arrays:
    """Posterior means, what each latent carries, and traversals of those with most KL."""
    kl = elbo.kl_nats(passes.mean, passes.log_variance)
    order = np.argsort(-kl.mean(axis=0))[: settings.n_traversals]
    moved = measure.traversal_latents(order, settings.latent_dim)
    return {
        latent_space.POSTERIOR_MEAN: passes.mean,
        latent_space.KL_PER_DIM_NATS: kl.mean(axis=0),
        latent_space.MEAN_VARIANCE: passes.mean.var(axis=0),
        latent_space.ACTIVE_BY_VARIANCE: elbo.active_by_variance(passes.mean).astype(np.uint8),
        latent_space.ACTIVE_BY_KL: elbo.active_by_kl(kl).astype(np.uint8),
        latent_space.TRAVERSAL_LATENT: order.astype(np.int32),
        latent_space.TRAVERSAL_VALUE: measure.TRAVERSAL_STEPS,
        latent_space.TRAVERSAL: squares(decoded(model, moved)),
    }


def layout_arrays(
    mean: NDArray[np.float32], settings: VaeSettings, rng: np.random.Generator
) -> Arrays:
    """PCA of every posterior mean, (N, D), and UMAP of a few."""
    pca = PCA(2, svd_solver="full").fit(mean)
    shown = np.sort(rng.permutation(len(mean))[: settings.n_shown])
    pca_xy, umap_xy = pca.transform(mean), _umap(mean[shown], settings)
    near = min(TRUST_NEIGHBOURS, (len(shown) - 1) // 2)  # it is defined below half the rows
    trust = [trustworthiness(mean[shown], xy, n_neighbors=near) for xy in (pca_xy[shown], umap_xy)]
    return {
        latent_space.PCA_XY: pca_xy,
        latent_space.PCA_VARIANCE_SHARE: pca.explained_variance_ratio_,
        latent_space.SHOWN_IMAGE: shown.astype(np.int32),
        latent_space.UMAP_XY: umap_xy,
        latent_space.LAYOUT: np.array(["pca", "umap"]),
        latent_space.TRUSTWORTHINESS: np.array(trust),
    }


def prior_arrays(
    model: MlpVae, images: NDArray, settings: VaeSettings, rng: np.random.Generator
) -> Arrays:
    """Decoded draws from the prior, each with the test images (N, P) that look most like it."""
    drawn = rng.standard_normal((settings.n_prior_samples, settings.latent_dim), np.float32)
    pictures = decoded(model, drawn)
    search = NearestNeighbors(n_neighbors=N_NEAREST, algorithm="brute").fit(images)
    nearest = search.kneighbors(pictures, return_distance=False)  # (S, rank)
    error = np.square(images[nearest] - pictures[:, None]).sum(axis=-1)
    return {
        latent_space.PRIOR_SAMPLE: squares(pictures),
        latent_space.NEAREST_IMAGE: nearest.astype(np.int32),
        latent_space.NEAREST_ERROR: error,
        latent_space.NEAREST_PIXELS: in_bytes(images[nearest]),
    }


def decoder_arrays(model: MlpVae) -> Arrays:
    """The decoder's weights, laid out for `z A + a`."""
    hidden, output = model.decoder_hidden, model.decoder_output
    return {
        latent_space.DECODER_HIDDEN_WEIGHT: hidden.weight.detach().cpu().numpy().T.copy(),
        latent_space.DECODER_HIDDEN_BIAS: hidden.bias.detach().cpu().numpy(),
        latent_space.DECODER_OUTPUT_WEIGHT: output.weight.detach().cpu().numpy().T.copy(),
        latent_space.DECODER_OUTPUT_BIAS: output.bias.detach().cpu().numpy(),
    }


def _umap(mean: NDArray[np.float32], settings: VaeSettings) -> NDArray:
    with warnings.catch_warnings():
        # umap says so of its neural variant whenever TensorFlow is absent; it is not used here.
        warnings.filterwarnings("ignore", "Tensorflow not installed", ImportWarning)
        from umap import UMAP  # here: the import compiles for seconds, and only a fit needs it
    umap = UMAP(
        n_neighbors=min(settings.umap_neighbours, len(mean) - 1),
        min_dist=settings.umap_min_dist,
        init="pca",
        random_state=settings.seed,
        n_jobs=1,  # what a seed forces anyway
    )
    return np.asarray(umap.fit_transform(mean))
