"""Train the VAE with every image on the device: no worker processes, no copies per batch."""

import gc
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
from precompute.code_digest import code_digest
from precompute.errors import JobFailed
from precompute.vae.model.networks import Vae, build
from precompute.vae.settings import VaeSettings, Variant
from store.file.atomic import replace_file
from store.provenance import settings_hash
from store.schema.vae.names import FREE_BITS, NO_CURE, SPLITS, WARM_UP

N_GENERATIONS = 8  # pictures decoded after every epoch, from the same draws of the prior
TIMED_STEPS = 8  # of each architecture, when a run's time is estimated

# Called after each epoch with its training loss, and whether it is restored: run at another time.
Told = Callable[[float, bool], None]
UNRECORDED = 3  # steps that run as they are: libraries set themselves up, which no recording may

Step = Callable[..., Tensor]


@dataclass(frozen=True)
class Trained:
    """The model and its curves."""

    model: Vae
    # (epoch, split, term): SPLITS; terms are loss, reconstruction and KL
    curves: NDArray[np.float32]
    last_train_losses: NDArray[np.float32]  # (N,) per image, in the last epoch
    kl_by_latent: NDArray[np.float32]  # (epoch, D) nats, mean over the held-out images
    generations: NDArray[np.float32]  # (epoch, draw, P) decoded from the same draws of the prior

    def last(self, split: str) -> tuple[float, float, float]:
        """Return loss, reconstruction term and KL of a split in the last epoch."""
        loss, reconstruction, kl = map(float, self.curves[-1, SPLITS.index(split)])
        return loss, reconstruction, kl


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

    images: (N, P) in [0, 1], on the device that computes; the first ones are trained on. held_out:
    (M, P), likewise. folder: where the checkpoint lies; a kill costs one epoch. digest: of the
    images. told: called after each epoch, and at once for those that the checkpoint restores.
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
        torch.stack(run.kl_by_latent).numpy(),
        torch.stack(run.generations).numpy(),
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
        "batch_size": variant.batch_size or settings.batch_size,
        "learning_rate": variant.learning_rate or settings.learning_rate,
    }
    if variant.cure != NO_CURE:
        common |= {"warm_up_share": settings.warm_up_share, "free_nats": settings.free_nats}
    return settings_hash(common, digest, code_digest(__name__))


class _Run:
    """Everything that an epoch changes, so that it can be saved and taken up again."""

    def __init__(
        self, settings: VaeSettings, variant: Variant, images: Tensor, held_out: Tensor
    ) -> None:
        self.settings, self.variant = settings, variant
        self.batch_size = variant.batch_size or settings.batch_size
        self.learning_rate = variant.learning_rate or settings.learning_rate
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
            self.model.parameters(), lr=self.learning_rate, fused=True, capturable=on_gpu
        )
        # Steps beside the recording are meant: torch need not warn of them.
        vars(self.optimiser)["_warned_capturable_if_run_uncaptured"] = True
        self.generator = torch.Generator(images.device).manual_seed(variant.seed)
        self.curves: list[list[list[float]]] = []
        self.kl_by_latent: list[Tensor] = []
        self.generations: list[Tensor] = []
        self.losses = torch.zeros(len(images), 3, device=images.device)
        self.recorded = RecordedStep(self.step, images.device) if on_gpu else None

    def epoch(self) -> None:
        """One pass over the images in a new order, then the held-out loss."""
        self.model.train()
        order = torch.randperm(
            len(self.images), generator=self.generator, device=self.images.device
        )
        step = self.recorded or self.step
        batches = order.split(self.batch_size)
        weights = self._kl_weights(len(batches))
        for number, rows in enumerate(batches):
            loss = step(rows, self._noise(len(rows)), weights[number])
            if number % 100 == 0:  # reading a number waits for the device
                self._check(loss, order)
        train = self.losses.mean(dim=0)
        self._check(train[0], order)
        held_out = self._measure_held_out()
        if not all(map(math.isfinite, held_out)):
            raise JobFailed(
                f"vae: the held-out loss of {self.variant.name} is {held_out[0]} after epoch "
                f"{len(self.curves) + 1}. {self._remedy()}"
            )
        self.curves.append([train.tolist(), held_out])

    def step(self, rows: Tensor, noise: Tensor, kl_weight: Tensor) -> Tensor:
        """Train on these rows (n,) with this noise (n, D) and weight (); return their mean loss."""
        error, kl = self._terms(self.images[rows], noise)
        if self.variant.cure == FREE_BITS:  # Kingma et al. 2016: a latent may use this much
            counted = kl.mean(dim=0).clamp(min=self.settings.free_nats)
            loss = error.mean() + kl_weight * counted.sum()
        else:
            loss = (error + kl_weight * kl.sum(dim=1)).mean()
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.losses[rows] = self._losses(error.detach(), kl.detach())
        return loss.detach()

    def _kl_weights(self, n_steps: int) -> Tensor:
        """Return the weight of the KL in each step of the epoch, (n_steps,)."""
        weights = torch.full((n_steps,), self.variant.kl_weight)
        if self.variant.cure == WARM_UP:
            steps = len(self.curves) * n_steps + torch.arange(n_steps)
            grows_for = self.settings.warm_up_share * self.variant.epochs * n_steps
            weights *= (steps / grows_for).clamp(max=1)
        return weights.to(self.images.device)

    def _noise(self, n_images: int) -> Tensor:
        """Draw the noise of a sample of z for each image, (N, D)."""
        noise = torch.empty(n_images, self.variant.latent_dim, device=self.images.device)
        return noise.normal_(generator=self.generator)

    def _terms(self, batch: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Reconstruction term (N,) and KL of each latent (N, D), from one sample of z."""
        mean, log_variance = self.model.encode(batch)
        logits = self.model.logits(mean + torch.exp(0.5 * log_variance) * noise)
        error = self.model.term(logits, batch)
        return error, 0.5 * (mean.square() + log_variance.exp() - log_variance - 1)

    def _losses(self, error: Tensor, kl: Tensor) -> Tensor:
        """Loss with full weight, reconstruction and KL of each image: (N,), (N, D) -> (N, 3)."""
        kl = kl.sum(dim=1)
        return torch.stack([error + self.variant.kl_weight * kl, error, kl], dim=1)

    @torch.no_grad()
    def _measure_held_out(self) -> list[float]:
        """Measure the held-out images and draw from the prior; return loss, reconstruction, KL."""
        self.model.eval()
        batches = self.held_out.split(1000)
        errors, kl = zip(*(self._terms(one, self._noise(len(one))) for one in batches), strict=True)
        self.kl_by_latent.append(torch.cat(kl).mean(dim=0).cpu())
        draws = np.random.default_rng(self.variant.seed).standard_normal(
            (N_GENERATIONS, self.variant.latent_dim), np.float32
        )
        pictures = self.model.decode(torch.from_numpy(draws).to(self.images.device))
        self.generations.append(pictures.cpu())
        return self._losses(torch.cat(errors), torch.cat(kl)).mean(dim=0).tolist()

    def _check(self, loss: Tensor, order: Tensor) -> None:
        """Stop when a loss is no number, and find the step of this epoch where that began."""
        if math.isfinite(float(loss)):
            return
        begins = int((~self.losses[order, 0].isfinite()).int().argmax())
        raise JobFailed(
            f"vae: the loss of {self.variant.name} is {float(self.losses[order[begins], 0])} in "
            f"epoch {len(self.curves) + 1}, step {begins // self.batch_size}. "
            f"{self._remedy()}"
        )

    def _remedy(self) -> str:
        return f"Try a smaller learning_rate than {self.learning_rate}."

    def save(self, path: Path, key: str) -> None:
        """Put the state in its place in one step; StoreUnwritable where the disk refuses."""
        state = {
            "key": key,
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "generator": self.generator.get_state(),
            "curves": self.curves,
            "kl_by_latent": self.kl_by_latent,
            "generations": self.generations,
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
        self.kl_by_latent, self.generations = state["kl_by_latent"], state["generations"]
        self.losses.copy_(state["losses"])


class RecordedStep:
    """A step on one GPU: called like the step itself, it changes the model as that does.

    A step of this small model is some seventy kernels of a few microseconds, and starting them one
    by one from Python takes longer than running them. Recorded once as a CUDA graph, they are
    started together. They are the same kernels on the same places in memory, so the numbers are
    the same.

    All that varies from call to call must come in the tensors it is given. A batch of another size
    than the first, such as the last of an epoch, runs as it is.
    """

    def __init__(self, step: Step, device: torch.device) -> None:
        self._step, self._device = step, device
        self._stream = torch.cuda.Stream(device)  # to record takes one that is not the default
        self._inputs: tuple[Tensor, ...] = ()  # where the recording reads
        self._replay: Callable[[], Tensor] | None = None
        self._n_warm = 0

    def __call__(self, *inputs: Tensor) -> Tensor:
        """Do one step; its loss (scalar) is good until the next call."""
        if not self._inputs:
            self._inputs = tuple(values.clone() for values in inputs)
        if any(a.shape != b.shape for a, b in zip(inputs, self._inputs, strict=True)):
            return self._step(*inputs)
        if self._n_warm < UNRECORDED:
            self._n_warm += 1
            return self._beside(inputs)
        if self._replay is None:
            self._replay = self._recorded()
        for place, values in zip(self._inputs, inputs, strict=True):
            place.copy_(values)
        return self._replay()

    def _beside(self, inputs: tuple[Tensor, ...]) -> Tensor:
        """Do one step on the stream that will be recorded, so that nothing is tied to another."""
        current = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            loss = self._step(*inputs)
        current.wait_stream(self._stream)
        return loss

    def _recorded(self) -> Callable[[], Tensor]:
        """Record the step, which computes nothing yet, and return what replays it."""
        graph, stream = torch.cuda.CUDAGraph(), self._stream
        gc.collect()  # a graph that is freed during a recording spoils it
        try:
            # The stream is entered twice: torch does not leave it when a recording fails.
            with (
                torch.cuda.device(self._device),
                torch.cuda.stream(stream),
                torch.cuda.graph(graph, stream=stream),
            ):
                loss = self._step(*self._inputs)
        except RuntimeError as error:
            progress.console.print(
                f"  this GPU cannot record a training step ({_cause(error)}): each kernel is "
                f"started by itself, which takes about three times as long",
                style="yellow",
            )
            return lambda: self._step(*self._inputs)

        def replay() -> Tensor:
            graph.replay()
            return loss

        return replay


def _cause(error: BaseException) -> str:
    """Return the first line of what went wrong first: the end of a recording fails after it."""
    while error.__context__ is not None:
        error = error.__context__
    return str(error).splitlines()[0]
