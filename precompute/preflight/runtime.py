"""How long a run will take on this device and what memory it needs, from one timed batch."""

import resource
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from precompute.settings import Profile
from precompute.study import preflight_of

TIMED_BATCH = 8  # images; a CPU's memory and patience
N_TIMED = 3  # batches, the fastest of which counts: whatever else runs makes the others slower
SECONDS_PER_HOUR = 3600


@torch.inference_mode()
def time_batches(
    study: str, n_forward: int, batch: int, device: torch.device, forward: Callable[[int], object]
) -> str:
    """Say how long n_forward images take, by timing forward on whole batches, and what memory.

    It is the model's own time: reading pictures, statistics and the store come on top. Memory is
    the device's highest, or this process's on a CPU.
    """
    batch = batch if device.type == "cuda" else min(batch, TIMED_BATCH)
    forward(batch)  # the first call also sets up
    _wait(device)
    taken = []
    for _ in range(N_TIMED):
        start = time.perf_counter()
        forward(batch)
        _wait(device)
        taken.append(time.perf_counter() - start)
    seconds = min(taken) / batch * n_forward
    if device.type == "cuda":
        n_bytes = torch.cuda.max_memory_allocated(device)
    else:
        n_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return (
        f"{study}: {n_forward:,} images through the model, about {in_words(seconds)}; "
        f"{n_bytes / 1e9:.1f} GB with batches of {batch}"
    )


def in_words(seconds: float) -> str:
    """Return a duration as a reader takes it in."""
    hours = seconds / SECONDS_PER_HOUR
    return f"{hours:.1f} h" if hours >= 1 else f"{max(seconds, 1):.0f} s"


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def estimates(
    profile: Profile, n_images: Mapping[str, int], data: Path, device: torch.device
) -> list[str]:
    """Return a line per study; n_images: how many images each study's source holds."""
    lines = []
    for study, n_all in n_images.items():
        try:
            lines.append(preflight_of(study).estimate(profile.study(study), n_all, data, device))
        except torch.OutOfMemoryError:
            lines.append(f"{study}: a whole batch does not fit this device; the run halves it")
    return lines
