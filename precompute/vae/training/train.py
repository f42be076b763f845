"""Train the VAE with every image on the device: no worker processes, no copies per batch."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from precompute.cli import progress
from precompute.errors import JobFailed
from precompute.job import code_digest
from precompute.settings import VaeSettings
from precompute.vae.model.networks import Vae, build
from precompute.vae.training.cuda_graph import RecordedStep
from precompute.vae.training.variants import Variant
from store.file.atomic import replace_file
from store.provenance import settings_hash

TIMED_STEPS = 8  # of each architecture, when a run's time is estimated

# Called after each epoch with its training loss, and whether it is restored: run at another time.
Told = Callable[[float, bool], None]


@dataclass(frozen=True)
class Trained:
    """The model and its curves."""

    model: Vae
    curves: NDArray[
        np.float32
    ]  # (epoch, split, term): train and held out; terms: loss, reconstruction, KL
    last_train_losses: NDArray[np.float32]  # (N,) per image, in the last epoch


def train(
    settings: VaeSettings,
    variant: Variant,
    images: Tensor,
    held_out: Tensor,
    folder: Path,
    digest: str,
    told: Told = lambda loss, restored: None,
) -> Trained:
    """Train for the variant's epochs, taking up the checkpoint of this very training.

    Args:
        settings: what every variant has in common.
        variant: which model, which loss, how long.
        images: (N, P) in [0, 1], on the device that computes; the first ones are trained on.
        held_out: (M, P), likewise.
        folder: where the checkpoint lies. A kill costs one epoch.
        digest: of the images.
        told: called after each epoch, and at once for those that the checkpoint restores.
    """
    run = _Run(settings, variant, images[: variant.n_train or len(images)], held_out)
    path = folder / f"{variant.name}.pt"
    key = training_key(settings, variant, digest, run.images)
    run.restore(path, key)
    for done in run.curves:
        told(done[0][0], True)
    while len(run.curves) < variant.epochs:
        run.epoch()
        run.save(path, key)
        told(run.curves[-1][0][0], False)
    run.recorded = None  # a recording that is freed during another one spoils it
    return Trained(
        run.model.eval(),
        np.array(run.curves, np.float32),
        run.losses[:, 0].cpu().numpy(),
    )


def seconds_per_image(
    settings: VaeSettings, variant: Variant, n_pixels: int, device: torch.device
) -> float:
    """Time a few training steps of a variant on made-up images."""
    images = torch.rand(TIMED_STEPS * settings.batch_size, n_pixels, device=device)
    run = _Run(settings, variant, images, images[:1])
    run.epoch()  # the first one also sets up
    start = time.perf_counter()
    run.epoch()  # it ends with numbers that are read, so the device has done all
    seconds = time.perf_counter() - start
    run.recorded = None
    return seconds / len(images)


def training_key(settings: VaeSettings, variant: Variant, digest: str, images: Tensor) -> str:
    """Return the key of a training: it changes with all that its weights depend on, code included.

    The kind of device is among it, whose random generator no other kind can take up, and how many
    images (N, P) there are, which is fewer than a variant asks for where the set has no more.
    """
    common = {
        **asdict(variant),
        "n_images": len(images),
        "device": images.device.type,
        "hidden_dim": settings.hidden_dim,
        "batch_size": settings.batch_size,
        "learning_rate": settings.learning_rate,
    }
    return settings_hash(common, digest, code_digest())


class _Run:
    """Everything that an epoch changes, so that it can be saved and taken up again."""

    def __init__(
        self, settings: VaeSettings, variant: Variant, images: Tensor, held_out: Tensor
    ) -> None:
        self.settings, self.variant = settings, variant
        self.images, self.held_out = images, held_out
        with torch.random.fork_rng(devices=[]):  # it is built on the CPU, wherever it trains
            torch.manual_seed(variant.seed)
            model = build(
                variant.architecture,
                variant.term,
                images.shape[1],
                settings.hidden_dim,
                variant.latent_dim,
            )
        self.model = model.to(images.device)
        on_gpu = images.device.type == "cuda"
        self.optimiser = torch.optim.Adam(
            self.model.parameters(), lr=settings.learning_rate, fused=True, capturable=on_gpu
        )
        # Steps beside the recording are meant: torch need not warn of them.
        vars(self.optimiser)["_warned_capturable_if_run_uncaptured"] = True
        self.generator = torch.Generator(images.device).manual_seed(variant.seed)
        self.curves: list[list[list[float]]] = []
        self.losses = torch.zeros(len(images), 3, device=images.device)
        self.recorded = RecordedStep(self.step, images.device) if on_gpu else None

    def epoch(self) -> None:
        """One pass over the images in a new order, then the held-out loss."""
        self.model.train()
        order = torch.randperm(
            len(self.images), generator=self.generator, device=self.images.device
        )
        step = self.recorded or self.step
        for number, rows in enumerate(order.split(self.settings.batch_size)):
            loss = step(rows, self._noise(len(rows)))
            if number % 100 == 0:  # reading a number waits for the device
                self._check(loss, order)
        train = self.losses.mean(dim=0)
        self._check(train[0], order)
        held_out = self._held_out_terms()
        if not all(map(math.isfinite, held_out)):
            raise JobFailed(
                f"vae: the held-out loss of {self.variant.name} is {held_out[0]} after epoch "
                f"{len(self.curves) + 1}. {self._remedy()}"
            )
        self.curves.append([train.tolist(), held_out])

    def step(self, rows: Tensor, noise: Tensor) -> Tensor:
        """Train on these rows (n,) with this noise (n, D); return their mean loss."""
        terms = self._terms(self.images[rows], noise)
        loss = terms[:, 0].mean()
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.losses[rows] = terms.detach()
        return loss.detach()

    def _noise(self, n_images: int) -> Tensor:
        """Draw the noise of a sample of z for each image, (N, D)."""
        noise = torch.empty(n_images, self.variant.latent_dim, device=self.images.device)
        return noise.normal_(generator=self.generator)

    def _terms(self, batch: Tensor, noise: Tensor) -> Tensor:
        """Loss, reconstruction and KL of each image, (N, 3), from one sample of z."""
        mean, log_variance = self.model.encode(batch)
        logits = self.model.logits(mean + torch.exp(0.5 * log_variance) * noise)
        error = self.model.term(logits, batch)
        kl = 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(dim=1)
        return torch.stack([error + self.variant.kl_weight * kl, error, kl], dim=1)

    @torch.no_grad()
    def _held_out_terms(self) -> list[float]:
        self.model.eval()
        batches = self.held_out.split(1000)
        parts = [self._terms(batch, self._noise(len(batch))) for batch in batches]
        return torch.cat(parts).mean(dim=0).tolist()

    def _check(self, loss: Tensor, order: Tensor) -> None:
        """Stop when a loss is no number, and find the step of this epoch where that began."""
        if math.isfinite(float(loss)):
            return
        begins = int((~self.losses[order, 0].isfinite()).int().argmax())
        raise JobFailed(
            f"vae: the loss of {self.variant.name} is {float(self.losses[order[begins], 0])} in "
            f"epoch {len(self.curves) + 1}, step {begins // self.settings.batch_size}. "
            f"{self._remedy()}"
        )

    def _remedy(self) -> str:
        return f"Try a smaller learning_rate than {self.settings.learning_rate}."

    def save(self, path: Path, key: str) -> None:
        """Put the state in its place in one step.

        Raises StoreUnwritable when the disk or the folder refuses.
        """
        state = {
            "key": key,
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "generator": self.generator.get_state(),
            "curves": self.curves,
            "losses": self.losses,
        }
        content = BytesIO()
        torch.save(state, content)
        # It is not read back: whoever takes it up does, and a damaged one costs a training alone.
        replace_file(path, content.getvalue(), check=lambda written: None)

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
        self.curves = state["curves"]
        self.losses.copy_(state["losses"])
