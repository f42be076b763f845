"""Does attention lie on the outline? Enrichment per region, against shifted and swapped maps.

Beside the map that is tested: every layer and head, with a correction for having tried them all,
and the causal side, what is lost when the outline's tokens are dropped or another region's.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.multitest import multipletests

from precompute.compute.shards import Arrays
from precompute.data.image_set import partners
from precompute.vit.masking.predict import Whole, predict_hidden
from precompute.vit.model.inference import Probe
from store.schema.vit import names

_OUTLINE, _INTERIOR = names.REGIONS.index(names.OUTLINE), names.REGIONS.index(names.INTERIOR)
GAUSSIAN_WIDTH = 0.25  # its standard deviation, in sides of the grid
ROUNDING = 1e-12  # contrasts of an even map differ by less, and by nothing else
_DROP_KEY = 1_000  # sets these draws apart from those of the arms


@dataclass(frozen=True)
class OutlineTest:
    """Enrichment of N images whose regions are all large enough; rows follow kept."""

    rows: NDArray[np.int64]  # (N,) positions among the images given
    n_left_out: int  # images with a region smaller than one patch, or with an empty map
    areas: NDArray[np.float64]  # (N, 3) share of the image's area, rows sum to 1
    enrichment: NDArray[np.float64]  # (N, 3) attention mass over area; 1 is even attention
    contrasts: NDArray[np.float64]  # (N, CONTRASTS) outline minus interior
    shift_p_value: NDArray[np.float64]  # (N,) between 1/P and 1


def region_enrichment(attention: NDArray, shares: NDArray) -> NDArray[np.float64]:
    """Return attention mass over area of each region (regions,); the area-weighted mean is 1.

    attention: (rows, cols), non-negative; its scale does not matter. shares: (rows, cols, regions)
    from region_shares.
    """
    mass = np.einsum("ij,ijr->r", attention, shares) / attention.sum()
    return mass / shares.mean(axis=(0, 1))


def contrasts(maps: NDArray, shares: NDArray) -> NDArray[np.float64]:
    """Return outline-minus-interior enrichment of maps (N, ..., rows, cols): (N, ...).

    NaN for a map that is empty, as where CLS attends to no patch.

    shares: (N, rows, cols, regions) from region_shares.
    """
    between = (-1,) + (1,) * (maps.ndim - 3) + maps.shape[-2:]
    weights = _contrast_weights(shares).reshape(between)
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN, as said above
        return (maps * weights).sum(axis=(-2, -1)) / maps.sum(axis=(-2, -1))


def _contrast_weights(shares: NDArray) -> NDArray[np.float64]:
    """Return (..., rows, cols): what attention on each patch adds to outline minus interior."""
    areas = shares.mean(axis=(-3, -2), keepdims=True)
    return (shares / areas)[..., _OUTLINE] - (shares / areas)[..., _INTERIOR]


def shift_contrasts(attention: NDArray, shares: NDArray) -> NDArray[np.float64]:
    """Return outline-minus-interior enrichment for every toroidal shift of the map: (rows * cols,).

    Entry 0 is the map as it is. A shift keeps the map's own shape and smoothness and breaks only
    its link with the picture; shuffling patches would break both and make every map look special.
    """
    rows, cols = attention.shape
    down, right = np.divmod(np.arange(rows * cols), cols)  # shift of each entry
    row, col = np.divmod(np.arange(rows * cols), cols)  # place of each patch
    source_row = (row[None] - down[:, None]) % rows
    source_col = (col[None] - right[:, None]) % cols
    shifted = attention[source_row, source_col]
    return shifted @ _contrast_weights(shares).ravel() / attention.sum()


def shift_p_value(contrasts: NDArray) -> float:
    """Return the share of all shifts (P,), the zero shift first, with at least its contrast."""
    rounding = 1e-9 * max(1.0, float(np.abs(contrasts).max()))  # equal shifts must count as equal
    return float((contrasts >= contrasts[0] - rounding).mean())


def centred_gaussian(rows: int, cols: int) -> NDArray[np.float64]:
    """Return a map (rows, cols) that knows nothing but where pictures have their object."""
    down = (np.arange(rows) - (rows - 1) / 2) / (rows * GAUSSIAN_WIDTH)
    right = (np.arange(cols) - (cols - 1) / 2) / (cols * GAUSSIAN_WIDTH)
    return np.exp(-(down[:, None] ** 2 + right**2) / 2)


def outline_test(
    attention: NDArray, untrained: NDArray, edges: NDArray, shares: NDArray
) -> OutlineTest:
    """Measure enrichment on every image whose three regions each cover at least one patch's area.

    attention: (N, rows, cols), one map per image, fixed beforehand. untrained: (N, rows, cols), the
    same map of the model with random weights. edges: (N, rows, cols), how strong each patch's edges
    are. shares: (N, rows, cols, 3) from region_shares, in the order of REGIONS.
    """
    one_patch, areas = 1 / (shares.shape[1] * shares.shape[2]), shares.mean(axis=(1, 2))
    is_large = (areas >= one_patch * (1 - 1e-9)).all(axis=1)
    rows = np.flatnonzero(is_large & attention.any(axis=(-2, -1)))  # an empty map is on no region
    maps, regions = np.asarray(attention, np.float64)[rows], np.asarray(shares, np.float64)[rows]
    shifts = [shift_contrasts(*pair) for pair in zip(maps, regions, strict=True)]
    gaussian = np.broadcast_to(centred_gaussian(*maps.shape[1:]), maps.shape)
    columns = {
        names.OWN_MAP: contrasts(maps, regions),
        names.SHIFTED_MAPS: np.array([values[1:].mean() for values in shifts]),
        names.OTHER_MAP: other_contrasts(maps, regions),
        names.UNTRAINED_MAP: contrasts(np.asarray(untrained, np.float64)[rows], regions),
        names.CENTRED_GAUSSIAN: contrasts(gaussian, regions),
        names.EDGE_MAP: contrasts(np.asarray(edges, np.float64)[rows], regions),
    }
    enrichment = [region_enrichment(*pair) for pair in zip(maps, regions, strict=True)]
    return OutlineTest(
        rows=rows,
        n_left_out=len(attention) - len(rows),
        areas=regions.mean(axis=(1, 2)),
        enrichment=np.array(enrichment).reshape(-1, len(names.REGIONS)),
        contrasts=np.stack([columns[name] for name in names.CONTRASTS], axis=1),
        shift_p_value=np.array([shift_p_value(values) for values in shifts]),
    )


def other_contrasts(maps: NDArray, shares: NDArray) -> NDArray[np.float64]:
    """Return contrasts (N, ...) under the partner's map (N, ..., rows, cols); NaN for one image."""
    if len(maps) < 2:
        return np.full(maps.shape[:-2], np.nan)
    return contrasts(maps[partners(np.arange(len(maps)), len(maps))], shares)


@dataclass(frozen=True)
class HeadTest:
    """How much each head's own map gains over another image's, on N images."""

    gains: NDArray[np.float64]  # (N, L, H) outline minus interior, own map minus another image's
    q_values: NDArray[np.float64]  # (L, H) false-discovery rate at which it counts; NaN if untested
    best: tuple[int, int]  # layer and head with the largest mean gain on the first half
    held_out: NDArray[np.float64]  # (N - N // 2,) its gain on the other half


def head_test(maps: NDArray, shares: NDArray) -> HeadTest:
    """Test whether any head looks at outlines, and which does most.

    The best of many heads is always too good on the images that chose it, so it is chosen on one
    half and measured on the other. The q values are Benjamini & Yekutieli's (2001), which hold
    however the heads depend on each other. A head is tested on the images where its map is not
    empty, and not at all where its gain is the same on all of them.

    maps: (N, L, H, rows, cols) CLS attention, each on a scale of its own. shares: (N, rows, cols,
    3) from region_shares, every region large enough.
    """
    shares = np.asarray(shares, np.float64)
    n_images, n_layers, n_heads = maps.shape[:3]
    gains = np.empty((n_images, n_layers, n_heads))
    for layer in range(n_layers):  # one layer at a time bounds the memory
        one = np.asarray(maps[:, layer], np.float64)
        gains[:, layer] = contrasts(one, shares) - other_contrasts(one, shares)
    half = n_images // 2
    if half < 2:  # too few to choose on one half and measure on the other
        empty = np.full((n_layers, n_heads), np.nan)
        return HeadTest(gains, empty, (n_layers - 1, 0), np.full(n_images - half, np.nan))
    means = np.ma.masked_invalid(gains[:half]).mean(axis=0).filled(-np.inf)
    layer, head = np.unravel_index(means.argmax(), means.shape)
    best = (int(layer), int(head))
    return HeadTest(gains, _q_values(gains), best, gains[half:, best[0], best[1]])


def _q_values(gains: NDArray) -> NDArray[np.float64]:
    """Test whether each head's mean gain (N, L, H) is above 0, among those that can be tested."""
    q_values, columns = np.full(gains[0].size, np.nan), gains.reshape(len(gains), -1).T
    known = {head: one[~np.isnan(one)] for head, one in enumerate(columns)}
    tested = [head for head, one in known.items() if len(one) > 1 and np.ptp(one) >= ROUNDING]
    tests = [stats.ttest_1samp(known[head], 0, alternative="greater") for head in tested]
    if tested:
        p_values = np.array([np.asarray(test)[1] for test in tests])
        q_values[tested] = multipletests(p_values, method="fdr_by")[1]
    return q_values.reshape(gains.shape[1:])


def region_masks(shares: NDArray, n_draws: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Draw equally many patches of each region to drop: (n_draws, DROPPED, rows, cols).

    A patch belongs to the region that covers most of it, and to none where two cover it alike. As
    many are drawn as the smallest region has, so an image whose patches all belong to two regions
    drops none.

    shares: (rows, cols, 3) from region_shares.
    """
    first, second = np.sort(shares, axis=-1)[..., :-3:-1].reshape(-1, 2).T
    owner = np.where(first > second, shares.argmax(axis=-1).ravel(), len(names.REGIONS))
    n_dropped = np.bincount(owner, minlength=len(names.REGIONS))[: len(names.REGIONS)].min()
    masks = np.zeros((n_draws, len(names.DROPPED), owner.size), bool)
    for draw in masks:
        order = rng.permutation(owner.size)
        for region in range(len(names.REGIONS)):
            draw[region, order[owner[order] == region][:n_dropped]] = True
        draw[-1, rng.permutation(owner.size)[:n_dropped]] = True
    return masks.reshape(n_draws, len(names.DROPPED), *shares.shape[:2])


def predict_region_drop(
    probe: Probe, whole: Whole, shares: NDArray, source_rows: NDArray, n_draws: int, seed: int
) -> Arrays:
    """Return what the model says of images (n) without some tokens of one region.

    Returns n_dropped (n,), predicted and probability (n, n_draws, DROPPED).
    """
    pairs = zip(shares, source_rows.tolist(), strict=True)
    of_images = [region_masks(one, n_draws, _rng(seed, row)) for one, row in pairs]
    masks = np.stack(of_images)  # (n, draws, DROPPED, *grid)
    n_dropped = masks[:, 0, 0].sum(axis=(1, 2))
    predicted = np.empty(masks.shape[:3], np.int16)
    probability = np.empty(masks.shape[:3], np.float16)
    for count in np.unique(n_dropped):  # so that every image of a batch loses equally many
        rows = np.flatnonzero(n_dropped == count)
        image = np.repeat(rows, n_draws * len(names.DROPPED))
        hidden = masks[rows].reshape(len(image), *masks.shape[3:])
        answers = predict_hidden(probe, whole, image, hidden)
        predicted[rows] = answers["predicted"].reshape(len(rows), *masks.shape[1:3])
        probability[rows] = answers["probability"].reshape(len(rows), *masks.shape[1:3])
    return {
        "n_dropped": n_dropped.astype(np.int32),
        "region_predicted": predicted,
        "region_probability": probability,
    }


def _rng(seed: int, image_row: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(image_row, 0, _DROP_KEY)))
