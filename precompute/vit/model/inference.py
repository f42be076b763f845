"""Whole images through the model: labels, CLS attention, rollout and region shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from precompute.compute.batches import BatchRunner
from precompute.compute.shards import Arrays
from precompute.data.image_set import ImageSet
from precompute.data.object_masks import BACKGROUND, INTERIOR, OUTLINE
from precompute.errors import InputError
from precompute.vit.attention.attributions import lay_out
from precompute.vit.model.classifier import ImageClassifier
from precompute.vit.model.forward import CLS, read_attention
from precompute.vit.model.token_drop import can_shorten
from precompute.vit.outline.measure import region_shares

REGION_CODES = (OUTLINE, INTERIOR, BACKGROUND)  # in the order of outline.REGIONS


@dataclass(frozen=True)
class Lens:
    """A model, the images it looks at, and how many at a time."""

    classifier: ImageClassifier
    images: ImageSet
    runner: BatchRunner

    @cached_property
    def shortens(self) -> bool:
        """Whether dropped tokens can be left out of the model's sequence."""
        return can_shorten(self.classifier)

    def prepare(self, rows: Sequence[int]) -> Tensor:
        """Return the images of these rows as the model wants them (n, C, H, W), on its device."""
        prepare = self.classifier.preprocessor.prepare
        return torch.stack([prepare(self.images.read(row)) for row in rows]).to(
            self.classifier.device
        )


def predict_rows(lens: Lens, rows: range) -> Arrays:
    """Return label, its probability, mean colour and the last layer's CLS attention, head mean.

    Where the images have region maps, their shares per patch and the attention of every layer and
    head, over its largest value, are returned too.
    """
    pixel_values, wants_heads = lens.prepare(rows), lens.images.regions is not None

    @torch.inference_mode()
    def forward(batch: slice) -> Arrays:
        reading = read_attention(lens.classifier.network, pixel_values[batch])
        probability, predicted = lens.classifier.scores(reading.readout).max(dim=-1)
        maps = lay_out(reading.cls_rows, lens.classifier)
        heads = {"head_maps": _over_largest(maps).astype(np.float16)} if wants_heads else {}
        return {
            "predicted": _array(predicted, np.int32),
            "probability": _array(probability, np.float32),
            "mean_pixel": _array(pixel_values[batch].mean(dim=(2, 3)), np.float32),
            "cls_map": maps[:, -1].mean(axis=1),
            **heads,
        }

    arrays = dict(lens.runner.run(len(rows), forward))
    if wants_heads:
        arrays["region_share"] = np.stack([_region_share(lens, row) for row in rows])
    return arrays


def read_maps(lens: Lens, rows: range) -> Arrays:
    """Return the last layer's CLS attention, mean over heads, as cls_map (n, rows, cols)."""
    pixel_values = lens.prepare(rows)

    @torch.inference_mode()
    def forward(batch: slice) -> Arrays:
        last = read_attention(lens.classifier.network, pixel_values[batch]).cls_rows[:, -1]
        return {"cls_map": lay_out(last.mean(dim=1), lens.classifier)}

    return lens.runner.run(len(rows), forward)


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
            "cls_attention": lay_out(reading.cls_rows, classifier).astype(np.float16),
            "cls_to_cls": _array(reading.cls_rows[..., CLS], np.float32),
            "rollout": lay_out(reading.rollout[:, CLS], classifier),
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


def _over_largest(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale maps (..., rows, cols) to a largest value of 1; an empty one stays 0.

    A head that attends to the CLS token alone leaves the patches less than half precision holds.
    """
    largest = maps.max(axis=(-2, -1), keepdims=True)
    return np.divide(maps, largest, out=np.zeros_like(maps), where=largest > 0)


def _array(values: Tensor, dtype: type) -> NDArray:
    return values.cpu().numpy().astype(dtype)
