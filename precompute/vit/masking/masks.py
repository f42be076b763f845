"""Which patches are hidden: every arm is a ranking, and a patch is hidden when rank < n_masked.

Rankings make the masks of one image and seed nested, and those of all arms equal in area, by
construction. So a difference between arms is one of place and contiguity, not of area.
"""

from collections.abc import Sequence

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

# A random ranking is no arm of its own: each image and seed draws one permutation and hides ever
# more of it, which is what scattered is. Fresh draws per ratio would give the same shares and lose
# the nesting, so scattered is also the random ranking that attributions are compared with.
DRAWN_ARMS = (RANDOM_BLOCK, SCATTERED)  # the others are fixed but for ties, so one seed tells all


def mask_rng(seed: int, image_row: int, seed_index: int, arm: str) -> np.random.Generator:
    """Return the generator of one ranking.

    It depends on these four alone, so a mask does not change with shards, batches or other images.
    """
    key = (image_row, seed_index, ARMS.index(arm))
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def patch_ranking(arm: str, attention: NDArray, rng: np.random.Generator) -> NDArray[np.int16]:
    """Rank the patches in the order in which the arm hides them: (rows, cols), 0 is hidden first.

    centre_block: nearest the grid's centre first (Chebyshev distance, then Euclidean, then chance);
    periphery: the same from the outside in;
    random_block: as centre_block around a patch drawn at random, clipped at the border;
    scattered: a random permutation;
    most_attended, least_attended: by the map given, ties by chance.

    Args:
        arm: one of ARMS.
        attention: (rows, cols), the image's attention map, fixed beforehand; also gives the grid.
        rng: the generator of this ranking.

    Raises:
        ValueError: the arm is none of these.
    """
    rows, cols = attention.shape
    middle = ((rows - 1) / 2, (cols - 1) / 2)
    if arm == CENTRE_BLOCK:
        order = _block_order(middle, rows, cols, rng)
    elif arm == PERIPHERY:
        order = _block_order(middle, rows, cols, rng)[::-1]
    elif arm == RANDOM_BLOCK:
        order = _block_order((int(rng.integers(rows)), int(rng.integers(cols))), rows, cols, rng)
    elif arm == SCATTERED:
        order = rng.permutation(rows * cols)
    elif arm in (MOST_ATTENDED, LEAST_ATTENDED):
        sign = -1 if arm == MOST_ATTENDED else 1
        order = np.lexsort((rng.random(rows * cols), sign * attention.ravel()))
    else:
        raise ValueError(f"no arm {arm!r}. Known: {', '.join(ARMS)}.")
    ranking = np.empty(rows * cols, np.int16)
    ranking[order] = np.arange(rows * cols)
    return ranking.reshape(rows, cols)


def _block_order(
    centre: tuple[float, float], rows: int, cols: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Order the patches outward from centre, square ring by square ring."""
    down, right = np.mgrid[:rows, :cols]
    down, right = np.abs(down - centre[0]).ravel(), np.abs(right - centre[1]).ravel()
    chebyshev, squared_euclidean = np.maximum(down, right), down**2 + right**2
    return np.lexsort((rng.random(rows * cols), squared_euclidean, chebyshev))


def hidden_patches(rankings: NDArray[np.int16], n_masked: int) -> NDArray[np.bool_]:
    """Return the patch masks of rankings (..., rows, cols), n_masked hidden: True means hidden."""
    return rankings < n_masked


def count_masked(ratios: Sequence[float], n_patches: int) -> NDArray[np.int32]:
    """Return how many of n_patches each ratio hides: the nearest count, at least 1.

    Raises:
        ValueError: one hides every patch.
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

    Raises:
        ValueError: one hides every patch.
    """
    first: dict[int, float] = {}
    counts = count_masked(ratios, n_patches).tolist()
    return {
        ratio: first.setdefault(count, ratio) for ratio, count in zip(ratios, counts, strict=True)
    }
