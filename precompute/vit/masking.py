"""Masked images through the model: what it says when patches are hidden."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from precompute.engine import Arrays
from precompute.settings import VitSettings
from precompute.vit.attention import forward_readout
from precompute.vit.masks import hidden_patches, mask_rng, patch_ranking
from precompute.vit.model import ImageClassifier
from precompute.vit.predict import Lens

TOKEN_DROP = "token_drop"  # the patch's token is dropped instead of its pixels replaced


@dataclass(frozen=True)
class MaskPlan:
    """The masks of every image: which, how many patches, and what replaces them."""

    settings: VitSettings
    n_masked: NDArray[np.int32]  # (ratio,)
    source_rows: NDArray[np.int64]  # (image,) row of each image in its set, which seeds its masks

    def rankings(self, rows: range, grid: tuple[int, int]) -> NDArray[np.int16]:
        """Return the order in which patches are hidden: (image, seed, arm, *grid)."""
        arms, seeds, seed = self.settings.arms, range(self.settings.n_seeds), self.settings.seed
        sources = [int(self.source_rows[row]) for row in rows]
        ranked = [
            patch_ranking(arm, *grid, mask_rng(seed, source, index, arm))
            for source in sources
            for index in seeds
            for arm in arms
        ]
        return np.array(ranked, np.int16).reshape(len(rows), len(seeds), len(arms), *grid)


def predict_masked(
    lens: Lens, plan: MaskPlan, rows: range, predicted: NDArray, n_gallery: int
) -> Arrays:
    """Return what the model says about every masked image of these rows.

    predicted: (n,) labels of the whole images; n_gallery: how many of the rows, from the first,
    also get their top labels for seed 0.
    """
    rankings = plan.rankings(rows, lens.classifier.grid)
    hidden = np.moveaxis(
        hidden_patches(rankings, plan.n_masked), 0, 3
    )  # (n, seed, arm, ratio, *grid)
    masked = _distinct(hidden)
    work = _Work(lens, lens.prepare(rows), masked, predicted[masked.image], plan.settings.n_top)
    fills = [_run_fill(work, fill) for fill in plan.settings.fills]
    cells = {
        name: np.stack([part[name] for part in fills], axis=1)[masked.inverse].reshape(
            *hidden.shape[:4], len(fills), *fills[0][name].shape[1:]
        )
        for name in fills[0]
    }
    return {
        "predicted": cells["predicted"],
        "probability": cells["probability"],
        "gallery_ranking": rankings[:n_gallery, 0],
        "gallery_top_index": cells["top_index"][:n_gallery, 0],
        "gallery_top_probability": cells["top_probability"][:n_gallery, 0],
    }


@dataclass(frozen=True)
class _Masked:
    """The distinct masked images of some rows, M of them, and where each cell finds its own."""

    image: NDArray[np.int64]  # (M,) which of the images
    mask: NDArray[np.bool_]  # (M, *grid) True means hidden
    inverse: NDArray[np.int64]  # (cells,) position among the M


@dataclass(frozen=True)
class _Work:
    """What every fill shares."""

    lens: Lens
    pixel_values: Tensor  # (n, C, H, W)
    masked: _Masked
    own: NDArray[np.int32]  # (M,) label of the whole image
    n_top: int


def _run_fill(work: _Work, fill: str) -> Arrays:
    """Return what the model says about every distinct masked image under one fill."""
    image, mask = work.masked.image, work.masked.mask
    own = torch.from_numpy(work.own.astype(np.int64))

    @torch.inference_mode()
    def forward(batch: slice) -> Arrays:
        classifier = work.lens.classifier
        logits = _masked_logits(classifier, work.pixel_values, image[batch], mask[batch], fill)
        return _summary(classifier.scores(logits), own[batch], work.n_top)

    return work.lens.runner.run(len(mask), forward)


def _distinct(hidden: NDArray[np.bool_]) -> _Masked:
    """Find the distinct masks of each image: small centre blocks of several seeds are often one."""
    n_images, per_image = len(hidden), int(np.prod(hidden.shape[1:4]))
    masks = hidden.reshape(n_images * per_image, *hidden.shape[4:])
    image = np.repeat(np.arange(n_images), per_image)
    keys = np.column_stack([image, np.packbits(masks.reshape(len(masks), -1), axis=1)])
    _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return _Masked(image[first], masks[first], inverse.ravel())


def _masked_logits(
    classifier: ImageClassifier,
    pixel_values: Tensor,
    image: NDArray[np.int64],
    masks: NDArray[np.bool_],
    fill: str,
) -> Tensor:
    """Return the logits (m, labels) of pixel_values[image] with masks (m, *grid) hidden."""
    device = classifier.device
    hidden = torch.from_numpy(masks).to(device)
    images = pixel_values[torch.from_numpy(image).to(device)]
    if fill == TOKEN_DROP:
        kept = ~hidden.flatten(1)
        prefix = kept.new_ones(len(kept), classifier.n_prefix)
        return forward_readout(classifier.network, images, torch.cat([prefix, kept], dim=1))
    tall, wide = classifier.patch_size_px
    pixels = hidden.repeat_interleave(tall, dim=1).repeat_interleave(wide, dim=2)[:, None]
    value = classifier.preprocessor.fill(fill).to(device)
    return forward_readout(classifier.network, torch.where(pixels, value, images), None)


def _summary(scores: Tensor, own: Tensor, n_top: int) -> Arrays:
    """Return the first label, the score of the image's own label, and the n_top labels."""
    probabilities = scores.cpu()
    top_probability, top_index = probabilities.topk(n_top, dim=-1)
    own_probability = probabilities.gather(1, own[:, None])[:, 0]
    return {
        "predicted": top_index[:, 0].numpy().astype(np.int16),
        "probability": own_probability.numpy().astype(np.float16),
        "top_index": top_index.numpy().astype(np.int32),
        "top_probability": top_probability.numpy().astype(np.float16),
    }
