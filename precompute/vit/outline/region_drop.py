"""The causal side of the outline: what is lost when its tokens are dropped, or another region's."""

import numpy as np
from numpy.typing import NDArray

from precompute.compute.shards import Arrays
from precompute.vit.masking.predict import Hidden, Whole, predict_hidden
from precompute.vit.model.inference import Lens
from store.schema.vit.names import DROPPED, REGIONS, TOKEN_DROP

_DROP_KEY = 1_000  # sets these draws apart from those of the arms


def region_masks(shares: NDArray, n_draws: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Draw equally many patches of each region to drop: (n_draws, DROPPED, rows, cols).

    A patch belongs to the region that covers most of it, and to none where two cover it alike. As
    many are drawn as the smallest region has, so an image whose patches all belong to two regions
    drops none.

    shares: (rows, cols, 3) from region_shares.
    """
    first, second = np.sort(shares, axis=-1)[..., :-3:-1].reshape(-1, 2).T
    owner = np.where(first > second, shares.argmax(axis=-1).ravel(), len(REGIONS))
    n_dropped = np.bincount(owner, minlength=len(REGIONS))[: len(REGIONS)].min()
    masks = np.zeros((n_draws, len(DROPPED), owner.size), bool)
    for draw in masks:
        order = rng.permutation(owner.size)
        for region in range(len(REGIONS)):
            draw[region, order[owner[order] == region][:n_dropped]] = True
        draw[-1, rng.permutation(owner.size)[:n_dropped]] = True
    return masks.reshape(n_draws, len(DROPPED), *shares.shape[:2])


def predict_region_drop(
    lens: Lens, whole: Whole, shares: NDArray, source_rows: NDArray, n_draws: int, seed: int
) -> Arrays:
    """Return what the model says of images (n) without some tokens of one region.

    Returns n_dropped (n,), predicted and probability (n, n_draws, DROPPED).
    """
    masks = np.stack(
        [
            region_masks(one, n_draws, _rng(seed, int(row)))
            for one, row in zip(shares, source_rows, strict=True)
        ]
    )  # (n, draws, DROPPED, *grid)
    n_dropped = masks[:, 0, 0].sum(axis=(1, 2))
    predicted = np.empty(masks.shape[:3], np.int16)
    probability = np.empty(masks.shape[:3], np.float16)
    for count in np.unique(n_dropped):  # so that every image of a batch loses equally many
        rows = np.flatnonzero(n_dropped == count)
        image = np.repeat(rows, n_draws * len(DROPPED))
        hidden = Hidden(image, masks[rows].reshape(len(image), *masks.shape[3:]))
        said = predict_hidden(lens, whole, hidden, TOKEN_DROP, n_top=1)
        predicted[rows] = said["predicted"].reshape(len(rows), *masks.shape[1:3])
        probability[rows] = said["probability"].reshape(len(rows), *masks.shape[1:3])
    return {
        "n_dropped": n_dropped.astype(np.int32),
        "region_predicted": predicted,
        "region_probability": probability,
    }


def _rng(seed: int, image_row: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(image_row, 0, _DROP_KEY)))
