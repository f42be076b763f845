"""Predictions from some of the patches: dropped tokens are never computed, or never attended to."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from precompute.errors import JobFailed
from precompute.vit.model.classifier import ImageClassifier
from precompute.vit.model.forward import CLS, forward_readout, read_attention

AGREEMENT = 1e-4  # largest relative difference between the two ways, of float32 rounding alone


def dropped_readout(
    classifier: ImageClassifier, pixel_values: Tensor, hidden: Tensor, shortens: bool
) -> Tensor:
    """Return the readout (B, R) of images without their hidden patches.

    Where the sequence can be shortened, the hidden tokens are taken out behind the embedding,
    which has added their positions, and every layer runs on the rest: at three quarters hidden
    that is about four times less work. Else their keys are masked, so that no token reads them,
    and their pixels emptied, because a classifier may average all patches.

    pixel_values: (B, C, H, W). hidden: (B, rows, cols), equally many in each where shortened.
    shortens: whether the model's sequence can be, from can_shorten.
    """
    keep = _kept(classifier, hidden)
    if not shortens:
        emptied = pixel_values.masked_fill(pixel_mask(hidden, classifier.patch_size_px), 0)
        return forward_readout(classifier.network, emptied, keep)
    with _tokens_taken(classifier.network, keep):
        return forward_readout(classifier.network, pixel_values, None)


@torch.inference_mode()
def can_shorten(classifier: ImageClassifier) -> bool:
    """Say whether taking tokens out leaves the CLS token as masking their keys does, by trying.

    It does not where places enter in the layers, as in BEiT. The CLS token is compared, not the
    readout: a classifier that also averages the patches would average the masked ones too.
    """
    network, generator = classifier.network, torch.Generator().manual_seed(0)
    noise = torch.randn(classifier.empty_picture().shape, generator=generator)
    noise = noise.to(classifier.device)
    hidden = torch.rand(1, *classifier.grid, generator=generator).to(classifier.device) < 0.5
    keep = _kept(classifier, hidden)
    if _embedding(network) is None:
        return False
    try:
        with _tokens_taken(network, keep):
            short = read_attention(network, noise).token_norms[..., CLS]
    except torch.OutOfMemoryError:  # a RuntimeError too, and no answer
        raise
    except (RuntimeError, TypeError, AttributeError, JobFailed):  # a layer needs the whole grid
        return False
    masked = read_attention(network, noise, keep).token_norms[..., CLS]
    return bool(((short - masked).abs() <= AGREEMENT * masked).all())


def pixel_mask(hidden: Tensor, patch_size_px: tuple[int, int]) -> Tensor:
    """Enlarge patch masks (B, rows, cols) to the pixels they cover: (B, 1, H, W)."""
    tall, wide = patch_size_px
    return hidden.repeat_interleave(tall, dim=1).repeat_interleave(wide, dim=2)[:, None]


def _kept(classifier: ImageClassifier, hidden: Tensor) -> Tensor:
    """Return which tokens (B, T) are left: those before the patches, and the patches shown."""
    left = ~hidden.flatten(1)
    return torch.cat([left.new_ones(len(left), classifier.n_prefix), left], dim=1)


def _embedding(network: PreTrainedModel) -> nn.Module | None:
    """Return the module that turns pixels into tokens with their positions."""
    modules = network.named_modules()
    return next((m for name, m in modules if name.rpartition(".")[2] == "embeddings"), None)


@contextmanager
def _tokens_taken(network: PreTrainedModel, keep: Tensor) -> Iterator[None]:
    """Let only the tokens in keep (B, T), equally many of each image, leave the embedding."""
    tokens = keep.nonzero()[:, 1].reshape(len(keep), -1)  # (B, K) in reading order

    def take(module: nn.Module, given: tuple, embedded: Tensor) -> Tensor:
        return embedded.gather(1, tokens[..., None].expand(-1, -1, embedded.shape[-1]))

    embedding = _embedding(network)
    assert embedding is not None
    handle = embedding.register_forward_hook(take)
    try:
        yield
    finally:
        handle.remove()
