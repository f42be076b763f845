"""Class-specific relevance: gradient times attention, carried through the layers.

Chefer et al. 2021 (arXiv:2103.15679, equations 5 and 6) keep a (T, T) matrix of relevance R = I,
and for every layer, first to last, add E_h[(∇A ∘ A)⁺] R, where ∇A is the gradient of the class
score. Only one row of R is ever read. That row is a vector that can be carried from the last layer
to the first, which is the order in which a backward pass meets the layers. So one forward and one
backward pass suffice, under fused attention: ∇A = ∇O Vᵀ and A are formed head by head in each
layer's turn, and no (T, T) matrix outlives it.
"""

from functools import partial

import torch
from torch import Tensor
from transformers import PreTrainedModel

from precompute.vit.model.attention_function import LayerAttention, attention_pass
from precompute.vit.model.forward import finite, run_network


def class_relevance(network: PreTrainedModel, pixel_values: Tensor, direction: Tensor) -> Tensor:
    """Return how much each token feeds the score along a direction of the readout: (B, T), >= 0.

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
