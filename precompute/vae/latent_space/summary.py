"""Datasets of the latent space: layouts, traversals, prior samples, decoder, repeated passes."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from precompute.layouts import fit_umap
from precompute.statistics import UNDEFINED, bootstrap_statistic, cell_intervals, share
from precompute.vae.latent_space import measure
from precompute.vae.model import elbo
from precompute.vae.model.networks import MlpVae, Vae
from precompute.vae.model.passes import Chain, Passes, decoded, repeated, second_pass_ratio, squares
from precompute.vae.reconstructions.summary import Arrays, in_bytes
from precompute.vae.settings import VaeSettings
from store.schema.vae import latent_space
from store.schema.vae.names import LAYOUTS, STARTS

N_NEAREST = 3  # test images shown beside each prior sample
TRUST_NEIGHBOURS = 15
N_CHAINS = 8  # samples whose passes are stored as pictures


def latent_arrays(passes: Passes, model: Vae, settings: VaeSettings) -> Arrays:
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
    rows = np.sort(rng.permutation(len(mean))[: settings.n_shown])
    n_neighbours = min(settings.umap_neighbours, len(rows) - 1)
    umap_xy = fit_umap(
        mean[rows], n_neighbours, settings.umap_min_dist, settings.seed, metric="euclidean"
    )
    pca_xy = pca.transform(mean)
    near = min(TRUST_NEIGHBOURS, (len(rows) - 1) // 2)  # it is defined below half the rows
    trust = [trustworthiness(mean[rows], xy, n_neighbors=near) for xy in (pca_xy[rows], umap_xy)]
    return {
        latent_space.PCA_XY: pca_xy,
        latent_space.PCA_VARIANCE_SHARE: pca.explained_variance_ratio_,
        latent_space.SHOWN_IMAGE: rows.astype(np.int32),
        latent_space.UMAP_XY: umap_xy,
        latent_space.LAYOUT: np.array(LAYOUTS),
        latent_space.TRUSTWORTHINESS: np.array(trust),
    }


def prior_arrays(
    model: Vae, images: NDArray, settings: VaeSettings, rng: np.random.Generator
) -> Arrays:
    """Decoded draws from the prior, each with the test images (N, P) that look most like it."""
    latents = rng.standard_normal((settings.n_prior_samples, settings.latent_dim), np.float32)
    pictures = decoded(model, latents)
    search = NearestNeighbors(n_neighbors=N_NEAREST, algorithm="brute").fit(images)
    nearest = search.kneighbors(pictures, return_distance=False)  # (S, rank)
    error = np.square(images[nearest] - pictures[:, None]).sum(axis=-1)
    return {
        latent_space.PRIOR_SAMPLE: squares(pictures),
        latent_space.NEAREST_IMAGE: nearest.astype(np.int32),
        latent_space.NEAREST_ERROR: error,
        latent_space.NEAREST_PIXELS: in_bytes(images[nearest]),
    }


def decoder_arrays(model: Vae) -> Arrays:
    """The decoder's weights, as NumPy multiplies with them from the left."""
    weights = {name: values.cpu().numpy() for name, values in model.state_dict().items()}
    arrays = {
        latent_space.DECODER_HIDDEN_WEIGHT: weights["decoder_hidden.weight"].T.copy(),
        latent_space.DECODER_HIDDEN_BIAS: weights["decoder_hidden.bias"],
    }
    if isinstance(model, MlpVae):
        return arrays | {
            latent_space.DECODER_OUTPUT_WEIGHT: weights["decoder_output.weight"].T.copy(),
            latent_space.DECODER_OUTPUT_BIAS: weights["decoder_output.bias"],
        }
    return arrays | {
        latent_space.DECODER_MAP_WEIGHT: weights["decoder_map.weight"].T.copy(),
        latent_space.DECODER_MAP_BIAS: weights["decoder_map.bias"],
        latent_space.DECODER_MIDDLE_WEIGHT: weights["decoder_middle.weight"],
        latent_space.DECODER_MIDDLE_BIAS: weights["decoder_middle.bias"],
        latent_space.DECODER_LAST_WEIGHT: weights["decoder_output.weight"][:, 0],
        latent_space.DECODER_LAST_BIAS: weights["decoder_output.bias"][0],
    }


def repetition_arrays(
    passes: Passes,
    labels: NDArray,
    n_classes: int,
    model: Vae,
    samples: NDArray,
    settings: VaeSettings,
    rng: np.random.Generator,
) -> Arrays:
    """Summaries of repeated passes of test images and of prior samples, and a few as pictures.

    passes: every test image. labels: (N,). samples: (S,) rows stored as pictures.
    """
    n_starts = min(settings.sweep_test, len(labels))
    prior = rng.standard_normal((n_starts, settings.latent_dim), np.float32)
    starts = (passes.mean[:n_starts], prior)
    chains = [repeated(model, start, settings.n_passes) for start in starts]
    classes = [
        np.stack([vote(passes.mean, labels, step, settings.n_neighbours) for step in chain.latents])
        for chain, vote in zip(
            chains, (measure.neighbour_classes, measure.classify_new), strict=True
        )
    ]  # (T + 1, N) each
    with_originals = ((chains[0], passes.images[:n_starts]), (chains[1], None))
    active = elbo.active_by_kl(elbo.kl_nats(passes.mean, passes.log_variance))
    used = [Chain(chain.latents[..., active], chain.pictures) for chain in chains]
    (aside,) = rng.spawn(1)  # draws for what stands beside the rest, which so keeps its own
    pictured = repeated(model, passes.mean[samples[:N_CHAINS]], settings.n_passes)
    return {
        latent_space.START: np.array(STARTS),
        latent_space.PASS: np.arange(settings.n_passes + 1, dtype=np.int32),
        latent_space.LATENT_STEP: _stacked(chains, latent_steps, rng, settings),
        latent_space.LATENT_FROM_START: _stacked(chains, distances_from_start, rng, settings),
        latent_space.LATENT_STEP_ACTIVE: _stacked(used, latent_steps, aside, settings),
        latent_space.LATENT_FROM_START_ACTIVE: _stacked(
            used, distances_from_start, aside, settings
        ),
        latent_space.UNUSED_SHARE: np.stack(
            [_means(shares_of_move(chain, ~active), aside, settings) for chain in chains]
        ),
        latent_space.SECOND_PASS_RATIO: np.array(
            [_median(second_pass_ratios(*pair), aside, settings) for pair in with_originals]
        ),
        latent_space.PICTURE_STEP: np.stack(
            [_means(picture_steps(*pair), rng, settings) for pair in with_originals]
        ),
        latent_space.CLASS_KEPT: np.array(
            [[share(int(n), n_starts).row() for n in (by == by[0]).sum(axis=1)] for by in classes]
        ),
        latent_space.CLASS_SHARE: np.array(
            [[np.bincount(step, minlength=n_classes) / n_starts for step in by] for by in classes]
        ),
        latent_space.CHAIN_SAMPLE: np.arange(len(samples[:N_CHAINS]), dtype=np.int32),
        latent_space.CHAIN_PICTURE: np.moveaxis(squares(pictured.pictures), 0, 1),
    }


def latent_steps(chain: Chain) -> NDArray:
    """Relative move of each latent in each pass, (T + 1, N); NaN at the start."""
    moved = [measure.latent_drift(*pair) for pair in pairwise(chain.latents)]
    return np.stack([np.full(chain.latents.shape[1], np.nan), *moved])


def distances_from_start(chain: Chain) -> NDArray:
    """Relative distance of each latent from its start, (T + 1, N)."""
    return np.stack([measure.latent_drift(chain.latents[0], step) for step in chain.latents])


def shares_of_move(chain: Chain, dimensions: NDArray) -> NDArray:
    """Share of the squared way from each latent's start in some dimensions (D,), (T + 1, N)."""
    return np.stack(
        [measure.share_of_move(chain.latents[0], step, dimensions) for step in chain.latents]
    )


def second_pass_ratios(chain: Chain, original: NDArray | None) -> NDArray:
    """Error between first and second copy, over that between original and first copy, (N,).

    A latent drawn from the prior has no original: its first picture takes that place, so that one
    pass more is needed.
    """
    pictures = chain.pictures if original is None else [original, *chain.pictures]
    if len(pictures) < 3:
        return np.full(chain.pictures.shape[1], np.nan)
    return second_pass_ratio(*pictures[:3])


def picture_steps(chain: Chain, original: NDArray | None) -> NDArray:
    """Squared error between each picture and the one before, (T + 1, N); the first to `original`.

    A latent drawn from the prior has no original, and its first is NaN.
    """
    pictures = chain.pictures
    first = np.full(pictures.shape[1], np.nan)
    if original is not None:
        first = elbo.squared_error(original, pictures[0])
    return np.stack([first, *(elbo.squared_error(*pair) for pair in pairwise(pictures))])


def _stacked(
    chains: list[Chain],
    measure: Callable[[Chain], NDArray],
    rng: np.random.Generator,
    settings: VaeSettings,
) -> NDArray:
    return np.stack([_means(measure(chain), rng, settings) for chain in chains])


def _median(
    values: NDArray, rng: np.random.Generator, settings: VaeSettings
) -> tuple[float, float, float]:
    """Median of what is defined of values (N,), with its interval."""
    defined = values[~np.isnan(values)]
    if not len(defined):
        return UNDEFINED.row()

    def median(rows: NDArray) -> float:
        return float(np.median(defined[rows]))

    return bootstrap_statistic(median, len(defined), rng, settings.n_bootstrap).row()


def _means(values: NDArray, rng: np.random.Generator, settings: VaeSettings) -> NDArray:
    """Mean over latents with its interval, (T + 1, N) -> (T + 1, 3); NaN without any."""
    return cell_intervals(values.T, rng, settings.n_bootstrap)
