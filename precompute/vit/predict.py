"""Whole images through the model: labels, CLS attention, rollout and region shares."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from precompute.datasets import BACKGROUND, INTERIOR, OUTLINE, ImageSet
from precompute.engine import Arrays
from precompute.errors import InputError
from precompute.vit.attention import CLS, read_attention
from precompute.vit.batches import BatchRunner
from precompute.vit.model import ImageClassifier
from precompute.vit.outline import region_shares

REGION_CODES = (OUTLINE, INTERIOR, BACKGROUND)  # in the order of outline.REGIONS


@dataclass(frozen=True)
class Lens:
    """A model, the images it looks at, and how many at a time."""

    classifier: ImageClassifier
    images: ImageSet
    runner: BatchRunner

    def prepare(self, rows: range) -> Tensor:
        """Return the images of these rows as the model wants them (n, C, H, W), on its device."""
        prepare = self.classifier.preprocessor.prepare
        return torch.stack([prepare(self.images.read(row)) for row in rows]).to(
            self.classifier.device
        )


def predict_rows(lens: Lens, rows: range) -> Arrays:
    """Return label, its probability and the last layer's CLS attention, mean over heads.

    Where the images have region maps, their shares per patch are returned too.
    """
    pixel_values = lens.prepare(rows)

    @torch.inference_mode()
    def forward(batch: slice) -> Arrays:
        reading = read_attention(lens.classifier.network, pixel_values[batch])
        probability, predicted = lens.classifier.scores(reading.readout).max(dim=-1)
        last_layer = reading.cls_rows[:, -1].mean(dim=1)
        return {
            "predicted": _array(predicted, np.int32),
            "probability": _array(probability, np.float32),
            "cls_map": _array(_patches(last_layer, lens.classifier), np.float32),
        }

    arrays = dict(lens.runner.run(len(rows), forward))
    if lens.images.regions is not None:
        arrays["region_share"] = np.stack([_region_share(lens, row) for row in rows])
    return arrays


def read_gallery(lens: Lens, rows: range, n_top: int) -> Arrays:
    """Return pixels, the n_top labels, CLS attention of every layer and head, and rollout."""
    pixel_values = lens.prepare(rows)

    @torch.inference_mode()
    def forward(batch: slice) -> Arrays:
        network, classifier = lens.classifier.network, lens.classifier
        reading = read_attention(network, pixel_values[batch], with_rollout=True)
        top_probability, top_index = lens.classifier.scores(reading.readout).topk(n_top, dim=-1)
        assert reading.rollout is not None
        return {
            "pixels": classifier.preprocessor.pixels(pixel_values[batch].cpu()),
            "top_index": _array(top_index, np.int32),
            "top_probability": _array(top_probability, np.float32),
            "cls_attention": _array(_patches(reading.cls_rows, classifier), np.float16),
            "cls_to_cls": _array(reading.cls_rows[..., CLS], np.float32),
            "rollout": _array(_patches(reading.rollout[:, CLS], classifier), np.float32),
        }

    return lens.runner.run(len(rows), forward)


def _region_share(lens: Lens, row: int) -> NDArray[np.float32]:
    """Return one image's region shares (patch rows, patch cols, 3)."""
    assert lens.images.regions is not None
    regions, picture = lens.images.regions(row), lens.images.read(row)
    if regions.shape != (picture.height, picture.width):
        raise InputError(
            f"{lens.images.names[row]}: region map is {regions.shape}, the picture "
            f"{(picture.height, picture.width)}. Stage the set again."
        )
    at_input_size = lens.classifier.preprocessor.region_map(regions)
    return region_shares(at_input_size, REGION_CODES, *lens.classifier.grid).astype(np.float32)


def _patches(rows: Tensor, classifier: ImageClassifier) -> Tensor:
    """Keep the patch columns of attention rows (..., T) and lay them out: (..., rows, cols)."""
    return rows[..., classifier.n_prefix :].unflatten(-1, classifier.grid)


def _array(values: Tensor, dtype: type) -> NDArray:
    return values.cpu().numpy().astype(dtype)
