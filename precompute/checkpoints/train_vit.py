"""Train the embedded ViT: transformers' own ViTForImageClassification on Fashion-MNIST.

Two stages. Most steps see pictures halved to 14x14 pixels, a 7x7 grid of the same 2-pixel patches
and a quarter of the tokens; the position embeddings are then stretched to the 14x14 grid of
ViT-B/16 and training goes on at full size.
"""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, cross_entropy, interpolate
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

from precompute.checkpoints.model_card import write_vit_card
from precompute.checkpoints.recipes import (
    MEAN,
    STD,
    OnStep,
    TrainingSummary,
    augment,
    checked,
    normalise,
    one_cycle,
    sha256_of,
    whole_folder,
)
from precompute.data import fashion_mnist


@dataclass(frozen=True)
class VitRecipe:
    """How the checkpoint is made."""

    patch_size: int = 2  # pixels: a 14x14 grid, as in ViT-B/16
    hidden_size: int = 64  # the widest that two cores train in an hour
    n_layers: int = 4
    n_heads: int = 4
    mlp_size: int = 128
    coarse_epochs: int = 24  # on halved pictures, about four times cheaper each
    fine_epochs: int = 6  # at full size
    batch_size: int = 128
    coarse_peak: float = 2e-3  # learning rate of AdamW at the top of the cycle
    fine_peak: float = 1e-3  # lower: the weights are already good
    weight_decay: float = 0.05
    label_smoothing: float = 0.05  # keeps probabilities from saturating
    seed: int = 0
    n_train: int = 60_000  # fewer only in tests


def train(recipe: VitRecipe, out: Path, device: torch.device, on_step: OnStep) -> TrainingSummary:
    """Train, judge on the test images and save with `save_pretrained` and a model card.

    `out` is replaced only when everything went well. Raises JobFailed when the loss diverges.
    """
    started = time.monotonic()
    torch.manual_seed(recipe.seed)
    generator = torch.Generator().manual_seed(recipe.seed)
    files = fashion_mnist.load("train")
    images = normalise(files.images[: recipe.n_train])
    labels = torch.from_numpy(files.labels[: recipe.n_train])
    per_epoch = -(-len(images) // recipe.batch_size)
    total = per_epoch * (recipe.coarse_epochs + recipe.fine_epochs)

    coarse = _model(recipe, image_size=14)
    nn.Module.to(coarse, device)  # transformers' own `to` is typed wrongly
    halved = _Stage(recipe, recipe.coarse_epochs, recipe.coarse_peak, 0, total, halve=True)
    _run_stage(coarse, images, labels, halved, generator, on_step)
    model = _at_full_size(coarse, recipe)
    nn.Module.to(model, device)
    first = per_epoch * recipe.coarse_epochs
    full = _Stage(recipe, recipe.fine_epochs, recipe.fine_peak, first, total, halve=False)
    _run_stage(model, images, labels, full, generator, on_step)

    n_correct, n_images = _test(model, device)
    with whole_folder(out) as draft:
        model.save_pretrained(draft)
        _processor().save_pretrained(draft)
        summary = TrainingSummary(
            accuracy=n_correct / n_images,
            n_correct=n_correct,
            n_images=n_images,
            seconds=time.monotonic() - started,
            n_parameters=sum(weight.numel() for weight in model.parameters()),
            sha256=sha256_of(draft / "model.safetensors"),
        )
        write_vit_card(draft, asdict(recipe), summary, device)
    return summary


@dataclass(frozen=True)
class _Stage:
    """One of the two stages, and where it stands in the whole."""

    recipe: VitRecipe
    epochs: int
    peak: float
    first_step: int
    total_steps: int
    halve: bool


def _run_stage(
    model: ViTForImageClassification,
    images: Tensor,
    labels: Tensor,
    stage: _Stage,
    generator: torch.Generator,
    on_step: OnStep,
) -> None:
    """Train for the stage's epochs; pictures stay one tensor, shuffled anew each epoch."""
    recipe, device = stage.recipe, next(model.parameters()).device
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=stage.peak, weight_decay=recipe.weight_decay
    )
    batches = -(-len(images) // recipe.batch_size)
    model.train()
    for epoch in range(stage.epochs):
        order = torch.randperm(len(images), generator=generator)
        for number, rows in enumerate(order.split(recipe.batch_size)):
            step = epoch * batches + number
            optimiser.param_groups[0]["lr"] = one_cycle(step, stage.epochs * batches, stage.peak)
            batch = augment(images[rows], generator)
            batch = (avg_pool2d(batch, 2) if stage.halve else batch).to(device)
            logits = model(pixel_values=batch).logits
            loss = cross_entropy(
                logits, labels[rows].to(device), label_smoothing=recipe.label_smoothing
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            note = f"epoch {epoch + 1}, loss {checked(loss, epoch + 1, number):.3f}"
            on_step(stage.first_step + step + 1, stage.total_steps, note)
    model.eval()


def _model(recipe: VitRecipe, image_size: int) -> ViTForImageClassification:
    names: dict[int, str] = dict(enumerate(fashion_mnist.CLASS_NAMES))
    config = ViTConfig(
        image_size=image_size,
        patch_size=recipe.patch_size,
        num_channels=1,
        hidden_size=recipe.hidden_size,
        num_hidden_layers=recipe.n_layers,
        num_attention_heads=recipe.n_heads,
        intermediate_size=recipe.mlp_size,
        id2label=names,
        label2id={name: index for index, name in names.items()},
    )
    return ViTForImageClassification(config)


def _at_full_size(
    coarse: ViTForImageClassification, recipe: VitRecipe
) -> ViTForImageClassification:
    """Copy the weights to a model of 28x28 pixels, stretching the position embeddings."""
    model = _model(recipe, image_size=28)
    weights = coarse.state_dict()
    key = next(name for name in weights if name.endswith("position_embeddings"))
    positions = weights[key]  # (1, 1 + 7 * 7, hidden): CLS first
    grid = positions[:, 1:].transpose(1, 2).unflatten(2, (7, 7))
    grid = interpolate(grid, size=(14, 14), mode="bicubic", align_corners=False)
    weights[key] = torch.cat([positions[:, :1], grid.flatten(2).transpose(1, 2)], dim=1)
    model.load_state_dict(weights)
    return model


def _processor() -> ViTImageProcessor:
    """The preprocessing that goes with the weights: no crop, one grey channel."""
    return ViTImageProcessor(
        size={"height": 28, "width": 28}, image_mean=[MEAN], image_std=[STD], do_convert_rgb=False
    )


@torch.inference_mode()
def _test(model: ViTForImageClassification, device: torch.device) -> tuple[int, int]:
    """Count right answers on the test images."""
    test = fashion_mnist.load("test")
    labels = torch.from_numpy(test.labels)
    batches = normalise(test.images).split(500)
    predicted = torch.cat(
        [model(pixel_values=b.to(device)).logits.argmax(1).cpu() for b in batches]
    )
    return int((predicted == labels).sum()), len(labels)
