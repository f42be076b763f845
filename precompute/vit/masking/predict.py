"""Masked images through the model: what it says when patches are hidden."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from precompute.compute.shards import Arrays
from precompute.data.image_set import partners
from precompute.errors import InputError
from precompute.vit.masking.fills import FillSource, fill_pixels
from precompute.vit.masking.masks import (
    ARM_ROWS,
    first_alike,
    hidden_patches,
    mask_rng,
    patch_ranking,
)
from precompute.vit.model.forward import forward_readout
from precompute.vit.model.inference import Probe
from precompute.vit.model.token_drop import dropped_readout, pixel_mask
from precompute.vit.settings import VitSettings
from store.schema.vit.names import TOKEN_DROP

NOT_RUN = -1  # in place of a label, where a cell of the design was not run


def merge_ratios(settings: VitSettings, n_patches: int) -> VitSettings:
    """Return the settings without mask ratios that hide no more patches than one before them.

    On a grid of few patches small ratios come to the same count. Fills that were asked for at a
    ratio left out are run at the one that stands for it. Raises InputError: one hides every patch.
    """
    try:
        stands_for = first_alike(settings.mask_ratios, n_patches)
    except ValueError as error:
        raise InputError(f"[vit] {error}") from error
    filled = (stands_for[ratio] for ratio in settings.fill_ratios)
    return replace(
        settings,
        mask_ratios=tuple(dict.fromkeys(stands_for.values())),
        fill_ratios=tuple(dict.fromkeys(filled)),
    )


@dataclass(frozen=True)
class MaskPlan:
    """The masks of every image: which, how many patches, and what replaces them."""

    settings: VitSettings
    n_masked: NDArray[np.int32]  # (ratio,)
    source_rows: NDArray[np.int64]  # (image,) row of each image in its set, which seeds its masks

    def rankings(self, rows: range, maps: NDArray) -> NDArray[np.int16]:
        """Return the order in which patches are hidden: (n, seed, arm, *grid).

        maps: (n, *grid), the attention maps of these rows.
        """
        arms, seeds, seed = self.settings.arms, range(self.settings.n_seeds), self.settings.seed
        ranked = [
            patch_ranking(arm, map_, mask_rng(seed, int(self.source_rows[row]), index, arm))
            for row, map_ in zip(rows, maps, strict=True)
            for index in seeds
            for arm in arms
        ]
        return np.array(ranked, np.int16).reshape(len(rows), len(seeds), len(arms), *maps.shape[1:])

    def cells(self) -> NDArray[np.bool_]:
        """Return which cells of the design are run: (seed, arm, ratio, fill).

        Dropped tokens make the sequence short, so they are run for every arm, ratio and seed.
        Filled pixels cost a whole pass each and are run where fill_arms, fill_ratios and
        n_fill_seeds say, all fills on the same masks. Arms that are fixed but for ties have one
        seed.
        """
        chosen = self.settings
        seed = np.arange(chosen.n_seeds)
        is_random = np.array([ARM_ROWS[arm].is_random for arm in chosen.arms])
        masks = (seed[:, None] == 0) | is_random  # (seed, arm)
        filled = masks & np.array([arm in chosen.fill_arms for arm in chosen.arms])
        filled &= seed[:, None] < chosen.n_fill_seeds
        at = np.array([ratio in chosen.fill_ratios for ratio in chosen.mask_ratios])
        per_fill = [
            masks[..., None] & True if fill == TOKEN_DROP else filled[..., None] & at
            for fill in chosen.fills
        ]
        shape = (*masks.shape, len(at))
        return np.stack([np.broadcast_to(run, shape) for run in per_fill], axis=-1)


@dataclass(frozen=True)
class Whole:
    """Whole images and what the model says of them."""

    source: FillSource
    own: Tensor  # (n,) label of each


def load_batch(probe: Probe, rows: range, predicted: NDArray, mean: NDArray) -> Whole:
    """Read the images of these rows, and for each its partner, whose patches may stand in.

    predicted: (n,) labels; mean: (C,) mean colour of the population, normalised.
    """
    images = probe.prepare(rows)
    others = probe.prepare(partners(np.array(rows), len(probe.images)).tolist())
    colour = torch.from_numpy(mean.astype(np.float32))[:, None, None]
    return Whole(FillSource(images, others, colour), torch.from_numpy(predicted.astype(np.int64)))


def predict_masked(
    probe: Probe, plan: MaskPlan, rankings: NDArray, whole: Whole, n_gallery: int
) -> Arrays:
    """Return what the model says about every masked image of the design.

    rankings: (n, seed, arm, *grid); n_gallery: how many images, from the first, also get their top
    labels for seed 0.
    """
    n_images, n_top, run = len(rankings), plan.settings.n_top, plan.cells()
    shape = (n_images, *run.shape)
    top_shape = (n_gallery, *run.shape[1:], n_top)
    arrays = {
        "predicted": np.full(shape, NOT_RUN, np.int16),
        "probability": np.full(shape, np.nan, np.float16),
        "gallery_top_index": np.full(top_shape, NOT_RUN, np.int32),
        "gallery_top_probability": np.full(top_shape, np.nan, np.float16),
    }
    for ratio, fill in np.argwhere(run.any(axis=(0, 1))).tolist():
        seed, arm = np.nonzero(run[:, :, ratio, fill])
        count = int(plan.n_masked[ratio])
        masks = hidden_patches(rankings[:, seed, arm], count)  # (n, cells, *grid)
        image = np.repeat(np.arange(n_images), len(seed))
        flat, name = masks.reshape(-1, *masks.shape[2:]), plan.settings.fills[fill]
        answers = predict_hidden(probe, whole, image, flat, name, n_top)
        answers = {
            name: part.reshape(*masks.shape[:2], *part.shape[1:]) for name, part in answers.items()
        }
        for name in ("predicted", "probability"):
            arrays[name][:, seed, arm, ratio, fill] = answers[name]
        first = seed == 0
        for name in ("top_index", "top_probability"):
            of_gallery = answers[name][:n_gallery, first]
            arrays[f"gallery_{name}"][:, arm[first], ratio, fill] = of_gallery
    return {**arrays, "gallery_ranking": rankings[:n_gallery, 0]}


def predict_hidden(
    probe: Probe,
    whole: Whole,
    image: NDArray,
    mask: NDArray,
    fill: str = TOKEN_DROP,
    n_top: int = 1,
) -> Arrays:
    """Return label, own label's probability and n_top labels of each masked image (M, ...).

    image: (M,) which of the images. mask: (M, *grid), True means hidden.
    """
    classifier = probe.classifier
    filled = None if fill == TOKEN_DROP else fill_pixels(classifier, whole.source, fill)

    @torch.inference_mode()
    def forward(batch: slice) -> Arrays:
        rows = torch.from_numpy(image[batch])
        hidden = torch.from_numpy(mask[batch]).to(classifier.device)
        on_device = rows.to(classifier.device)
        images = whole.source.pixel_values[on_device]
        if filled is None:
            readout = dropped_readout(classifier, images, hidden, probe.shortens)
        else:
            covered = pixel_mask(hidden, classifier.patch_size_px)
            pixels = torch.where(covered, filled[on_device], images)
            readout = forward_readout(classifier.network, pixels, None)
        return _summary(classifier.scores(readout), whole.own[rows], n_top)

    return probe.runner.run(len(mask), forward)


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
