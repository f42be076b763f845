"""What the two training recipes share: pictures, schedule, and a checkpoint written whole."""

import math
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from precompute.data import fashion_mnist
from precompute.errors import JobFailed

OnStep = Callable[[int, int, str], None]  # step, total, note
MEAN, STD = 0.5, 0.5  # pixels in [0, 1] go to [-1, 1], so that mid-grey is 0
SHIFT = 2  # pixels; the largest shift of the augmentation


def normalise(pixels: NDArray[np.uint8]) -> Tensor:
    """Turn uint8 pixels (N, 28, 28) into float32 (N, 1, 28, 28) in [-1, 1]."""
    return (torch.from_numpy(pixels.copy()).float().div_(255) - MEAN).div_(STD).unsqueeze(1)


def augment(batch: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror half the pictures (N, 1, H, W), shift each by two pixels at most; hide nothing.

    No random erasing or patch dropping: the study measures what hiding patches does to a model
    that has never seen a hidden patch.
    """
    n_images, size = len(batch), batch.shape[-1]
    mirrored = torch.rand(n_images, generator=generator) < 0.5
    batch = torch.where(mirrored[:, None, None, None], batch.flip(-1), batch)
    padded = torch.nn.functional.pad(batch, [SHIFT] * 4, value=-MEAN / STD)
    shifts = torch.randint(0, 2 * SHIFT + 1, (2, n_images), generator=generator)
    rows = shifts[0][:, None] + torch.arange(size)
    columns = shifts[1][:, None] + torch.arange(size)
    images = torch.arange(n_images)[:, None, None]
    return padded[images, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def one_cycle(step: int, n_steps: int, peak: float, warm_share: float = 0.2) -> float:
    """Learning rate at a step: a linear rise to the peak, then half a cosine down to zero."""
    warm_steps = max(1, round(warm_share * n_steps))
    if step < warm_steps:
        return peak * (step + 1) / warm_steps
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warm_steps) / max(1, n_steps - warm_steps)))


def descend(optimiser: torch.optim.Optimizer, loss: Tensor, epoch: int, step: int) -> str:
    """Take one step down the loss (); return what there is to say of it. Counts from 0."""
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return f"epoch {epoch + 1}, loss {checked(loss, epoch + 1, step):.3f}"


def checked(loss: Tensor, epoch: int, step: int) -> float:
    """Return the loss () as a number, or stop when it is no longer one."""
    value = float(loss.detach())
    if not math.isfinite(value):
        raise JobFailed(f"loss is {value} in epoch {epoch}, step {step}: lower the peak rate.")
    return value


@torch.inference_mode()
def count_right(score: Callable[[Tensor], Tensor], device: torch.device) -> tuple[int, int]:
    """Count test images whose class has the highest score, and all of them.

    score: normalised pictures (B, 1, 28, 28) to (B, classes).
    """
    test = fashion_mnist.load("test")
    batches = normalise(test.images).split(500)
    predicted = torch.cat([score(batch.to(device)).argmax(1).cpu() for batch in batches])
    return int((predicted == torch.from_numpy(test.labels)).sum()), len(test.labels)


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Give a folder beside `out` to write to, and put it in its place when all went well."""
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        yield draft
        draft.chmod(0o755)
        old = draft.with_name(f"{draft.name}.old")
        if out.exists():
            out.rename(old)
        draft.rename(out)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
