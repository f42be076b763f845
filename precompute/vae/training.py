"""Train the VAE with every image on the device: no worker processes, no copies per batch."""

import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from precompute import progress
from precompute.errors import JobFailed
from precompute.settings import VaeSettings
from precompute.vae.model import MlpVae

TERMS = ("loss", "reconstruction", "kl_nats")


@dataclass(frozen=True)
class Trained:
    """The model and its curves."""

    model: MlpVae
    curves: NDArray[np.float32]  # (epoch, split, term): train and held out; terms as in TERMS
    last_train_losses: NDArray[np.float32]  # (N,) per image, in the last epoch


def train(
    settings: VaeSettings,
    images: Tensor,
    held_out: Tensor,
    checkpoint: Path,
    key: str,
) -> Trained:
    """Train for the set number of epochs, taking up a checkpoint of the same key.

    images, held_out: (N, P) in [0, 1], on the device that computes. A kill costs one epoch.
    """
    run = _Run(settings, images, held_out)
    run.restore(checkpoint, key)
    with progress.bar("training the VAE", settings.epochs, "epochs") as advance:
        advance(len(run.curves))
        while len(run.curves) < settings.epochs:
            run.epoch()
            run.save(checkpoint, key)
            advance(1, f"train loss {run.curves[-1][0][0]:.2f}")
    return Trained(
        run.model.eval(),
        np.array(run.curves, np.float32),
        run.losses[:, 0].cpu().numpy(),
    )


class _Run:
    """Everything that an epoch changes, so that it can be saved and taken up again."""

    def __init__(self, settings: VaeSettings, images: Tensor, held_out: Tensor) -> None:
        self.settings, self.images, self.held_out = settings, images, held_out
        with torch.random.fork_rng():
            torch.manual_seed(settings.seed)
            model = MlpVae(images.shape[1], settings.hidden_dim, settings.latent_dim)
        self.model = model.to(images.device)
        self.optimiser = torch.optim.Adam(
            self.model.parameters(), lr=settings.learning_rate, fused=True
        )
        self.generator = torch.Generator(images.device).manual_seed(settings.seed)
        self.curves: list[list[list[float]]] = []
        self.losses = torch.zeros(len(images), 3, device=images.device)

    def epoch(self) -> None:
        """One pass over the images in a new order, then the held-out loss."""
        self.model.train()
        order = torch.randperm(
            len(self.images), generator=self.generator, device=self.images.device
        )
        for step, rows in enumerate(order.split(self.settings.batch_size)):
            terms = self._terms(self.images[rows])
            loss = terms[:, 0].mean()
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            self.losses[rows] = terms.detach()
            if step % 100 == 0:  # reading a number waits for the device
                self._check(loss, step)
        train = self.losses.mean(dim=0)
        self._check(train[0], step)
        self.curves.append([train.tolist(), self._held_out_terms()])

    def _terms(self, batch: Tensor) -> Tensor:
        """Loss, reconstruction and KL of each image, (N, 3), from one sample of z."""
        mean, log_variance = self.model.encode(batch)
        noise = torch.empty_like(mean).normal_(generator=self.generator)
        reconstruction = self.model.decode(mean + torch.exp(0.5 * log_variance) * noise)
        error = (reconstruction - batch).square().sum(dim=1)
        kl = 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(dim=1)
        return torch.stack([error + self.settings.kl_weight * kl, error, kl], dim=1)

    @torch.no_grad()
    def _held_out_terms(self) -> list[float]:
        self.model.eval()
        parts = [self._terms(batch) for batch in self.held_out.split(1000)]
        return torch.cat(parts).mean(dim=0).tolist()

    def _check(self, loss: Tensor, step: int) -> None:
        value = float(loss.detach())
        if not math.isfinite(value):
            raise JobFailed(
                f"vae: the loss is {value} in epoch {len(self.curves) + 1}, step {step}. "
                f"Try a smaller learning_rate than {self.settings.learning_rate}."
            )

    def save(self, path: Path, key: str) -> None:
        """Write the state beside its place and move it there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "key": key,
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "generator": self.generator.get_state(),
            "curves": self.curves,
            "losses": self.losses,
        }
        draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        torch.save(state, draft)
        draft.replace(path)

    def restore(self, path: Path, key: str) -> None:
        """Take up a checkpoint of this very run; any other is ignored."""
        if not path.exists():
            return
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # a damaged checkpoint costs a training, never a run
            progress.console.print(f"  {path.name} cannot be read ({error}); training again")
            return
        if state["key"] != key:
            return
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.generator.set_state(state["generator"])
        self.curves, self.losses = state["curves"], state["losses"].to(self.losses.device)
