"""What hiding patches costs: dropped tokens beside masking at full length, at ViT-B/16's shape."""

from collections.abc import Iterator
from tempfile import TemporaryDirectory

import torch
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

from precompute.vit.model.checkpoint import find_model
from precompute.vit.model.classifier import ImageClassifier, load_classifier
from precompute.vit.model.forward import forward_readout
from precompute.vit.model.token_drop import can_shorten, dropped_readout
from tests.bench.row import Bound, Row, seconds_side_by_side
from tests.bench.vit import pictures

BATCH, HIDDEN = 8, 0.75


def rows() -> Iterator[Row]:
    """Yield the row of token drop, on a GPU too where there is one."""
    yield _token_drop(torch.device("cpu"), repeats=5)
    if torch.cuda.is_available():
        yield _token_drop(torch.device("cuda"), repeats=30)


def random_classifier(device: torch.device) -> ImageClassifier:
    """Return ViT-B/16 with random weights: its shape is what costs."""
    config = ViTConfig()
    config.num_labels = 1000
    with TemporaryDirectory() as folder:
        ViTForImageClassification(config).save_pretrained(folder)
        ViTImageProcessor().save_pretrained(folder)
        return load_classifier(find_model(folder), device)


def random_masks(classifier: ImageClassifier, n_images: int) -> torch.Tensor:
    """Return masks (n_images, *grid), on the model's device, that hide the share HIDDEN each."""
    generator = torch.Generator().manual_seed(0)
    order = torch.rand(n_images, classifier.n_patches, generator=generator).argsort(dim=1)
    hidden = order < HIDDEN * classifier.n_patches
    return hidden.reshape(n_images, *classifier.grid).to(classifier.device)


def _token_drop(device: torch.device, repeats: int) -> Row:
    classifier = random_classifier(device)
    images, hidden = pictures(BATCH, device.type), random_masks(classifier, BATCH)
    shortens = can_shorten(classifier)
    filled = torch.where(
        hidden.repeat_interleave(16, 1).repeat_interleave(16, 2)[:, None], 0, images
    )

    @torch.inference_mode()
    def ours() -> None:
        _wait(dropped_readout(classifier, images, hidden, shortens))

    @torch.inference_mode()
    def full_length() -> None:
        _wait(forward_readout(classifier.network, filled, None))

    mine, peer = seconds_side_by_side(ours, full_length, repeats=repeats)
    return Row(
        work=f"ViT-B/16, batch {BATCH}, {HIDDEN:.0%} of the patches hidden, {device.type}",
        ours=BATCH / mine,
        unit="images/s",
        peer=BATCH / peer,
        peer_name="pixels filled, full length",
        limited_by="the tokens kept, and the embedding of all",
        bound=Bound("at least", 1.8, of="ratio"),
    )


def _wait(logits: torch.Tensor) -> None:
    """Bring the result to the host, so that a GPU's time is all counted."""
    logits.cpu()
