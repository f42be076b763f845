"""Datasets of the priors: new pictures of each, beside reconstructions and held-out images."""

import numpy as np
import torch
from numpy.typing import NDArray

from precompute.data.image_set import drawing_order
from precompute.statistics import UNDEFINED, bootstrap_mean
from precompute.vae.model.networks import Vae
from precompute.vae.model.passes import decoded
from precompute.vae.priors import measure
from precompute.vae.reconstructions.summary import Arrays, in_bytes
from precompute.vae.settings import VaeSettings
from precompute.vae.training.images import Images
from store.schema.vae import names, priors

STREAM = 1  # of the random numbers: what is drawn here changes no other draw of the study
MOST_REFERENCE = 5000  # training images whose features are the reference


def generated_arrays(model: Vae, images: Images, settings: VaeSettings) -> Arrays:
    """Draw and decode latents of each prior, and measure the pictures beside real ones."""
    rng = np.random.default_rng([settings.seed, STREAM])
    n = min(settings.n_generated, len(images.held_out))
    pictures = _pictures(model, images, n, settings.seed, rng)
    n_tiles = min(settings.n_prior_samples, n)
    features = measure.GarmentFeatures(images.train.device)
    reference = drawing_order(len(images.train), settings.seed)[:MOST_REFERENCE]
    fits = features.fits(images.train.shape[1]) and n >= 2 * measure.N_PARTS
    known = features(images.train[reference].cpu().numpy()) if fits else None
    by_source: list[Arrays] = []
    for values in pictures.values():
        nearest, error = measure.nearest_images(values, images.train)
        near = images.train[torch.from_numpy(nearest[:n_tiles])].cpu().numpy()
        distance = UNDEFINED
        if known is not None:
            distance = measure.frechet_distance(features(values), known)
        by_source.append(
            {
                priors.PICTURE: in_bytes(values[:n_tiles]),
                priors.NEAREST_PICTURE: in_bytes(near),
                priors.NEAREST_ERROR: error,
                priors.MEAN_NEAREST_ERROR: np.array(
                    bootstrap_mean(error, rng, settings.n_bootstrap).row()
                ),
                priors.FRECHET_DISTANCE: np.array(distance.row()),
            }
        )
    stacked = {spec: np.stack([one[spec] for one in by_source]) for spec in by_source[0]}
    return stacked | {
        priors.SOURCE: np.array(list(pictures)),
        priors.N_PICTURES: np.array(n, np.int32),
        priors.N_REFERENCE: np.array(len(reference), np.int32),
    }


def _pictures(
    model: Vae, images: Images, n: int, seed: int, rng: np.random.Generator
) -> dict[str, NDArray[np.float32]]:
    """Return n pictures (n, P) of every source, in the order of names.SOURCES."""
    drawn = measure.draw_latents(model, images.train, n, rng)
    rows = torch.from_numpy(drawing_order(len(images.held_out), seed)[:n])
    held_out = images.held_out[rows]
    with torch.inference_mode():
        reconstructions = model.decode(model.encode(held_out)[0])
    pictures = {name: decoded(model, latents) for name, latents in drawn.items()}
    pictures[names.RECONSTRUCTIONS] = reconstructions.cpu().numpy()
    pictures[names.HELD_OUT_IMAGES] = held_out.cpu().numpy()
    return pictures
