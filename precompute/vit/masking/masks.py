"""Which patches are hidden: every arm is a ranking, and a patch is hidden when rank < n_masked.

Rankings make the masks of one image and seed nested, and those of all arms equal in area, by
construction. So a difference between arms is one of place and contiguity, not of area.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from store.schema.vit.names import (
    ARMS,
    CENTRE_BLOCK,
    LEAST_ATTENDED,
    MOST_ATTENDED,
    PERIPHERY,
    RANDOM_BLOCK,
    SCATTERED,
)


@dataclass(frozen=True)
class Arm:
    """Which patches are hidden first."""

    about: str
    # map (rows, cols) and generator -> patches (rows * cols,), the first hidden first
    order: Callable[[NDArray, np.random.Generator], NDArray[np.int64]]
    is_random: bool = False  # at random; the others are fixed but for ties, so one seed tells all


def mask_rng(seed: int, image_row: int, seed_index: int, arm: str) -> np.random.Generator:
    """Return the generator of one ranking.

    It depends on these four alone, so a mask does not change with shards, batches or other images.
    """
    key = (image_row, seed_index, ARMS.index(arm))
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def patch_ranking(arm: str, attention: NDArray, rng: np.random.Generator) -> NDArray[np.int16]:
    """Rank the patches in the order in which the arm hides them: (rows, cols), 0 is hidden first.

    attention: (rows, cols), the image's attention map, fixed beforehand; also gives the grid.
    Raises ValueError: the arm is none of ARMS.
    """
    if arm not in ARM_ROWS:
        raise ValueError(f"no arm {arm!r}. Known: {', '.join(ARMS)}.")
    order = ARM_ROWS[arm].order(attention, rng)
    ranking = np.empty(len(order), np.int16)
    ranking[order] = np.arange(len(order))
    return ranking.reshape(attention.shape)


def _from_centre(attention: NDArray, rng: np.random.Generator) -> NDArray[np.int64]:
    rows, cols = attention.shape
    return _block_order(((rows - 1) / 2, (cols - 1) / 2), rows, cols, rng)


def _from_anywhere(attention: NDArray, rng: np.random.Generator) -> NDArray[np.int64]:
    rows, cols = attention.shape
    return _block_order((int(rng.integers(rows)), int(rng.integers(cols))), rows, cols, rng)


def _by_attention(sign: int) -> Callable[[NDArray, np.random.Generator], NDArray[np.int64]]:
    """Return the order by sign times the map, the least first; ties by chance."""
    return lambda attention, rng: np.lexsort((rng.random(attention.size), sign * attention.ravel()))


def _block_order(
    centre: tuple[float, float], rows: int, cols: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Order the patches outward from centre, square ring by square ring."""
    down, right = np.mgrid[:rows, :cols]
    down, right = np.abs(down - centre[0]).ravel(), np.abs(right - centre[1]).ravel()
    chebyshev, squared_euclidean = np.maximum(down, right), down**2 + right**2
    return np.lexsort((rng.random(rows * cols), squared_euclidean, chebyshev))


# A random ranking is no arm of its own: each image and seed draws one permutation and hides ever
# more of it, which is what scattered is. Fresh draws per ratio would give the same shares and lose
# the nesting, so scattered is also the random ranking that attributions are compared with.
ARM_ROWS: Mapping[str, Arm] = {
    CENTRE_BLOCK: Arm(
        "nearest the grid's centre first (Chebyshev distance, then Euclidean, then chance)",
        _from_centre,
    ),
    RANDOM_BLOCK: Arm(
        "the same around a patch drawn at random, clipped at the border",
        _from_anywhere,
        is_random=True,
    ),
    SCATTERED: Arm(
        "a random permutation",
        lambda attention, rng: rng.permutation(attention.size),
        is_random=True,
    ),
    PERIPHERY: Arm(
        "as the block in the centre, from the outside in",
        lambda attention, rng: _from_centre(attention, rng)[::-1],
    ),
    MOST_ATTENDED: Arm("the highest of the map first, ties by chance", _by_attention(-1)),
    LEAST_ATTENDED: Arm("the lowest of the map first, ties by chance", _by_attention(1)),
}


def hidden_patches(rankings: NDArray[np.int16], n_masked: int) -> NDArray[np.bool_]:
    """Return the patch masks of rankings (..., rows, cols), n_masked hidden: True means hidden."""
    return rankings < n_masked


def count_masked(ratios: Sequence[float], n_patches: int) -> NDArray[np.int32]:
    """Return how many of n_patches each ratio hides (R,): the nearest count, at least 1.

    Raises ValueError: one hides every patch.
    """
    counts = np.maximum(np.floor(np.asarray(ratios) * n_patches + 0.5), 1).astype(np.int32)
    if counts.max() >= n_patches:
        raise ValueError(
            f"mask_ratios {list(ratios)} hide {counts.tolist()} of {n_patches} patches; each ratio "
            f"must leave at least one."
        )
    return counts


def first_alike(ratios: Sequence[float], n_patches: int) -> dict[float, float]:
    """Return for each ratio the first that hides as many of n_patches: itself, or one before it.

    Raises ValueError: one hides every patch.
    """
    first: dict[int, float] = {}
    pairs = zip(ratios, count_masked(ratios, n_patches).tolist(), strict=True)
    return {ratio: first.setdefault(count, ratio) for ratio, count in pairs}
