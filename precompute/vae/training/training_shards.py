"""Each training as one shard: whatever computes shards, a cluster too, trains the models."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from precompute.cli import progress
from precompute.compute.process import own_device
from precompute.compute.shards import Arrays, Shard, compute
from precompute.vae.model.networks import build
from precompute.vae.settings import VaeSettings, Variant
from precompute.vae.training.images import open_images
from precompute.vae.training.train import Trained, train

WEIGHT = "weight/"  # before the name of each of the model's tensors
MEASURED = ("curves", "last_train_losses", "kl_by_latent", "generations")  # fields of Trained

TrainAll = Callable[[Sequence[Variant], str], list[Trained]]  # variants and the bar's label


@dataclass(frozen=True)
class TrainingWork:
    """What a worker needs to train the variant that a shard names: it opens the images itself."""

    settings: VaeSettings
    variants: tuple[Variant, ...]
    data: Path  # where data sets are staged
    folder: Path  # of the shards and the checkpoints
    label: str  # of a bar over epochs; empty where another bar counts the trainings

    def __call__(self, shard: Shard) -> Arrays:
        """Train; return weights, curves and the last losses."""
        (variant,) = (one for one in self.variants if one.name == shard.name)
        images = open_images(self.settings, self.data, own_device())
        bar = progress.bar(self.label, variant.epochs, "epochs") if self.label else progress.none()
        with bar as advance:
            trained = train(
                self.settings,
                variant,
                images.train,
                images.held_out,
                self.folder,
                images.digest,
                lambda loss, restored: advance(1, f"train loss {loss:.2f}", restored),
            )
        weights = trained.model.state_dict()
        return {
            **{name: getattr(trained, name) for name in MEASURED},
            **{f"{WEIGHT}{name}": values.cpu().numpy() for name, values in weights.items()},
        }


@dataclass(frozen=True)
class Trainer:
    """Trains wherever shards are computed; the models come back to this process's device."""

    settings: VaeSettings
    data: Path
    folder: Path
    key: str
    device: torch.device
    n_pixels: int

    def __call__(self, variants: Sequence[Variant], label: str) -> list[Trained]:
        """Train the variants, if any, under a bar over epochs; return them in order."""
        if not variants:
            return []
        shards, done = [], 0
        for variant in variants:
            shards.append(Shard(variant.name, done, done + variant.epochs))
            done += variant.epochs
        alone = len(variants) == 1
        step = TrainingWork(
            self.settings, tuple(variants), self.data, self.folder, label if alone else ""
        )
        parts = compute(shards, step, self.folder, self.key, "" if alone else label, "epochs")
        return [self._trained(*pair) for pair in zip(variants, parts, strict=True)]

    def _trained(self, variant: Variant, arrays: Arrays) -> Trained:
        weights = {
            name.removeprefix(WEIGHT): torch.tensor(values)  # a copy: a cluster's are read-only
            for name, values in arrays.items()
            if name.startswith(WEIGHT)
        }
        model = build(
            variant.architecture,
            variant.term,
            self.n_pixels,
            self.settings.hidden_dim,
            variant.latent_dim,
        )
        model.load_state_dict(weights)
        return Trained(model.to(self.device).eval(), *(arrays[name] for name in MEASURED))
