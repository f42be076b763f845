"""The two checkpoints' cards: recipe, data, accuracy with its interval, time and limits."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from precompute.checkpoints.recipes import TrainingSummary
from precompute.statistics import share

CARD = """# {title}

{what}

| | |
|---|---|
| data | Fashion-MNIST, 60,000 training images (MIT licence) |
| {score} | **{accuracy:.4f}** ({n_correct:,} of {n_images:,} test images; 95 % Wilson {low:.4f} to {high:.4f}) |
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


def write_vit_card(
    folder: Path, recipe: Mapping[str, Any], summary: TrainingSummary, device: torch.device
) -> None:
    """Write the ViT's card."""
    _write(folder, "Embedded ViT", VIT_WHAT, "accuracy", VIT_LIMITS, "vit", recipe, summary, device)


def write_clip_card(
    folder: Path, recipe: Mapping[str, Any], summary: TrainingSummary, device: torch.device
) -> None:
    """Write the CLIP model's card."""
    score = "prompt-classification accuracy, `a photo of {class}`"
    _write(folder, "Embedded CLIP", CLIP_WHAT, score, CLIP_LIMITS, "clip", recipe, summary, device)


def _write(
    folder: Path,
    title: str,
    what: str,
    score: str,
    limits: str,
    study: str,
    recipe: Mapping[str, Any],
    summary: TrainingSummary,
    device: torch.device,
) -> None:
    interval = share(summary.n_correct, summary.n_images)
    gpu = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    text = CARD.format(
        title=title,
        what=what,
        score=score,
        accuracy=summary.accuracy,
        n_correct=summary.n_correct,
        n_images=summary.n_images,
        low=interval.low,
        high=interval.high,
        n_parameters=summary.n_parameters,
        minutes=summary.seconds / 60,
        device=gpu or f"{torch.get_num_threads()} CPU threads",
        sha256=summary.sha256,
        study=study,
        recipe="\n".join(f"- `{name}`: {value}" for name, value in recipe.items()),
        limits=limits,
    )
    (folder / "MODEL_CARD.md").write_text(text, encoding="utf-8")
