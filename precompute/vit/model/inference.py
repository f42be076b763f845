"""Whole images through the model: labels, CLS attention, rollout and region shares."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from precompute.compute.batches import BatchRunner
from precompute.compute.shards import Arrays, split_rows
from precompute.data.image_set import ImageSet
from precompute.data.object_masks import BACKGROUND, INTERIOR, OUTLINE, region_shares
from precompute.errors import InputError
from precompute.vit.model.classifier import ImageClassifier
from precompute.vit.model.forward import CLS, forward_readout, read_attention
from precompute.vit.model.token_drop import can_shorten

REGION_CODES = (OUTLINE, INTERIOR, BACKGROUND)  # in the order of outline.REGIONS
CACHE_BYTES = 512 * 2**20  # of prepared images, in each process: 890 of 224 x 224 x 3


@dataclass(frozen=True)
class PreparedImage:
    """An image as the model wants it."""

    pixel_values: Tensor  # (C, H, W) float32, normalised, on the CPU
    height: int  # of the image as it was read
    width: int


class PreparedImages:
    """The images that were asked for last, as many as CACHE_BYTES hold.

    Steps that look at an image in turn, and images that are each other's partners, share them.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._by_row: dict[int, PreparedImage] = {}  # the one that was asked for last comes last

    def __reduce__(self) -> tuple[type["PreparedImages"], tuple[()]]:
        """Travel to a worker empty: it reads its own shards' images."""
        return PreparedImages, ()

    def get(self, row: int, prepare: Callable[[int], PreparedImage]) -> PreparedImage:
        """Return the image of a row, prepared only where it is not at hand."""
        image = self._by_row.pop(row, None) or prepare(row)
        self._by_row[row] = image
        while len(self._by_row) * image.pixel_values.nbytes > CACHE_BYTES:  # all have one shape
            del self._by_row[next(iter(self._by_row))]
        return image


@dataclass(frozen=True)
class Probe:
    """A model, the images it looks at, and how many at a time."""

    classifier: ImageClassifier
    images: ImageSet
    runner: BatchRunner
    prepared: PreparedImages = field(default_factory=PreparedImages)  # for any of its weights

    @cached_property
    def shortens(self) -> bool:
        """Whether dropped tokens can be left out of the model's sequence."""
        return can_shorten(self.classifier)

    def prepare(self, rows: Sequence[int]) -> Tensor:
        """Return the images of these rows as the model wants them (n, C, H, W), on its device."""
        prepared = torch.stack([self.image(row).pixel_values for row in rows])
        return prepared.to(self.classifier.device)

    def image(self, row: int) -> PreparedImage:
        """Return one image as the model wants it, decoded only where it is not at hand."""
        return self.prepared.get(row, self._prepare)

    def _prepare(self, row: int) -> PreparedImage:
        picture = self.images.read(row)
        values = self.classifier.preprocessor.prepare(picture)
        return PreparedImage(values, picture.height, picture.width)


def predict_rows(probe: Probe, rows: range) -> Arrays:
    """Return label, its probability, mean colour and the last layer's CLS attention, head mean.

    Where the images have region maps, their shares per patch, the attention of every layer and
    head, over its largest value, and each picture's edges are returned too.
    """
    pixel_values, wants_heads = probe.prepare(rows), probe.images.regions is not None

    @torch.inference_mode()
    def forward(batch: slice) -> Arrays:
        reading = read_attention(probe.classifier.network, pixel_values[batch])
        probability, predicted = probe.classifier.scores(reading.readout).max(dim=-1)
        maps = probe.classifier.lay_out(reading.cls_rows)
        heads = {"head_maps": _over_largest(maps).astype(np.float16)} if wants_heads else {}
        return {
            "predicted": _array(predicted, np.int32),
            "probability": _array(probability, np.float32),
            "mean_pixel": _array(pixel_values[batch].mean(dim=(2, 3)), np.float32),
            "cls_map": maps[:, -1].mean(axis=1),
            **heads,
        }

    arrays = dict(probe.runner.run(len(rows), forward))
    if wants_heads:
        arrays["region_share"] = np.stack([_region_share(probe, row) for row in rows])
        pictures = probe.classifier.preprocessor.pixels(pixel_values.cpu())
        arrays["edge_map"] = edge_maps(pictures, *probe.classifier.grid)
    return arrays


def read_maps(probe: Probe, rows: range) -> Arrays:
    """Return the last layer's CLS attention, mean over heads, as cls_map (n, rows, cols)."""
    pixel_values = probe.prepare(rows)

    @torch.inference_mode()
    def forward(batch: slice) -> Arrays:
        last = read_attention(probe.classifier.network, pixel_values[batch]).cls_rows[:, -1]
        return {"cls_map": probe.classifier.lay_out(last.mean(dim=1))}

    return probe.runner.run(len(rows), forward)


def read_gallery(probe: Probe, rows: range, n_top: int) -> Arrays:
    """Return pixels, the n_top labels, CLS attention of every layer and head, and rollout."""
    pixel_values = probe.prepare(rows)

    @torch.inference_mode()
    def forward(batch: slice) -> Arrays:
        network, classifier = probe.classifier.network, probe.classifier
        reading = read_attention(network, pixel_values[batch], with_rollout=True)
        top_probability, top_index = probe.classifier.scores(reading.readout).topk(n_top, dim=-1)
        assert reading.rollout is not None
        return {
            "pixels": classifier.preprocessor.pixels(pixel_values[batch].cpu()),
            "top_index": _array(top_index, np.int32),
            "top_probability": _array(top_probability, np.float32),
            "cls_attention": classifier.lay_out(reading.cls_rows).astype(np.float16),
            "cls_to_cls": _array(reading.cls_rows[..., CLS], np.float32),
            "rollout": classifier.lay_out(reading.rollout[:, CLS]),
        }

    return probe.runner.run(len(rows), forward)


def _region_share(probe: Probe, row: int) -> NDArray[np.float32]:
    """Return one image's region shares (patch rows, patch cols, 3)."""
    assert probe.images.regions is not None
    regions, image = probe.images.regions(row), probe.image(row)
    if regions.shape != (image.height, image.width):
        raise InputError(
            f"{probe.images.names[row]}: region map is {regions.shape}, the picture "
            f"{(image.height, image.width)}. Stage the set again."
        )
    at_input_size = probe.classifier.preprocessor.region_map(regions)
    return region_shares(at_input_size, REGION_CODES, *probe.classifier.grid).astype(np.float32)


def edge_maps(pictures: NDArray[np.uint8], rows: int, cols: int) -> NDArray[np.float32]:
    """Return the mean length of the Sobel gradient of each patch: (n, H, W, C) -> (n, rows, cols).

    Pixels beyond the last whole patch are cut.
    """
    grey = pictures.astype(np.float32).mean(axis=-1)
    down, right = (ndimage.sobel(grey, axis=axis, mode="nearest") for axis in (1, 2))
    length = np.hypot(down, right)
    tall, wide = grey.shape[1] // rows, grey.shape[2] // cols
    whole = length[:, : rows * tall, : cols * wide]
    return whole.reshape(-1, rows, tall, cols, wide).mean(axis=(2, 4))


def _over_largest(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale maps (..., rows, cols) to a largest value of 1; an empty one stays 0.

    A head that attends to the CLS token alone leaves the patches less than half precision holds.
    """
    largest = maps.max(axis=(-2, -1), keepdims=True)
    return np.divide(maps, largest, out=np.zeros_like(maps), where=largest > 0)


def _array(values: Tensor, dtype: type) -> NDArray:
    return values.cpu().numpy().astype(dtype)


def with_stand_ins(probe: Probe, at_once: int) -> Probe:
    """Return the probe with the population's pictures as labels, if its model has no classifier.

    The label of a picture, masked or not, is then the whole picture whose CLS feature is nearest,
    and the score of its own label is the cosine to its own CLS feature.

    at_once: pictures read into memory at a time.
    """
    if probe.classifier.has_classifier:
        return probe
    shards = split_rows("own", len(probe.images), at_once)
    features = torch.cat([_features(probe, shard.rows) for shard in shards])
    named = probe.classifier.with_references(features, probe.images.names)
    return replace(probe, classifier=named)


def _features(probe: Probe, rows: range) -> torch.Tensor:
    pixel_values = probe.prepare(rows)

    @torch.inference_mode()
    def forward(batch: slice) -> Arrays:
        readout = forward_readout(probe.classifier.network, pixel_values[batch], None)
        return {"readout": readout.cpu().numpy()}

    return torch.from_numpy(probe.runner.run(len(rows), forward)["readout"])
