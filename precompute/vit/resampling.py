"""Means over images with their intervals, each part of the study from random numbers of its own."""

import numpy as np
from numpy.typing import NDArray

from precompute.settings import VitSettings
from precompute.statistics import bootstrap_mean, bootstrap_means

# The parts that draw resamples of the images. Two with one number would share their luck.
MASKING, OUTLINE, FAITHFULNESS, ATTENTION = 1, 2, 3, 4


def resampling_rng(settings: VitSettings, part: int) -> np.random.Generator:
    """Return the generator with which a part of the study draws resamples of the images."""
    return np.random.default_rng(np.random.SeedSequence(settings.seed, spawn_key=(part,)))


def mean_intervals(values: NDArray, settings: VitSettings, part: int) -> NDArray[np.float64]:
    """Return the mean over images of values (N, *cell), with its interval: (*cell, 3).

    All cells are resampled together. An image where a cell has NaN is left out of that cell, whose
    resamples are then its own; a cell without images stays NaN.
    """
    flat = np.asarray(values, np.float64).reshape(len(values), np.prod(values.shape[1:], dtype=int))
    found = np.full((flat.shape[1], 3), np.nan)
    gaps = np.isnan(flat).any(axis=0)
    if len(flat) and not gaps.all():
        rng = resampling_rng(settings, part)
        whole = bootstrap_means(flat[:, ~gaps], rng, settings.n_bootstrap)
        found[~gaps] = [mean.row() for mean in whole]
    for cell in np.flatnonzero(gaps):
        rng = resampling_rng(settings, part)
        found[cell] = bootstrap_mean(flat[:, cell], rng, settings.n_bootstrap).row()
    return found.reshape(*values.shape[1:], 3)
