"""The training as one shard: whatever computes shards, a cluster too, trains the model."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from precompute.datasets import ImageSet, load_images
from precompute.engine import Arrays, Shard, compute, split_rows
from precompute.errors import InputError
from precompute.settings import VaeSettings
from precompute.vae.model import MlpVae
from precompute.vae.training import Trained, train
from precompute.worker import own_device

WEIGHT = "weight/"  # before the name of each of the model's tensors


@dataclass(frozen=True)
class TrainingStep:
    """What a worker needs to train: it opens the images itself."""

    settings: VaeSettings
    data: Path  # where data sets are staged
    folder: Path  # of the shards and the checkpoint
    key: str

    def __call__(self, shard: Shard) -> Arrays:
        """Train for the shard's epochs; return weights, curves and the last losses."""
        source, device = self.settings.images, own_device()
        images = read_pixels(load_images(source, "train", self.data), self.settings.n_train)
        held_out = read_pixels(load_images(source, "test", self.data), self.settings.n_test)
        trained = train(
            self.settings,
            torch.from_numpy(images).to(device),
            torch.from_numpy(held_out).to(device),
            self.folder / "training.pt",
            self.key,
        )
        weights = trained.model.state_dict()
        return {
            "curves": trained.curves,
            "last_train_losses": trained.last_train_losses,
            **{f"{WEIGHT}{name}": values.cpu().numpy() for name, values in weights.items()},
        }


def run_training(step: TrainingStep, device: torch.device) -> Trained:
    """Train where shards are computed; return the model on this process's device."""
    epochs = step.settings.epochs
    shards = split_rows("training", epochs, epochs)
    (arrays,) = compute(shards, step, step.folder, step.key)
    weights = {
        name.removeprefix(WEIGHT): torch.tensor(
            values
        )  # a copy: what came from a cluster is read-only
        for name, values in arrays.items()
        if name.startswith(WEIGHT)
    }
    n_pixels = len(weights["decoder_output.bias"])
    model = MlpVae(n_pixels, step.settings.hidden_dim, step.settings.latent_dim)
    model.load_state_dict(weights)
    model.to(device).eval()
    return Trained(model, arrays["curves"], arrays["last_train_losses"])


def read_pixels(images: ImageSet, n_images: int) -> NDArray[np.float32]:
    """Read images as rows of grey pixels in [0, 1], (N, P)."""
    n_images = min(n_images or len(images), len(images))
    rows = [np.asarray(images.read(row).convert("L")).ravel() for row in range(n_images)]
    if len({len(row) for row in rows}) > 1:
        raise InputError(f"{images.name}: pictures differ in size. Give pictures of one size.")
    return np.stack(rows).astype(np.float32) / np.float32(255)
