"""Our attention function: fused attention, and beside it a look at what each layer attends with.

Under fused attention (sdpa) transformers returns an empty tuple of attentions without an error, and
under eager attention it returns every (T, T) matrix of every head. Neither will do, so this module
registers an attention function of its own. It runs sdpa, narrowed to the keys that a pass keeps,
and shows each layer to the pass's observer, which computes only what it needs.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from precompute.errors import JobFailed

ATTENTION_NAME = "sdpa_with_cls_row"  # pass as attn_implementation when a model is loaded


@dataclass(frozen=True)
class LayerAttention:
    """What one layer attends with: B images, H heads, T tokens, D numbers per head."""

    query: Tensor  # (B, H, T, D)
    key: Tensor  # (B, H, T, D)
    value: Tensor  # (B, H, T, D)
    mask: Tensor | None  # spreads to (B, H, T, T): True is attended, or numbers added to the scores
    scale: float
    output: Tensor  # (B, T, H, D)

    def row(self, token: int) -> Tensor:
        """Return one token's attention in every head (B, H, T), after softmax, in float32."""
        mask = None if self.mask is None else _at(self.mask, 2, token)
        query = self.query[:, :, token : token + 1]
        return _softmax_scores(query, self.key, mask, self.scale)[:, :, 0]

    def head(self, head: int) -> Tensor:
        """Return one head's whole attention (B, T, T), after softmax, in float32."""
        mask = None if self.mask is None else _at(self.mask, 1, head)[:, 0]
        return _softmax_scores(self.query[:, head], self.key[:, head], mask, self.scale)


Observer = Callable[[LayerAttention], None]
# What the layers of the pass under way keep, all keys where it is None, and who looks on. A context
# variable, because not every family hands keyword arguments down to its layers.
_PASS: ContextVar[tuple[Tensor | None, Observer | None]] = ContextVar("pass", default=(None, None))


@contextmanager
def attention_pass(keep: Tensor | None = None, observe: Observer | None = None) -> Iterator[None]:
    """Within it, models loaded with ATTENTION_NAME attend to keep (B, T) and show their layers.

    Hiding a token's key in every layer equals dropping the token: no other token can read it.
    """
    token = _PASS.set((keep, observe))
    try:
        yield
    finally:
        _PASS.reset(token)


def _sdpa_with_cls_row(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    **options: Any,
) -> tuple[Tensor, None]:
    """Attend with sdpa and show the layer to the observer of the pass under way."""
    if options.get("position_bias") is not None or options.get("softcap") is not None:
        raise JobFailed(
            f"{type(module).__name__} changes its scores in a way that the CLS row would lack. "
            f"Choose a model of the ViT, DeiT, DINOv2, BEiT or CLIP family."
        )
    keep, observe = _PASS.get()
    mask = _with_keys(attention_mask, keep, key)
    output, _ = sdpa_attention_forward(module, query, key, value, mask, scaling=scaling, **options)
    if observe is not None:
        scale = query.shape[-1] ** -0.5 if scaling is None else scaling
        observe(LayerAttention(query, key, value, mask, scale, output))
    return output, None


AttentionInterface.register(ATTENTION_NAME, _sdpa_with_cls_row)
AttentionMaskInterface.register(ATTENTION_NAME, sdpa_mask)


def _with_keys(mask: Tensor | None, keep: Tensor | None, key: Tensor) -> Tensor | None:
    """Return the model's own mask or bias, narrowed to the keys in keep."""
    if keep is None:
        return mask
    if keep.shape != (key.shape[0], key.shape[2]):
        raise JobFailed(
            f"key mask has shape {tuple(keep.shape)}, the layer has {key.shape[0]} images of "
            f"{key.shape[2]} tokens."
        )
    keys = keep[:, None, None, :]
    if mask is None:
        return keys
    return mask & keys if mask.dtype == torch.bool else mask.masked_fill(~keys, -torch.inf)


def _at(mask: Tensor, axis: int, index: int) -> Tensor:
    """Narrow one axis to an index; an axis of size 1 stands for every index."""
    return mask.narrow(axis, index if mask.shape[axis] > 1 else 0, 1)


def _softmax_scores(query: Tensor, key: Tensor, mask: Tensor | None, scale: float) -> Tensor:
    """softmax(Q Kᵀ scale) over the keys that the mask allows, in float32."""
    scores = query.float() @ key.float().transpose(-1, -2) * scale
    if mask is not None:
        hidden = mask.dtype == torch.bool
        scores = scores.masked_fill(~mask, -torch.inf) if hidden else scores + mask.float()
    return scores.softmax(dim=-1)
