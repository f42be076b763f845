"""Bootstrap resamples of held-out images, or of classes, drawn once and shared by every number.

How often each image is drawn is multinomial, so a resampled mean is a matrix product, and two
methods judged on the same resamples share the images' luck.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precompute.clip.inputs.embeddings import Embeddings, RandomStreams
from precompute.statistics import UNDEFINED, Estimate, percentile_interval, share

BLOCK = 200  # resamples that are multiplied at a time, which bounds the memory
FEW_CLUSTERS = 5  # resamples of fewer show no spread, or too little
NORMAL = 1.959964  # two-sided 95% point of the normal distribution


@dataclass(frozen=True)
class Resamples:
    """How often each of N images, or of K classes, occurs in each of R resamples."""

    counts: NDArray[np.uint8]  # (R, N), rows add up to N

    @property
    def n_images(self) -> int:
        """N."""
        return self.counts.shape[1]

    def sums(self, columns: NDArray) -> NDArray[np.float64]:
        """Return the column sums (R, C) of every resample of rows (N, C)."""
        values = np.asarray(columns, np.float32)
        blocks = range(0, len(self.counts), BLOCK)
        parts = [self.counts[at : at + BLOCK].astype(np.float32) @ values for at in blocks]
        return np.concatenate(parts).astype(np.float64)

    def means(self, columns: NDArray) -> NDArray[np.float64]:
        """Return the column means (R, C) of every resample."""
        return self.sums(columns) / self.n_images

    def estimate_mean(self, values: NDArray) -> Estimate:
        """Return the mean of values (N,) with its percentile interval."""
        return percentile_interval(float(np.mean(values)), self.means(values[:, None])[:, 0])

    def estimate_shares(
        self, hits: NDArray[np.bool_], clusters: NDArray[np.int64]
    ) -> tuple[Estimate, ...]:
        """Return the share of hits in each column, with all rows of a cluster drawn together.

        Rows of one cluster have nearly everything in common, so more of them tell little more.
        Where clusters are few or all have one share, the interval is Wilson's with a cluster for
        an item: there resamples show too little spread, or none.

        hits: (T, C). clusters: (T,) which of the N resampled clusters a row belongs to.
        """
        n_clusters = self.counts.shape[1]
        columns = np.column_stack([hits, np.ones(len(hits))])
        totals = np.zeros((n_clusters, columns.shape[1]))
        np.add.at(totals, clusters, columns)  # hits of each cluster, and its rows
        sums = self.sums(totals)
        resampled = sums[:, :-1] / sums[:, -1:]
        return tuple(
            share(value * n_clusters, n_clusters)
            if n_clusters < FEW_CLUSTERS or np.ptp(spread) < 1e-9
            else percentile_interval(value, spread)
            for value, spread in zip(hits.mean(axis=0).tolist(), resampled.T, strict=True)
        )


def draw_resamples(n_images: int, n_resamples: int, rng: np.random.Generator) -> Resamples:
    """Draw R resamples of N images, or of as many classes, with replacement.

    One row drawn N times has neither pairs nor spread; it is one resample in sixty of four rows,
    one in 10^9 of ten, and is replaced by every row once.
    """
    even = np.full(n_images, 1 / n_images)
    sizes = [min(BLOCK, n_resamples - start) for start in range(0, n_resamples, BLOCK)]
    parts = [rng.multinomial(n_images, even, size=size).astype(np.uint8) for size in sizes]
    counts = np.concatenate(parts)
    counts[(counts > 0).sum(axis=1) == 1] = 1
    return Resamples(counts)


def resample_classes(embeddings: Embeddings, streams: RandomStreams) -> Resamples:
    """Draw resamples of the classes, the same ones for every number of texts."""
    return draw_resamples(
        len(embeddings.class_names), streams.n_bootstrap, streams.stream("classes")
    )


def normal_interval(value: float, draws: NDArray) -> Estimate:
    """Return a value with 1.96 standard errors, of its resamples (R,), on either side.

    For numbers that repeated rows bias, such as a rank: the spread of the resamples is right
    where their middle is not.
    """
    if not np.isfinite(value):
        return UNDEFINED
    half = NORMAL * float(np.std(draws, ddof=1))
    return Estimate(value, value - half, value + half)
