"""Train the embedded ViT: transformers' own ViTForImageClassification on Fashion-MNIST.

Two stages. Most steps see pictures halved to 14x14 pixels, a 7x7 grid of the same 2-pixel patches
and a quarter of the tokens; the position embeddings are then stretched to the 14x14 grid of
ViT-B/16 and training goes on at full size.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, cross_entropy, interpolate
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

from precompute.checkpoints import recipes
from precompute.checkpoints.model_card import TrainingSummary, write_card
from precompute.data import fashion_mnist


@dataclass(frozen=True)
class Recipe:
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


def train(
    recipe: Recipe, out: Path, device: torch.device, on_step: recipes.OnStep
) -> TrainingSummary:
    """Train, judge on the test images and save with `save_pretrained` and a model card.

    `out` is replaced only when everything went well. Raises JobFailed when the loss diverges.
    """
    started = time.monotonic()
    torch.manual_seed(recipe.seed)
    generator = torch.Generator().manual_seed(recipe.seed)
    files = fashion_mnist.load("train")
    images = recipes.normalise(files.images[: recipe.n_train])
    labels = torch.from_numpy(files.labels[: recipe.n_train])
    per_epoch = -(-len(images) // recipe.batch_size)
    total = per_epoch * (recipe.coarse_epochs + recipe.fine_epochs)

    model, step = _model(recipe, image_size=14), 0
    for halve in (True, False):
        model = model if halve else _at_full_size(model, recipe)
        nn.Module.to(model, device)  # transformers' own `to` is typed wrongly
        for note in _run_stage(recipe, model, images, labels, generator, halve=halve):
            step += 1
            on_step(step, total, note)

    right = recipes.count_right(lambda pictures: model(pixel_values=pictures).logits, device)
    with recipes.whole_folder(out) as draft:
        model.save_pretrained(draft)
        ViTImageProcessor(  # no crop, one grey channel
            size={"height": 28, "width": 28},
            image_mean=[recipes.MEAN],
            image_std=[recipes.STD],
            do_convert_rgb=False,
        ).save_pretrained(draft)
        weights = draft / "model.safetensors"
        return write_card("vit", weights, recipe, model, right, started, device)


def _run_stage(
    recipe: Recipe,
    model: ViTForImageClassification,
    images: Tensor,
    labels: Tensor,
    generator: torch.Generator,
    *,
    halve: bool,
) -> Iterator[str]:
    """Train one stage, yield a note per step; pictures stay one tensor, shuffled each epoch."""
    epochs = recipe.coarse_epochs if halve else recipe.fine_epochs
    peak = recipe.coarse_peak if halve else recipe.fine_peak
    device, weight_decay = next(model.parameters()).device, recipe.weight_decay
    optimiser = torch.optim.AdamW(model.parameters(), lr=peak, weight_decay=weight_decay)
    batches = -(-len(images) // recipe.batch_size)
    model.train()
    for epoch in range(epochs):
        order = torch.randperm(len(images), generator=generator)
        for number, rows in enumerate(order.split(recipe.batch_size)):
            rate = recipes.one_cycle(epoch * batches + number, epochs * batches, peak)
            optimiser.param_groups[0]["lr"] = rate
            batch = recipes.augment(images[rows], generator)
            logits = model((avg_pool2d(batch, 2) if halve else batch).to(device)).logits
            target, smoothing = labels[rows].to(device), recipe.label_smoothing
            loss = cross_entropy(logits, target, label_smoothing=smoothing)
            yield recipes.descend(optimiser, loss, epoch, number)
    model.eval()


def _model(recipe: Recipe, image_size: int) -> ViTForImageClassification:
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


def _at_full_size(coarse: ViTForImageClassification, recipe: Recipe) -> ViTForImageClassification:
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
