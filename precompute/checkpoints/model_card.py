"""The two checkpoints' cards: recipe, data, accuracy with its interval, time and limits."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from precompute.data.filesystem import sha256_of
from precompute.statistics import share

CARD = """# {title}

{what}

| | |
|---|---|
| data | Fashion-MNIST, 60,000 training images (MIT licence) |
| {score} | **{accuracy:.4f}** ({n_correct:,} of {n_images:,} test images; 95% Wilson {low:.4f} to {high:.4f}) |
| parameters | {n_parameters:,} |
| training time | {minutes:.0f} minutes on {device} |
| weights' SHA-256 | `{sha256}` |
| made by | `python -m precompute train {study}` |

## Recipe

{recipe}

## Limits

{limits}
"""

VIT_WHAT = """A small `ViTForImageClassification` of transformers for 28×28 grey pictures, with the 14×14 patch
grid of ViT-B/16. It exists so that the ViT study runs anywhere, from this repository alone."""
VIT_LIMITS = """- Ten kinds of clothing on a black background; it knows nothing else.
- It has never seen a hidden patch in training: what masking does to it is measured, not trained.
- Its attention says nothing about larger models trained on photographs."""
CLIP_WHAT = """A small open_clip model for 28×28 grey pictures, trained on captions whose attributes were measured
from each picture. It exists so that the CLIP study runs anywhere, from this repository alone."""
CLIP_LIMITS = """- It was trained on these ten class names. Its accuracy is prompt classification, never zero-shot.
- Its vocabulary is a few dozen words; any other word has a random embedding.
- Its modality gap says nothing about CLIP models trained on millions of pictures."""


CARDS = {  # study -> title, what it is, the score's name, limits
    "vit": ("Embedded ViT", VIT_WHAT, "accuracy", VIT_LIMITS),
    "clip": (
        "Embedded CLIP",
        CLIP_WHAT,
        "prompt-classification accuracy, `a photo of {class}`",
        CLIP_LIMITS,
    ),
}


@dataclass(frozen=True)
class TrainingSummary:
    """What a training run reached."""

    accuracy: float  # on the 10,000 test images
    n_correct: int
    n_images: int
    seconds: float
    n_parameters: int
    sha256: str  # of the weights' file


def write_card(
    study: str,
    weights: Path,
    recipe: Any,
    model: nn.Module,
    right: tuple[int, int],
    started: float,
    device: torch.device,
) -> TrainingSummary:
    """Write the card of the study's embedded checkpoint beside its weights; return what it says.

    right: test images labelled right, and test images. started: on the monotonic clock.
    """
    n_correct, n_images = right
    summary = TrainingSummary(
        accuracy=n_correct / n_images,
        n_correct=n_correct,
        n_images=n_images,
        seconds=time.monotonic() - started,
        n_parameters=sum(weight.numel() for weight in model.parameters()),
        sha256=sha256_of(weights),
    )
    title, what, score, limits = CARDS[study]
    interval = share(n_correct, n_images)
    gpu = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    text = CARD.format(
        title=title,
        what=what,
        score=score,
        low=interval.low,
        high=interval.high,
        minutes=summary.seconds / 60,
        device=gpu or f"{torch.get_num_threads()} CPU threads",
        study=study,
        recipe="\n".join(f"- `{name}`: {value}" for name, value in asdict(recipe).items()),
        limits=limits,
        **asdict(summary),
    )
    weights.with_name("MODEL_CARD.md").write_text(text, encoding="utf-8")
    return summary
