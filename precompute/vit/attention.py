"""CLS attention and attention rollout of any transformers ViT, at the speed of fused attention.

Under fused attention (sdpa) transformers returns an empty tuple of attentions without an error, and
under eager attention it returns every (T, T) matrix of every head. Neither will do, so this module
registers an attention function of its own. It runs sdpa and beside it computes only what is asked
for: the CLS row of each head, or one rollout state per image.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from precompute.errors import JobFailed

ATTENTION_NAME = "sdpa_with_cls_row"  # pass as attn_implementation when a model is loaded
CLS = 0  # position of the CLS token
ROW_SUM_TOLERANCE = 1e-3  # a float32 softmax is off by 1e-6; half precision by 4e-4


@dataclass(frozen=True)
class AttentionReading:
    """What one forward pass said, and where its CLS token attended."""

    logits: Tensor  # (B, labels)
    cls_rows: Tensor  # (B, L, H, T) float32, after softmax; each row sums to 1
    rollout: Tensor | None  # (B, T, T) float32, rows sum to 1; None unless asked for


@dataclass
class _Pass:
    """What the attention layers of the forward pass under way must do."""

    keep: Tensor | None  # (B, T) bool: the keys that may be attended to; None means all
    wants_rows: bool
    wants_rollout: bool
    rollout: Tensor | None = None  # (B, T, T), the product over the layers so far


# A context variable, because not every family hands keyword arguments down to its layers.
_PASS: ContextVar[_Pass | None] = ContextVar("attention_pass", default=None)


def forward_logits(network: PreTrainedModel, pixel_values: Tensor, keep: Tensor | None) -> Tensor:
    """Return the logits (B, labels), attending only to the tokens in keep (B, T).

    Hiding a token's key in every layer equals dropping the token: no other token can read it.
    Raises JobFailed when a logit is not finite.
    """
    with _attention_pass(_Pass(keep, wants_rows=False, wants_rollout=False)):
        logits = network(pixel_values=pixel_values).logits
    return _finite(logits.float(), "logits")


def read_attention(
    network: PreTrainedModel,
    pixel_values: Tensor,
    keep: Tensor | None = None,
    with_rollout: bool = False,
) -> AttentionReading:
    """Run the model once and return its logits with the CLS attention of every layer and head.

    network: loaded with attn_implementation=ATTENTION_NAME; pixel_values: (B, C, H, W).
    Raises JobFailed when attention is missing, of the wrong shape, or no distribution.
    """
    asked = _Pass(keep, wants_rows=True, wants_rollout=with_rollout)
    with _attention_pass(asked):
        output = network(pixel_values=pixel_values, output_attentions=True)
    rows = _checked_rows(output.attentions, network.config.num_hidden_layers, len(pixel_values))
    if with_rollout:
        _check_distribution(asked.rollout, "attention rollout")
    return AttentionReading(_finite(output.logits.float(), "logits"), rows, asked.rollout)


@contextmanager
def _attention_pass(asked: _Pass) -> Iterator[None]:
    token = _PASS.set(asked)
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
) -> tuple[Tensor, Tensor | None]:
    """Attend with sdpa; return its output and, if asked, the CLS row (B, H, 1, T) in float32."""
    if options.get("position_bias") is not None or options.get("softcap") is not None:
        raise JobFailed(
            f"{type(module).__name__} adds a bias to its attention, which the CLS row would lack. "
            f"Choose a model of the ViT, DeiT or DINOv2 family."
        )
    options.pop("output_attentions", None)  # sdpa would warn that it cannot
    asked = _PASS.get() or _Pass(None, wants_rows=False, wants_rollout=False)
    mask = _with_keys(attention_mask, asked.keep, key)
    output, _ = sdpa_attention_forward(module, query, key, value, mask, scaling=scaling, **options)
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    if asked.wants_rollout:
        asked.rollout = _rolled(asked.rollout, _head_mean(query, key, mask, scale))
    row = (
        _softmax_scores(query[:, :, CLS : CLS + 1], key, mask, scale) if asked.wants_rows else None
    )
    return output, row


AttentionInterface.register(ATTENTION_NAME, _sdpa_with_cls_row)
AttentionMaskInterface.register(ATTENTION_NAME, sdpa_mask)


def _with_keys(mask: Tensor | None, keep: Tensor | None, key: Tensor) -> Tensor | None:
    """Return the model's own mask, narrowed to the keys in keep; True means attended."""
    if mask is not None and mask.dtype != torch.bool:
        raise JobFailed("attention mask is not boolean; load the model with its own sdpa mask.")
    if keep is None:
        return mask
    if keep.shape != (key.shape[0], key.shape[2]):
        raise JobFailed(
            f"key mask has shape {tuple(keep.shape)}, the layer has {key.shape[0]} images of "
            f"{key.shape[2]} tokens."
        )
    keys = keep[:, None, None, :]
    return keys if mask is None else mask & keys


def _softmax_scores(query: Tensor, key: Tensor, mask: Tensor | None, scale: float) -> Tensor:
    """softmax(Q Kᵀ scale) over the keys that mask allows, in float32."""
    scores = query.float() @ key.float().transpose(-1, -2) * scale
    if mask is not None:
        scores = scores.masked_fill(~mask[..., : query.shape[-2], :], -torch.inf)
    return scores.softmax(dim=-1)


def _head_mean(query: Tensor, key: Tensor, mask: Tensor | None, scale: float) -> Tensor:
    """Return the attention averaged over heads (B, T, T), holding one head's matrix at a time."""
    n_heads, allowed = query.shape[1], None if mask is None else mask[:, 0]
    total = torch.zeros((), device=query.device)
    for head in range(n_heads):
        total = total + _softmax_scores(query[:, head], key[:, head], allowed, scale)
    return total / n_heads


def _rolled(rollout: Tensor | None, head_mean: Tensor) -> Tensor:
    """One layer of rollout: (A + I) / 2 times the product of the layers before it."""
    with_skip = (head_mean + torch.eye(head_mean.shape[-1], device=head_mean.device)) / 2
    return with_skip if rollout is None else with_skip @ rollout


def _checked_rows(attentions: Any, n_layers: int, n_images: int) -> Tensor:
    """Stack the layers' CLS rows (B, L, H, T), or say what is wrong with them."""
    n_found = len(attentions or ())
    if n_found != n_layers:
        raise JobFailed(
            f"the model returned attention for {n_found} of {n_layers} layers. Load it with "
            f"attn_implementation={ATTENTION_NAME!r}; if it was, its family is not supported."
        )
    shapes = {tuple(layer.shape) for layer in attentions}
    first = next(iter(shapes))
    if len(shapes) != 1 or len(first) != 4 or first[0] != n_images or first[2] != 1:
        raise JobFailed(
            f"CLS attention has shapes {sorted(shapes)}, expected one ({n_images}, heads, 1, "
            f"tokens). Choose a model with one CLS token and the same tokens in every layer."
        )
    rows = torch.stack([layer[:, :, 0] for layer in attentions], dim=1)
    _check_distribution(rows, "CLS attention")
    return rows


def _check_distribution(rows: Tensor | None, name: str) -> None:
    """Refuse rows that are missing, not finite, or do not sum to 1."""
    if rows is None:
        raise JobFailed(f"{name} is missing: no layer ran {ATTENTION_NAME!r}.")
    error = float((_finite(rows, name).sum(dim=-1) - 1).abs().max())
    if error > ROW_SUM_TOLERANCE:
        raise JobFailed(
            f"a row of {name} sums to 1 ± {error:.1e}, allowed {ROW_SUM_TOLERANCE:.0e}."
        )


def _finite(values: Tensor, name: str) -> Tensor:
    if not bool(values.isfinite().all()):
        raise JobFailed(f"{name}: not finite. Check the weights and the preprocessing.")
    return values
