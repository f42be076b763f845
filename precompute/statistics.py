"""Intervals, paired tests and covariances, thin over SciPy and statsmodels, for every study."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.linalg import eigh, eigvalsh
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

SIGNIFICANCE = 0.05
LEVEL = 0.95  # of every interval in the project
TAILS = (100 * (1 - LEVEL) / 2, 100 * (1 + LEVEL) / 2)  # its ends, in per cent


@dataclass(frozen=True)
class Estimate:
    """A value with the ends of its 95% interval."""

    value: float
    low: float
    high: float

    def row(self) -> tuple[float, float, float]:
        """Return (value, low, high), as stores keep it."""
        return self.value, self.low, self.high


def percent(share: float) -> str:
    """Return a share as findings write it: 88.6%, or 88% where the decimal is 0."""
    return f"{_hundredths(share)}%"


def percent_range(estimate: Estimate) -> str:
    """Return the interval of a share in words: 95% interval 85.5 to 91.1%."""
    return f"95% interval {_hundredths(estimate.low)} to {_hundredths(estimate.high)}%"


def _hundredths(share: float) -> str:
    return f"{share * 100:.1f}".removesuffix(".0")


def points(estimate: Estimate) -> str:
    """Return a difference of two shares in words: +3.1 points (95% interval +1.0 to +5.2)."""
    low, value, high = (end * 100 for end in (estimate.low, estimate.value, estimate.high))
    return f"{value:+.1f} points (95% interval {low:+.1f} to {high:+.1f})"


def p_value(p: float) -> str:
    """Return a p-value as readers print it."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def interval(estimate: Estimate, digits: int = 3) -> str:
    """Return the interval of an estimate in words."""
    return f"95% interval {estimate.low:.{digits}f} to {estimate.high:.{digits}f}"


UNDEFINED = Estimate(np.nan, np.nan, np.nan)


def share(n_true: float, n: int) -> Estimate:
    """Return a share with its Wilson interval (Wilson 1927); n_true may be a fraction of items."""
    low, high = proportion_confint(n_true, n, alpha=1 - LEVEL, method="wilson")
    value = n_true / n
    return Estimate(value, np.minimum(low, value).item(), np.maximum(high, value).item())


def percentile_interval(value: float, resampled: NDArray) -> Estimate:
    """Return a value with the percentile interval of its resamples (R,), which holds the value.

    A distance cannot be negative, so resampling noise lifts it a little: where it is only noise,
    the interval is widened.
    """
    low, high = np.percentile(resampled, TAILS)
    return Estimate(value, float(min(low, value)), float(max(high, value)))


def bootstrap_mean(values: NDArray, rng: np.random.Generator, n_resamples: int) -> Estimate:
    """Return the mean of values (N,) with its percentile bootstrap interval over items.

    Resampling the mean needs only how often each item is drawn, so the resamples are one
    multinomial matrix times the values; NaN items are left out.
    """
    defined = np.asarray(values, np.float64)
    defined = defined[~np.isnan(defined)]
    if not len(defined):
        return UNDEFINED
    return bootstrap_means(defined[:, None], rng, n_resamples)[0]


def bootstrap_means(values: NDArray, rng: np.random.Generator, n_resamples: int) -> list[Estimate]:
    """Return the mean of each column of values (N, K); rows are resampled together.

    A row is one independent item, such as an image with all its masks: a cluster bootstrap.
    """
    means = resampled_means(values, rng, n_resamples)
    low, high = np.percentile(means, TAILS, axis=0)
    centre = values.mean(axis=0)
    return [
        Estimate(float(c), float(min(a, c)), float(max(b, c)))
        for c, a, b in zip(centre, low, high, strict=True)
    ]


def bootstrap_shares(values: NDArray, rng: np.random.Generator, n_resamples: int) -> list[Estimate]:
    """Return the mean of each column of shares (N, K), with `share_interval`'s interval."""
    means = resampled_means(values, rng, n_resamples)
    return [share_interval(*pair) for pair in zip(values.T, means.T, strict=True)]


def cell_intervals(
    values: NDArray,
    rng: np.random.Generator,
    n_resamples: int,
    estimate: Callable[[NDArray, np.random.Generator, int], list[Estimate]] = bootstrap_means,
) -> NDArray[np.float64]:
    """Return value, low and high of each cell's mean over items, values (N, *cell): (*cell, 3).

    All cells are resampled together. A cell with a NaN stays NaN.

    estimate: `bootstrap_means`, or `bootstrap_shares` for shares of independent items.
    """
    flat = values.reshape(len(values), math.prod(values.shape[1:]))
    rows = np.full((flat.shape[1], 3), np.nan)
    defined = ~np.isnan(flat).any(axis=0)
    if len(flat) and defined.any():
        rows[defined] = [one.row() for one in estimate(flat[:, defined], rng, n_resamples)]
    return rows.reshape(*values.shape[1:], 3)


def share_interval(shares: NDArray, resampled: NDArray) -> Estimate:
    """Return the mean of the shares (N,) of independent items with its interval.

    Wilson's where every share is 0 or 1: resampling finds no spread among items alike, and too
    little where all but a few are. Elsewhere it is the percentile interval of the resamples, that
    comes no nearer to 0 or 1 than Wilson's does for N items alike.

    resampled: (R,) the mean in each resample of the items.
    """
    n_items = len(shares)
    if np.isin(shares, (0, 1)).all():
        return share(int(shares.sum()), n_items)
    low, high = np.percentile(resampled, TAILS)
    nearest_0, nearest_1 = share(0, n_items).high, share(n_items, n_items).low
    value = float(shares.mean())
    return Estimate(value, float(min(low, value, nearest_1)), float(max(high, value, nearest_0)))


def bootstrap_range(values: NDArray, rng: np.random.Generator, n_resamples: int) -> Estimate:
    """Return the largest minus the smallest column mean of values (N, K), rows resampled together.

    A range is never negative, so its interval leaves out 0 even by chance: compare it with the
    range of columns that are shuffled within each row.
    """
    spread = np.ptp(resampled_means(values, rng, n_resamples), axis=1)
    return percentile_interval(float(np.ptp(values.mean(axis=0))), spread)


def resampled_means(values: NDArray, rng: np.random.Generator, n_resamples: int) -> NDArray:
    """Return the column means of values (N, K) in each resample of the rows: (n_resamples, K)."""
    n_items = len(values)
    means = np.empty((n_resamples, values.shape[1]))
    weights = np.full(n_items, 1 / n_items)
    for start in range(0, n_resamples, 200):  # 200 x N counts at a time bound the memory
        rows = slice(start, min(start + 200, n_resamples))
        counts = rng.multinomial(n_items, weights, size=rows.stop - start)
        means[rows] = counts @ values / n_items
    return means


def bootstrap_statistic(
    statistic: Callable[[NDArray], float], n_items: int, rng: np.random.Generator, n_resamples: int
) -> Estimate:
    """Return statistic(rows) with its percentile bootstrap interval over rows of n_items."""
    value = statistic(np.arange(n_items))
    draws = [statistic(rng.integers(0, n_items, n_items)) for _ in range(n_resamples)]
    return percentile_interval(value, np.array(draws))


def mean_over_seeds(values: NDArray) -> Estimate:
    """Return the mean of a few trainings (S,) with its t interval; one alone has no interval."""
    mean = float(values.mean())
    if len(values) < 2 or np.isnan(values).any():
        return Estimate(mean, np.nan, np.nan)
    if np.ptp(values) == 0:
        return Estimate(mean, mean, mean)
    low, high = DescrStatsW(values.astype(np.float64)).tconfint_mean(alpha=1 - LEVEL)
    return Estimate(mean, float(low), float(high))


def next_value(values: NDArray) -> Estimate:
    """Return the mean of a few trainings (S,), two or more, and where one more falls (95%).

    The prediction interval of a normal sample: mean +- t(S - 1) s sqrt(1 + 1/S).
    """
    n = len(values)
    mean, spread = float(values.mean()), float(values.std(ddof=1))
    reach = float(stats.t.ppf((1 + LEVEL) / 2, n - 1)) * spread * math.sqrt(1 + 1 / n)
    return Estimate(mean, mean - reach, mean + reach)


def covariance(rows: NDArray, counts: NDArray | None = None) -> NDArray[np.float64]:
    """Return the covariance (D, D) of rows (N, D), each counted `counts` (N,) times."""
    weights = np.ones(len(rows)) if counts is None else counts.astype(np.float64)
    total = weights.sum()
    # In float64: in float32 rounding fills dimensions that the rows leave empty.
    centred = np.array(rows, np.float64)
    centred -= (weights @ centred) / total
    centred *= np.sqrt(weights)[:, None]
    return centred.T @ centred / (total - 1)


def matrix_root(of: NDArray) -> NDArray:
    """Return the symmetric square root of a covariance (D, D)."""
    values, vectors = eigh(of)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def covariance_distance(first: NDArray, root: NDArray) -> float:
    """Return Tr(A + B - 2 (A B)^(1/2)): the part of Frechet's distance that is not the means'.

    first: (D, D) covariance A of full rank. root: (D, D) the square root of B.
    """
    joint = eigvalsh(root @ first @ root)
    traces = np.trace(first) + np.square(root).sum()
    return float(traces - 2 * np.sqrt(np.maximum(joint, 0)).sum())


def unit_rows(rows: NDArray) -> NDArray[np.float64]:
    """Return rows (N, D) scaled to length 1. Raises ValueError: a row is 0 and has no direction."""
    norms = np.linalg.norm(np.asarray(rows, np.float64), axis=1, keepdims=True)
    if not (norms > 0).all():
        raise ValueError(f"row {int(np.argmin(norms > 0))} is 0 and has no direction.")
    return rows / norms


@dataclass(frozen=True)
class PairedTest:
    """Two classifiers on the same items (McNemar 1947, exact binomial)."""

    both: int
    only_first: int
    only_second: int
    neither: int
    p_value: float

    @property
    def difference(self) -> Estimate:
        """The share that the first gets right minus the second's, with a Wilson-type interval.

        Newcombe 1998 (Statistics in Medicine 17:2635), method 10: the Wilson intervals of the two
        shares, put together with the correlation between them.
        """
        n = sum(self.counts())
        n_first, n_second = self.both + self.only_first, self.both + self.only_second
        first, second = share(n_first, n), share(n_second, n)
        margins = n_first * (n - n_first) * n_second * (n - n_second)
        excess = self.both * self.neither - self.only_first * self.only_second
        excess = max(excess - n / 2, 0) if excess >= 0 else excess  # his continuity correction
        correlation = excess / math.sqrt(margins) if margins else 0.0

        def reach(one: float, other: float) -> float:
            return math.sqrt(max(one**2 + other**2 - 2 * correlation * one * other, 0))

        value = first.value - second.value
        down = reach(first.value - first.low, second.high - second.value)
        up = reach(first.high - first.value, second.value - second.low)
        return Estimate(value, value - down, value + up)

    def counts(self) -> tuple[int, int, int, int]:
        """Return the 2 x 2 counts in reading order."""
        return self.both, self.only_first, self.only_second, self.neither


def paired_test(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> PairedTest:
    """Compare two classifiers (N,) by the items that only one of them gets right."""
    both, neither = int((first & second).sum()), int((~first & ~second).sum())
    only_first, only_second = int((first & ~second).sum()), int((~first & second).sum())
    table = [[both, only_first], [only_second, neither]]
    p_value: float = vars(mcnemar(table, exact=True))["pvalue"]
    return PairedTest(both, only_first, only_second, neither, float(p_value))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values of one family of comparisons (Holm 1979)."""
    if not len(p_values):
        return []
    return np.asarray(multipletests(p_values, method="holm")[1]).tolist()
