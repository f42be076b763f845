"""How the heads of a layer differ: entropy, distance and divergence of each on every picture."""

from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import entr
from torch import Tensor

from precompute.compute.shards import Arrays
from precompute.data.image_set import partners
from precompute.vit.model.attention_function import LayerAttention, attention_pass
from precompute.vit.model.forward import CLS, finite, read_attention, run_network
from precompute.vit.model.inference import Probe
from store.schema.vit import names


def measure_heads(probe: Probe, rows: range) -> Arrays:
    """Return every head's measures on each of these pictures, and the sums of its maps.

    Returns heads (n, HEAD_MEASURES, L, H) and map_sum (batches, L, H, rows, cols), float64.
    """
    classifier, pixel_values = probe.classifier, probe.prepare(rows)
    others = probe.prepare(partners(np.array(rows), len(probe.images)).tolist())
    apart = patch_distances(classifier.grid, classifier.patch_size_px)
    patch_distance = torch.from_numpy(apart).float().to(classifier.device)

    @torch.inference_mode()
    def forward(batch: slice) -> Arrays:
        reader = _HeadReader(classifier.n_prefix, patch_distance)
        with attention_pass(observe=reader):
            run_network(classifier.network, pixel_values[batch])
        rows_here = finite(torch.stack(reader.rows, dim=1), "CLS attention")  # (B, L, H, T)
        rows_there = read_attention(classifier.network, others[batch]).cls_rows
        here, there = _exact(rows_here), _exact(rows_there)
        measures = {
            names.HEAD_ENTROPY: entropies(here),
            names.HEAD_DISTANCE: _exact(torch.stack(reader.distances, dim=1)),
            names.HEAD_DIVERGENCE: head_divergences(here),
            # A picture alone has no other: it is its own partner.
            names.HEAD_CHANGE: divergences(here, there if len(probe.images) > 1 else here * np.nan),
        }
        maps = classifier.lay_out(rows_here).astype(np.float64)
        return {
            "heads": np.stack([measures[name] for name in names.HEAD_MEASURES], axis=1),
            "map_sum": maps.sum(axis=0, keepdims=True),
        }

    return probe.runner.run(len(rows), forward)


class _HeadReader:
    """Collects of every layer the CLS rows (B, H, T) and the heads' distances (B, H)."""

    def __init__(self, n_prefix: int, patch_distance: Tensor) -> None:
        self.rows: list[Tensor] = []
        self.distances: list[Tensor] = []
        self._n_prefix, self._patch_distance = n_prefix, patch_distance

    def __call__(self, layer: LayerAttention) -> None:
        """Take a layer's turn; one head's (B, T, T) matrix is held at a time."""
        self.rows.append(layer.row(CLS))
        first = self._n_prefix
        of_heads = [
            attention_distance(layer.head(head)[:, first:, first:], self._patch_distance)
            for head in range(layer.query.shape[1])
        ]
        self.distances.append(torch.stack(of_heads, dim=1))


def patch_distances(grid: tuple[int, int], patch_size_px: tuple[int, int]) -> NDArray[np.float64]:
    """Return the distance between the middles of each two patches (P, P), in input pixels."""
    places = np.indices(grid).reshape(2, -1).T * np.array(patch_size_px)
    return np.linalg.norm((places[:, None] - places[None]).astype(np.float64), axis=-1)


def attention_distance(attention: Tensor, distances: Tensor) -> Tensor:
    """Return how far patches look (...): the distance to other patches, weighted by attention.

    Mean attention distance of Dosovitskiy et al. 2021 (arXiv:2010.11929, figure 7). What goes to
    CLS or registers has no distance and is left out: each patch counts by what it gives to patches.
    NaN where none gives them anything.

    attention: (..., P, P), from each patch to each; distances: (P, P).
    """
    return (attention * distances).sum(dim=(-2, -1)) / attention.sum(dim=(-2, -1))


def entropies(rows: NDArray) -> NDArray[np.float64]:
    """Return the entropy of rows (..., T) that sum to 1, in nats: (...), 0 to ln T."""
    return entr(rows).sum(axis=-1)


def divergences(first: NDArray, second: NDArray) -> NDArray[np.float64]:
    """Return the Jensen-Shannon divergence (Lin 1991) of rows (..., T) that sum to 1: (...).

    In bits: 0 between equal rows, 1 between rows that have no token in common.
    """
    nats = entropies((first + second) / 2) - (entropies(first) + entropies(second)) / 2
    return np.maximum(nats, 0) / np.log(2)  # rounding may leave less than 0


def head_divergences(rows: NDArray) -> NDArray[np.float64]:
    """Return how far each head's row lies from those of the other heads, mean over them: (..., H).

    Its mean over heads is the mean over pairs. NaN where there is one head.

    rows: (..., H, T), each of which sums to 1.
    """
    n_heads = rows.shape[-2]
    total = np.zeros(rows.shape[:-1])
    for first, second in combinations(range(n_heads), 2):
        between = divergences(rows[..., first, :], rows[..., second, :])
        total[..., first] += between
        total[..., second] += between
    return total / (n_heads - 1) if n_heads > 1 else np.full(total.shape, np.nan)


def _exact(values: Tensor) -> NDArray[np.float64]:
    """Return numbers in double precision: the divergence of rows nearly alike is a small rest."""
    return values.cpu().numpy().astype(np.float64)
