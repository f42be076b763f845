"""Every version of a picture through the model, beside the same made with another object's mask."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray

from precompute.compute.shards import Arrays
from precompute.errors import InputError
from precompute.vit.model.forward import forward_readout
from precompute.vit.model.inference import Probe
from precompute.vit.shape.versions import VERSION_ROWS, Mask, fit_area
from store.schema.vit.names import VERSIONS

FAINT = 12  # of 255: a difference no larger than this changes nothing
NOT_RUN = -1  # in place of a label, where an object leaves no version
OWN, OTHER = 0, 1  # whose mask a version is made with
EXAMPLE_SIDE = 112  # px at most; a larger picture is kept smaller by a whole factor
EXAMPLE_BYTES = 1_200_000  # of all examples, before they are compressed: four of 112 x 112 x 3
_DRAW_KEY = 2_000  # sets these draws apart from those of arms and regions


def predict_versions(
    probe: Probe, rows: range, source_rows: NDArray, n_examples: int, seed: int
) -> Arrays:
    """Return what the model says of every version of these images (n, ...).

    predicted and probability: (n, VERSIONS, OWN or OTHER). changed, flat: (n, VERSIONS), whether a
    version differs from the picture and whether it is of one colour, both beyond FAINT. pixels: (k,
    VERSIONS, h, w, C), of the first n_examples images, or as many as EXAMPLE_BYTES hold.

    An image whose object is smaller than a patch, or leaves less than a patch around it, has no
    version: predicted is NOT_RUN.

    source_rows: (image,) row of each image in its set, which seeds its draws.
    """
    preprocessor = probe.classifier.preprocessor
    prepared = torch.stack([probe.image(row).pixel_values for row in rows])
    pictures = preprocessor.pixels(prepared)  # (n, H, W, C)
    masks = [_own_mask(probe, row) for row in rows]
    usable = np.array([_is_usable(probe, mask) for mask in masks])
    versions = np.zeros((len(rows), len(VERSIONS), 2, *pictures.shape[1:]), np.uint8)
    for at, place in product(np.flatnonzero(usable).tolist(), range(len(VERSIONS))):
        rng = _rng(seed, int(source_rows[rows[at]]), place)
        other = fit_area(_other_mask(probe, rows[at], rng), int(masks[at].sum()), rng)
        for whose, mask in ((OWN, masks[at]), (OTHER, other)):
            make = VERSION_ROWS[VERSIONS[place]].make
            versions[at, place, whose] = make(
                pictures[at], mask, probe.classifier.patch_size_px, rng
            )
    own = versions[:, :, OWN]
    examples = reduced(own)
    n_kept = min(n_examples, max(EXAMPLE_BYTES // examples[0].nbytes - rows.start, 0))
    predicted, probability = _predict(probe, versions)
    predicted[~usable], probability[~usable] = NOT_RUN, np.nan
    return {
        "predicted": predicted,
        "probability": probability,
        "changed": np.abs(own.astype(np.int16) - pictures[:, None]).max(axis=(2, 3, 4)) > FAINT,
        "flat": np.ptp(own, axis=(2, 3)).max(axis=-1) <= FAINT,
        "pixels": examples[:n_kept],
    }


def reduced(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return pictures (..., H, W, C) no larger than EXAMPLE_SIDE, by means of squares of pixels."""
    height, width = pictures.shape[-3:-1]
    factor = -(-max(height, width) // EXAMPLE_SIDE)
    rows, cols = height // factor, width // factor
    whole = pictures[..., : rows * factor, : cols * factor, :]
    squares = whole.reshape(*whole.shape[:-3], rows, factor, cols, factor, whole.shape[-1])
    return squares.mean(axis=(-4, -2)).round().astype(np.uint8)


def _predict(probe: Probe, versions: NDArray) -> tuple[NDArray[np.int16], NDArray[np.float16]]:
    """Return the label of each version (n, V, 2, H, W, C) and its probability: (n, V, 2) each."""
    classifier = probe.classifier
    flat = versions.reshape(-1, *versions.shape[3:])

    @torch.inference_mode()
    def forward(batch: slice) -> Arrays:
        pixel_values = classifier.preprocessor.prepared(flat[batch]).to(classifier.device)
        readout = forward_readout(classifier.network, pixel_values, None)
        probability, predicted = classifier.scores(readout).cpu().max(dim=-1)
        return {"predicted": predicted.numpy(), "probability": probability.numpy()}

    answers = probe.runner.run(len(flat), forward)
    shape = versions.shape[:3]
    predicted = answers["predicted"].astype(np.int16).reshape(shape)
    return predicted, answers["probability"].astype(np.float16).reshape(shape)


def _own_mask(probe: Probe, row: int) -> Mask:
    """Return an image's object mask at the model's input size; its size must be the picture's."""
    assert probe.images.on_object is not None
    mask, image = probe.images.on_object(row), probe.image(row)
    if mask.shape != (image.height, image.width):
        raise InputError(
            f"{probe.images.names[row]}: its object mask is {mask.shape}, the picture "
            f"{(image.height, image.width)}. Stage the set again."
        )
    return _at_input_size(probe, mask)


def _other_mask(probe: Probe, row: int, rng: np.random.Generator) -> Mask:
    """Return the object mask of another image, any that can be used; its own if there is none."""
    for other in _others(row, len(probe.images), rng):
        assert probe.images.on_object is not None
        mask = _at_input_size(probe, probe.images.on_object(other))
        if _is_usable(probe, mask):
            return mask
    return _own_mask(probe, row)


def _others(row: int, n_images: int, rng: np.random.Generator) -> Iterator[int]:
    return (int(other) for other in rng.permutation(n_images) if other != row)


def _at_input_size(probe: Probe, mask: Mask) -> Mask:
    return probe.classifier.preprocessor.region_map(mask.astype(np.uint8)) > 0


def _is_usable(probe: Probe, mask: Mask) -> bool:
    """Whether an object covers at least a patch and leaves at least one."""
    tall, wide = probe.classifier.patch_size_px
    return tall * wide <= mask.sum() <= mask.size - tall * wide


def _rng(seed: int, image_row: int, version: int) -> np.random.Generator:
    """Return the generator of a version's draws, by its place among VERSIONS."""
    key = (image_row, 0, _DRAW_KEY + version)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
