"""What probes read of each picture: the CLS token and the mean of the patches, layer by layer."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from precompute.compute.shards import Arrays
from precompute.vit.masking.fills import FillSource, fill_pixels
from precompute.vit.masking.masks import hidden_patches, mask_rng, patch_ranking
from precompute.vit.model.classifier import ImageClassifier
from precompute.vit.model.forward import CLS, read_tokens
from precompute.vit.model.inference import Probe
from precompute.vit.model.token_drop import pixel_mask
from precompute.vit.probes.linear import Fitted
from store.schema.vit import names

FILL = names.BLACK  # of the hidden patches: the mean of patches still holds what is put there


def read_features(probe: Probe, networks: Mapping[str, ImageClassifier], rows: range) -> Arrays:
    """Return the features (n, L + 1, POOLINGS, D) of whole pictures by each of the networks."""
    pixel_values = probe.prepare(rows)

    @torch.inference_mode()
    def forward(batch: slice) -> Arrays:
        return {
            weights: pooled(classifier, pixel_values[batch]).cpu().numpy()
            for weights, classifier in networks.items()
        }

    return probe.runner.run(len(rows), forward)


def judge_rows(
    probe: Probe,
    networks: Mapping[str, ImageClassifier],
    fitted: Fitted,
    masks: Mapping[str, NDArray[np.bool_]],
    rows: range,
) -> Arrays:
    """Return the class that each probe names, predicted (n, networks, views, L + 1, POOLINGS).

    fitted: of each network; masks: of view_masks, for every picture of the set.
    """
    pixel_values, here = probe.prepare(rows), slice(rows.start, rows.stop)
    fill = fill_pixels(probe.classifier, _source(pixel_values), FILL)

    @torch.inference_mode()
    def forward(batch: slice) -> Arrays:
        views = []
        for hidden in masks.values():
            of_batch = torch.from_numpy(hidden[here][batch]).to(pixel_values.device)
            covered = pixel_mask(of_batch, probe.classifier.patch_size_px)
            views.append(torch.where(covered, fill[batch], pixel_values[batch]))
        predicted = [
            [fitted[weights].predict(pooled(network, pixels).cpu().numpy()) for pixels in views]
            for weights, network in networks.items()
        ]
        return {"predicted": np.moveaxis(np.array(predicted, np.int16), 2, 0)}

    return probe.runner.run(len(rows), forward)


def view_masks(
    grid: tuple[int, int], source_rows: NDArray[np.int64], n_masked: int, seed: int
) -> dict[str, NDArray[np.bool_]]:
    """Return which patches each view hides (n, *grid): those of the masking study's first masks.

    source_rows: (n,) row of each picture in its set, which seeds its masks.
    """
    whole = np.zeros((len(source_rows), *grid), bool)
    masks = {names.WHOLE: whole}
    for arm in names.PROBE_ARMS:  # no arm here reads attention: a map of zeros gives the grid
        rankings = [
            patch_ranking(arm, np.zeros(grid), mask_rng(seed, int(row), 0, arm))
            for row in source_rows
        ]
        masks[arm] = hidden_patches(np.stack(rankings), n_masked)
    return masks


def pooled(classifier: ImageClassifier, pixel_values: Tensor) -> Tensor:
    """Return each layer's CLS token and mean patch token (B, L + 1, POOLINGS, D), float32.

    Layer 0 is the embedding, layer l what leaves the l-th layer, without the model's last norm:
    probes standardise every feature by themselves.
    """

    def pool(tokens: Tensor) -> Tensor:
        patches = tokens[:, classifier.n_prefix :].float().mean(dim=1)
        return torch.stack([tokens[:, CLS].float(), patches], dim=1)  # in the order of POOLINGS

    return read_tokens(classifier.network, pixel_values, pool)


def _source(pixel_values: Tensor) -> FillSource:
    """Return what a fill of one colour is made of: it reads neither another picture nor a mean."""
    return FillSource(pixel_values, pixel_values, torch.zeros(1))
