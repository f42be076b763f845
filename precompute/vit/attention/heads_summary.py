"""From each picture's heads to the store's arrays, and whether they say that heads differ."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from precompute.compute.shards import Arrays
from precompute.statistics import Estimate, interval
from precompute.vit.resampling import HEADS, mean_intervals
from precompute.vit.settings import VitSettings
from store.schema import ArraySpec
from store.schema.vit import attention, names

_DISTANCE, _BETWEEN, _CHANGE = (
    names.HEAD_MEASURES.index(name)
    for name in (names.HEAD_DISTANCE, names.HEAD_DIVERGENCE, names.HEAD_CHANGE)
)


def heads_arrays(
    trained: Arrays, untrained: Arrays, settings: VitSettings
) -> dict[ArraySpec, NDArray]:
    """Summarise what `measure_heads` measured with either weights, with intervals over images."""

    def estimates(values: NDArray) -> NDArray[np.float32]:
        return mean_intervals(values, settings, HEADS).astype(np.float32)

    n_images = len(trained["heads"])
    arrays = {
        attention.HEAD_MEASURE: np.array(names.HEAD_MEASURES),
        attention.HEADS: estimates(trained["heads"]),
        attention.LAYER_HEADS: estimates(trained["heads"].mean(axis=-1)),
        attention.UNTRAINED_LAYER_HEADS: estimates(untrained["heads"].mean(axis=-1)),
        attention.HEAD_MEAN_MAP: trained["map_sum"].sum(axis=0) / n_images,
    }
    return arrays | {attention.HEAD_FINDING: np.array(head_findings(arrays, n_images))}


def head_findings(arrays: Mapping[ArraySpec, NDArray], n_images: int) -> tuple[str, str]:
    """Say how far the heads of a layer attend apart, and how far their patches look.

    arrays: as stored. A head that does the same whatever the picture changes little with it: where
    two heads differ more than one head changes, they differ in what they do.
    """
    layers, untrained = arrays[attention.LAYER_HEADS], arrays[attention.UNTRAINED_LAYER_HEADS]
    _, n_layers, n_heads = arrays[attention.HEADS].shape[:3]
    near, far = (f(arrays[attention.HEADS][_DISTANCE, ..., 0]) for f in (np.nanmin, np.nanmax))
    distance = (
        f"Patches attend {near:.1f} to {far:.1f} px away on average, by head; with random weights, "
        f"which attend evenly, {np.nanmean(untrained[_DISTANCE, :, 0]):.1f} px."
    )
    if n_heads < 2:
        return "Each layer has one head, so that no heads can differ.", distance
    most = int(layers[_BETWEEN, :, 0].argmax())
    own = Estimate(*layers[_BETWEEN, most].tolist())
    more = int((layers[_BETWEEN, :, 1] > layers[_CHANGE, :, 2]).sum())
    return (
        f"Heads of layer {most + 1} differ by {own.value:.2f} bits, those of the untrained model "
        f"by {untrained[_BETWEEN, most, 0]:.1g}. 0 bits is the same attention, 1 no token in "
        f"common ({interval(own, 2)}, {n_images:,} images). The same head on two pictures differs "
        f"there by {layers[_CHANGE, most, 0]:.2f} bits; in {more} of {n_layers} layers heads "
        f"differ more from each other than a head changes from picture to picture.",
        distance,
    )
