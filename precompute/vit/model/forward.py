"""What one forward pass of any transformers ViT says, and where its CLS token attends.

The model runs at the speed of fused attention; beside it only what is asked for is computed: the
CLS row of each head, and one rollout state per image.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PretrainedConfig, PreTrainedModel

from precompute.errors import JobFailed
from precompute.vit.model.attention_function import ATTENTION_NAME, LayerAttention, attention_pass

CLS = 0  # position of the CLS token
ROW_SUM_TOLERANCE = 1e-3  # a float32 softmax is off by 1e-6; half precision by 4e-4


@dataclass(frozen=True)
class AttentionReading:
    """What one forward pass said: B images, L layers, H heads, T tokens."""

    readout: Tensor  # (B, R): the logits, or the CLS feature where the model has no classifier
    cls_rows: Tensor  # (B, L, H, T) float32, after softmax; each row sums to 1
    value_norms: Tensor  # (B, L, H, T) length of each token's value vector
    token_norms: Tensor  # (B, L, T) length of each token as it enters the layer
    rollout: Tensor | None  # (B, T, T) float32, rows sum to 1; None unless asked for


def forward_readout(network: PreTrainedModel, pixel_values: Tensor, keep: Tensor | None) -> Tensor:
    """Return the readout (B, R) of a pass that attends only to the tokens in keep (B, T).

    Raises JobFailed when a number is not finite.
    """
    with attention_pass(keep):
        return run_network(network, pixel_values)


def read_attention(
    network: PreTrainedModel,
    pixel_values: Tensor,
    keep: Tensor | None = None,
    with_rollout: bool = False,
) -> AttentionReading:
    """Run the model once and return its readout with the CLS attention of every layer and head.

    network: loaded with attn_implementation=ATTENTION_NAME; pixel_values: (B, C, H, W).
    Raises JobFailed when attention is missing, of the wrong shape, or no distribution.
    """
    reader = _Reader(with_rollout)
    with attention_pass(keep, reader), _token_norms(network, reader):
        readout = run_network(network, pixel_values)
    rows = _stacked(reader.rows, network, "CLS attention")
    _check_distribution(rows, "CLS attention")
    if reader.rollout is not None:
        _check_distribution(reader.rollout, "attention rollout")
    value_norms = _stacked(reader.value_norms, network, "value norms")
    return AttentionReading(
        readout, rows, value_norms, _stacked(reader.token_norms, network, "tokens"), reader.rollout
    )


def read_tokens(
    network: PreTrainedModel, pixel_values: Tensor, pool: Callable[[Tensor], Tensor]
) -> Tensor:
    """Run the model once and return pool of the tokens at every depth: (B, L + 1, ...).

    Depth 0 is what enters the first layer, depth l what leaves the l-th, before the last norm.

    pool: from tokens (B, T, D) to what is kept of them (B, ...).
    """
    depths: list[Tensor] = []

    def enter(_: nn.Module, entering: tuple[Tensor, ...]) -> None:
        depths.append(pool(entering[0]))

    def leave(_: nn.Module, __: tuple[Tensor, ...], leaving: Tensor | tuple[Tensor, ...]) -> None:
        depths.append(pool(leaving[0] if isinstance(leaving, tuple) else leaving))

    layers = _layers(network)
    hooks = [layers[0].register_forward_pre_hook(enter)]
    hooks += [layer.register_forward_hook(leave) for layer in layers]
    try:
        run_network(network, pixel_values)
    finally:
        for hook in hooks:
            hook.remove()
    return finite(torch.stack(depths, dim=1), "tokens")


def run_network(network: PreTrainedModel, pixel_values: Tensor) -> Tensor:
    """Return the readout (B, R): logits, or the CLS feature after the model's last norm."""
    output = network(pixel_values=pixel_values, **_size_option(network, pixel_values))
    readout = output.get("logits")
    if readout is None:
        # Where there is no pooling layer, the pooler's output is the normed CLS token (CLIP).
        pooled = None if hasattr(network, "pooler") else output.pooler_output
        readout = output.last_hidden_state[:, CLS] if pooled is None else pooled
    return finite(readout.float(), "logits or features")


def vision_config(config: PretrainedConfig) -> PretrainedConfig:
    """Return the settings of the vision tower, which CLIP keeps beside those of its text tower."""
    return getattr(config, "vision_config", config)


def pair(size: int | list[int] | tuple[int, int]) -> tuple[int, int]:
    """Return (height, width) of a size that may be one number for both."""
    return (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))


def finite(values: Tensor, name: str) -> Tensor:
    """Return the values (...), or fail the job where one is not finite."""
    if not bool(values.isfinite().all()):
        raise JobFailed(f"{name}: not finite. Check the weights and the preprocessing.")
    return values


@dataclass
class _Reader:
    """Collects what one pass shows, layer by layer."""

    with_rollout: bool
    rows: list[Tensor] = field(default_factory=list)  # (B, H, T) each
    value_norms: list[Tensor] = field(default_factory=list)  # (B, H, T) each
    token_norms: list[Tensor] = field(default_factory=list)  # (B, T) each
    rollout: Tensor | None = None  # (B, T, T), the product over the layers so far

    def __call__(self, layer: LayerAttention) -> None:
        self.rows.append(layer.row(CLS))
        self.value_norms.append(layer.value.float().norm(dim=-1))
        if self.with_rollout:
            self.rollout = _rolled(self.rollout, layer)


def _rolled(rollout: Tensor | None, layer: LayerAttention) -> Tensor:
    """One layer of rollout: (A + I) / 2 times the product of the layers before it.

    A is the mean over heads (B, T, T); one head's matrix is held at a time.
    """
    n_heads, n_tokens = layer.query.shape[1:3]
    mixed = torch.zeros((), device=layer.query.device)
    for head in range(n_heads):
        mixed = mixed + layer.head(head)
    with_skip = (mixed / n_heads + torch.eye(n_tokens, device=layer.query.device)) / 2
    return with_skip if rollout is None else with_skip @ rollout


@contextmanager
def _token_norms(network: PreTrainedModel, reader: _Reader) -> Iterator[None]:
    """Within it, the length of each token that enters a layer is collected."""

    def collect(_: nn.Module, entering: tuple[Tensor, ...]) -> None:
        reader.token_norms.append(entering[0].float().norm(dim=-1))

    hooks = [layer.register_forward_pre_hook(collect) for layer in _layers(network)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _layers(network: PreTrainedModel) -> nn.ModuleList:
    """Return the transformer's layers, by whatever name its family keeps them."""
    n_layers = vision_config(network.config).num_hidden_layers
    lists = [part for part in network.modules() if isinstance(part, nn.ModuleList)]
    layers = next((part for part in lists if len(part) == n_layers), None)
    if layers is None:
        raise JobFailed(f"{type(network).__name__}: no list of {n_layers} layers was found in it.")
    return layers


def _size_option(network: PreTrainedModel, pixel_values: Tensor) -> dict[str, Any]:
    """Ask for interpolated positions where the input is not of the size in training."""
    trained = pair(vision_config(network.config).image_size)
    option = "interpolate_pos_encoding"
    takes_it = option in inspect.signature(network.forward).parameters
    return {option: True} if takes_it and tuple(pixel_values.shape[-2:]) != trained else {}


def _stacked(layers: list[Tensor], network: PreTrainedModel, name: str) -> Tensor:
    """Stack what the layers showed (B, L, ...), or say what is wrong with it."""
    n_layers = vision_config(network.config).num_hidden_layers
    if len(layers) != n_layers:
        raise JobFailed(
            f"{name} came from {len(layers)} of {n_layers} layers. Load the model with "
            f"attn_implementation={ATTENTION_NAME!r}; if it was, its family is not supported."
        )
    shapes = sorted({tuple(layer.shape) for layer in layers})
    if len(shapes) > 1:
        raise JobFailed(f"{name} has shapes {shapes}. Choose a model whose layers are all alike.")
    return finite(torch.stack(layers, dim=1), name)


def _check_distribution(rows: Tensor, name: str) -> None:
    """Refuse rows that are not finite or do not sum to 1."""
    error = float((finite(rows, name).sum(dim=-1) - 1).abs().max())
    if error > ROW_SUM_TOLERANCE:
        raise JobFailed(
            f"a row of {name} sums to 1 ± {error:.1e}, allowed {ROW_SUM_TOLERANCE:.0e}."
        )
