"""Means over images with their intervals, each part of the study from random numbers of its own."""

import numpy as np
from numpy.typing import NDArray

from precompute.statistics import bootstrap_mean, cell_intervals
from precompute.vit.settings import VitSettings

# The parts that draw resamples of the images. Two with one number would share their luck.
MASKING, OUTLINE, FAITHFULNESS, ATTENTION, HEADS, SHAPE = 1, 2, 3, 4, 5, 6


def resampling_rng(settings: VitSettings, part: int) -> np.random.Generator:
    """Return the generator with which a part of the study draws resamples of the images."""
    return np.random.default_rng(np.random.SeedSequence(settings.seed, spawn_key=(part,)))


def mean_intervals(values: NDArray, settings: VitSettings, part: int) -> NDArray[np.float64]:
    """Return the mean over images of values (N, *cell), with its interval: (*cell, 3).

    All cells are resampled together. An image where a cell has NaN is left out of that cell, whose
    resamples are then its own; a cell without images stays NaN.
    """
    exact = np.asarray(values, np.float64)
    means = cell_intervals(exact, resampling_rng(settings, part), settings.n_bootstrap)
    for cell in np.argwhere(np.isnan(exact).any(axis=0)).tolist():
        rng = resampling_rng(settings, part)
        means[*cell] = bootstrap_mean(exact[:, *cell], rng, settings.n_bootstrap).row()
    return means
