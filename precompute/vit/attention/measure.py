"""Where attention lies: maps, sinks and concentration of every picture, all maps of the gallery.

Every map is raw and non-negative, on its method's own scale; only the order of its patches and
ratios within it compare between methods.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata
from torch import Tensor
from transformers import PreTrainedModel

from precompute.compute.batches import BatchRunner
from precompute.compute.shards import Arrays
from precompute.vit.model.attention_function import LayerAttention, attention_pass
from precompute.vit.model.classifier import ImageClassifier
from precompute.vit.model.forward import (
    CLS,
    AttentionReading,
    finite,
    forward_readout,
    read_attention,
    run_network,
)
from precompute.vit.model.inference import Probe
from store.schema.vit import names

MEAN_MAPS, READOUT = "mean_maps", "readout"
GRADIENT_IMAGES = 16  # at most, in one backward pass: ViT-B/16 keeps about 75 MB of each
OUTLIER_FACTOR = 2.0  # a patch token is an outlier when longer than this many times the median


def locate_attention(probe: Probe, rows: range, n_gallery: int) -> Arrays:
    """Return what is measured on each of these pictures; the first n_gallery with every map."""
    classifier, pixel_values = probe.classifier, probe.prepare(rows)

    @torch.inference_mode()
    def forward(batch: slice) -> Arrays:
        reading = read_attention(classifier.network, pixel_values[batch], with_rollout=True)
        maps = attention_maps(reading)
        return {
            **_measured(reading, classifier),
            **_shown(reading, classifier, slice(0, max(n_gallery - batch.start, 0))),
            **{name: classifier.lay_out(rows_of_map) for name, rows_of_map in maps.items()},
            READOUT: reading.readout.cpu().numpy(),
        }

    arrays = dict(probe.runner.run(len(rows), forward))
    readout = torch.from_numpy(arrays.pop(READOUT))
    arrays[names.CLASS_SPECIFIC] = class_specific(classifier, pixel_values, readout, probe.runner)
    maps = np.stack([arrays.pop(name) for name in names.ATTRIBUTIONS], axis=1)  # (n, method, *grid)
    layers = arrays.pop(MEAN_MAPS)
    return {
        **arrays,
        "maps": maps,
        "gallery_class_specific": maps[:n_gallery, names.ATTRIBUTIONS.index(names.CLASS_SPECIFIC)],
        "half_mass": half_mass_share(maps).astype(np.float32),
        "layer_half_mass": half_mass_share(layers).astype(np.float32),
        "agreement": np.stack([rank_agreement(of_one) for of_one in maps]).astype(np.float32),
    }


def _measured(reading: AttentionReading, classifier: ImageClassifier) -> Arrays:
    """Return the sinks (n, measure, L) and the head-mean map of every layer (n, L, *grid)."""
    head_mean = reading.cls_rows.mean(dim=2)
    norms = reading.token_norms[..., classifier.n_prefix :].cpu().numpy()
    sinks = sink_measures(head_mean.cpu().numpy(), outlier_patches(norms), classifier.n_prefix)
    return {"sinks": sinks, MEAN_MAPS: classifier.lay_out(head_mean)}


def _shown(reading: AttentionReading, classifier: ImageClassifier, gallery: slice) -> Arrays:
    """Return the maps of the gallery's pictures that the store keeps for every layer."""
    weighted = reading.cls_rows[gallery] * reading.value_norms[gallery]
    norms = reading.token_norms[gallery]
    outliers = outlier_patches(norms[..., classifier.n_prefix :].cpu().numpy())
    return {
        "gallery_value_weighted": classifier.lay_out(weighted).astype(np.float16),
        "gallery_token_norm": classifier.lay_out(norms),
        "gallery_outlier": outliers.reshape(*outliers.shape[:2], *classifier.grid).astype(np.uint8),
    }


def class_specific(
    classifier: ImageClassifier, pixel_values: Tensor, readout: Tensor, runner: BatchRunner
) -> NDArray[np.float32]:
    """Return the maps (n, rows, cols) of what feeds each picture's own label.

    readout: (n, R), what the model said of these pictures.
    """
    directions = own_directions(classifier, readout)

    def backward(batch: slice) -> Arrays:
        direction = directions[batch].to(classifier.device)
        relevance = class_relevance(classifier.network, pixel_values[batch], direction)
        return {names.CLASS_SPECIFIC: classifier.lay_out(relevance)}

    gradients = BatchRunner(min(runner.batch_size, GRADIENT_IMAGES))
    return gradients.run(len(pixel_values), backward)[names.CLASS_SPECIFIC]


@dataclass(frozen=True)
class Attribution:
    """How much of each patch a method holds responsible."""

    words: str  # in a finding
    as_ranking: str  # in a finding on the order in which patches are hidden
    about: str
    rows: Callable[[AttentionReading], Tensor] | None  # (B, T); None: `class_specific` makes it


def attention_maps(reading: AttentionReading) -> dict[str, Tensor]:
    """Return the maps that need no gradient, over all tokens: (B, T) each."""
    return {name: one.rows(reading) for name, one in ATTRIBUTION_ROWS.items() if one.rows}


def _rollout(reading: AttentionReading) -> Tensor:
    assert reading.rollout is not None  # callers ask for it
    return reading.rollout[:, CLS]


ATTRIBUTION_ROWS: Mapping[str, Attribution] = {
    names.CLS_ATTENTION: Attribution(
        "CLS attention",
        "last-layer CLS attention",
        "CLS attention of the last layer, mean over heads",
        lambda reading: reading.cls_rows[:, -1].mean(dim=1),
    ),
    names.ROLLOUT: Attribution(
        "rollout", "attention rollout", "attention rolled out through all layers", _rollout
    ),
    names.VALUE_WEIGHTED: Attribution(
        "value-weighted attention",
        "value-weighted attention",
        "CLS attention of the last layer times the length of the value that it fetches",
        lambda reading: (reading.cls_rows[:, -1] * reading.value_norms[:, -1]).mean(dim=1),
    ),
    names.CLASS_SPECIFIC: Attribution(
        "class-specific relevance",
        "the class-specific map",
        "gradient times attention, for the image's own label",
        None,
    ),
}


def own_directions(classifier: ImageClassifier, readout: Tensor) -> Tensor:
    """Return the direction (n, R) of the readout that says what each picture is.

    With a classifier it is 1 at the picture's own label. Without one it leads from the feature of
    an empty picture to the picture's own: the gradient of the cosine to one's own feature is zero,
    for no small change can raise it.
    """
    if classifier.has_classifier:
        return torch.nn.functional.one_hot(readout.argmax(dim=-1), readout.shape[-1]).float()
    with torch.inference_mode():
        empty = forward_readout(classifier.network, classifier.empty_picture(), None)
    return readout - empty.cpu()


def half_mass_share(maps: NDArray) -> NDArray[np.float64]:
    """Return the smallest share of the patches that holds half of a map: (...).

    maps: (..., rows, cols), non-negative. An even map gives 0.5, one patch alone 0.5 / patches;
    the patch that crosses the half counts for the part of it that is needed. NaN where all is 0.
    """
    values = -np.sort(-maps.reshape(*maps.shape[:-2], -1).astype(np.float64), axis=-1)
    held = np.cumsum(values, axis=-1)
    half = held[..., -1:] / 2
    crossing = (held < half).sum(axis=-1, keepdims=True)
    at_crossing = np.take_along_axis(values, crossing, axis=-1)
    before = np.take_along_axis(held, crossing, axis=-1) - at_crossing
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN, as said above
        part = (half - before) / at_crossing
    return ((crossing + part) / values.shape[-1])[..., 0]


def rank_agreement(maps: NDArray) -> NDArray[np.float64]:
    """Return Spearman's rank correlation between each two of K maps: (K, K).

    maps: (K, rows, cols). NaN for a map that is even, which ranks nothing.
    """
    with np.errstate(invalid="ignore"):
        return np.corrcoef(rankdata(maps.reshape(len(maps), -1), axis=-1))


def outlier_patches(norms: NDArray) -> NDArray[np.bool_]:
    """Return which patch tokens are outliers among those of their picture and layer.

    Darcet et al. 2024 (arXiv:2309.16588) found a few patch tokens of large norm in many ViTs, on
    plain background, that hold global information. A map then shows where such tokens are, not the
    object.

    norms: (..., P), the length of each patch token as it enters the layer.
    """
    return norms > OUTLIER_FACTOR * np.median(norms, axis=-1, keepdims=True)


def sink_measures(
    cls_rows: NDArray, outliers: NDArray[np.bool_], n_prefix: int
) -> NDArray[np.float32]:
    """Return each of SINK_MEASURES for every picture and layer: (n, measures, L).

    cls_rows: (n, L, T), CLS attention averaged over heads, the CLS token first; outliers:
    (n, L, P). Attention on outliers, on CLS, on the prefix and on other patches adds up to 1.
    """
    patches = cls_rows[..., n_prefix:]
    top = patches.argmax(axis=-1)[..., None]
    measures = {
        names.OUTLIER_SHARE: outliers.mean(axis=-1),
        names.OUTLIER_ATTENTION: (patches * outliers).sum(axis=-1),
        names.CLS_SELF_ATTENTION: cls_rows[..., CLS],
        names.PREFIX_ATTENTION: cls_rows[..., CLS + 1 : n_prefix].sum(axis=-1),
        names.TOP_IS_OUTLIER: np.take_along_axis(outliers, top, axis=-1)[..., 0],
    }
    return np.stack([measures[name] for name in names.SINK_MEASURES], axis=1).astype(np.float32)


def class_relevance(network: PreTrainedModel, pixel_values: Tensor, direction: Tensor) -> Tensor:
    """Return how much each token feeds the score along a direction of the readout: (B, T), >= 0.

    Chefer et al. 2021 (arXiv:2103.15679, equations 5 and 6) keep a (T, T) matrix of relevance
    R = I, and for every layer, first to last, add E_h[(∇A ∘ A)⁺] R, where ∇A is the gradient of the
    class score. Only one row of R is ever read. That row is a vector that can be carried from the
    last layer to the first, which is the order in which a backward pass meets the layers. So one
    forward and one backward pass suffice, under fused attention: ∇A = ∇O Vᵀ and A are formed head
    by head in each layer's turn, and no (T, T) matrix outlives it.

    pixel_values: (B, C, H, W); direction: (B, R), such as 1 at one label and 0 elsewhere. The
    score is the readout's product with it. What a token gives itself by the skip connections
    alone is left out.
    """
    carried = _Carried()
    with torch.enable_grad():
        pixels = pixel_values.detach().requires_grad_(True)
        with attention_pass(observe=carried.watch):
            score = (run_network(network, pixels) * direction).sum()
        torch.autograd.grad(score, pixels)
    assert carried.relevance is not None  # the score depends on the pixels through every layer
    assert carried.start is not None
    return finite(carried.relevance - carried.start, "class-specific relevance")


class _Carried:
    """The row of relevance on its way from the last layer to the first."""

    def __init__(self) -> None:
        """Begin before the backward pass."""
        self.start: Tensor | None = None  # (B, T) share of each token in the score, sums to 1
        self.relevance: Tensor | None = None  # (B, T)

    def watch(self, layer: LayerAttention) -> None:
        """Take a layer's turn once the gradient of its output is known."""
        query, key, value = layer.query.detach(), layer.key.detach(), layer.value.detach()
        mask = None if layer.mask is None else layer.mask.detach()
        cut_off = LayerAttention(query, key, value, mask, layer.scale, layer.output.detach())
        layer.output.register_hook(partial(self._take, cut_off))

    def _take(self, layer: LayerAttention, gradient: Tensor) -> None:
        """V <- v + v E_h[(∇A ∘ A)⁺]; gradient: (B, T, H, D) of the layer's output.

        The tokens that the classifier reads are those whose last-layer gradient is not zero: CLS
        alone, or the patches where a model averages them.
        """
        gradient = gradient.detach().float()
        if self.relevance is None:
            lengths = gradient.flatten(2).norm(dim=-1)
            self.start = self.relevance = lengths / lengths.sum(dim=-1, keepdim=True)
        n_heads = layer.value.shape[1]
        added = torch.zeros_like(self.relevance)
        for head in range(n_heads):
            of_attention = gradient[:, :, head] @ layer.value[:, head].float().transpose(-1, -2)
            positive = (of_attention * layer.head(head)).clamp(min=0)
            added += (self.relevance[:, None] @ positive)[:, 0]
        self.relevance = self.relevance + added / n_heads
