"""How long a run will take on this device and what memory it needs, from one timed batch."""

import resource
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from precompute.settings import ClipSettings, Profile, VaeSettings, VitSettings

TIMED_BATCH = 8  # images; a CPU's memory and patience
N_TIMED = 3  # batches, the fastest of which counts: whatever else runs makes the others slower
SECONDS_PER_HOUR = 3600
WHOLE = 3  # passes of each whole image: its label, random weights, every attribution


@dataclass(frozen=True)
class Estimate:
    """The model's own time; reading pictures, statistics and the store come on top."""

    study: str
    n_forward: int  # images through the model, masked ones counted each
    seconds: float
    gigabytes: float  # highest memory of the device (of this process, on a CPU)
    batch: int  # at which it was measured

    def __str__(self) -> str:
        return (
            f"{self.study}: {self.n_forward:,} images through the model, "
            f"about {_in_words(self.seconds)}; "
            f"{self.gigabytes:.1f} GB with batches of {self.batch}"
        )


@dataclass(frozen=True)
class TrainingEstimate:
    """The VAEs' training; measuring them, statistics and the store come on top."""

    n_models: int
    n_images: int  # trained on, an image counted in every epoch of every model
    seconds: float

    def __str__(self) -> str:
        return (
            f"vae: {self.n_models} VAEs trained on {self.n_images:,} images in all, "
            f"about {_in_words(self.seconds)}"
        )


def estimate_vae(settings: VaeSettings, data: Path, device: torch.device) -> TrainingEstimate:
    """Time some training steps of each architecture; every epoch of every VAE takes as long.

    data: where data sets are staged. Workers that train side by side take a part of the time.
    """
    from precompute.vae.training.images import open_parts
    from precompute.vae.training.train import seconds_per_image
    from precompute.vae.training.variants import own_model, seeds_of, sweep_points

    train, _ = open_parts(settings, data)
    n_pixels = train.read(0).convert("L").size[0] ** 2
    swept = [
        one for point in sweep_points(settings) for one in seeds_of(point, settings.sweep_seeds)
    ]
    seconds: dict[str, float] = {}
    n_images: Counter[str] = Counter()
    trained = dict.fromkeys([own_model(settings), *swept])  # one that is both is trained once
    for one in trained:
        n_images[one.architecture] += one.epochs * min(one.n_train or len(train), len(train))
        if one.architecture not in seconds:
            seconds[one.architecture] = seconds_per_image(settings, one, n_pixels, device)
    total = sum(seconds[name] * n for name, n in n_images.items())
    return TrainingEstimate(len(trained), n_images.total(), total)


def estimate_vit(settings: VitSettings, n_all: int, device: torch.device) -> Estimate:
    """Time the classifier; every way to hide patches is a forward pass of each image.

    n_all: images that there are; the settings may ask for fewer. The region drop is counted whether
    they come with regions or not.
    """
    from precompute.vit.masking.masks import count_masked
    from precompute.vit.masking.predict import MaskPlan, merge_ratios
    from precompute.vit.model.checkpoint import find_model
    from precompute.vit.model.classifier import load_classifier
    from precompute.vit.model.forward import forward_readout
    from precompute.vit.pipeline import RANKED
    from store.schema.vit.names import DIRECTIONS, DROPPED

    model = load_classifier(find_model(settings.model), device)
    shape = (model.preprocessor.n_channels, *model.preprocessor.size)
    settings = merge_ratios(settings, model.n_patches)
    n_masked = count_masked(settings.mask_ratios, model.n_patches)
    masks = int(MaskPlan(settings, n_masked, np.arange(0)).cells().sum())
    curves = len(RANKED) * len(DIRECTIONS) * len(n_masked)
    drops = len(DROPPED) * settings.n_seeds
    n_images = min(settings.n_images or n_all, n_all)
    n_gallery = min(settings.n_gallery, n_images)
    n_forward = n_images * (WHOLE + masks + curves + drops) + n_gallery
    return _timed(
        "vit",
        n_forward,
        settings.batch_size,
        device,
        lambda n: forward_readout(model.network, torch.zeros(n, *shape, device=device), None),
    )


def estimate_clip(settings: ClipSettings, n_all: int, device: torch.device) -> Estimate:
    """Time the image tower: prompts are few beside the images.

    n_all: images that there are; the settings may ask for fewer.
    """
    from PIL import Image

    from precompute.clip.model.towers import find_model, load_model

    model = load_model(find_model(settings), device, settings.precision)
    blank = model.preprocess(Image.new("RGB", (64, 64))).to(device)
    return _timed(
        "clip",
        min(settings.n_images or n_all, n_all),
        settings.batch_size,
        device,
        lambda n: model.network.encode_image(blank.expand(n, *blank.shape)),
    )


@torch.inference_mode()
def _timed(
    study: str, n_forward: int, batch: int, device: torch.device, forward: Callable[[int], object]
) -> Estimate:
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
    return Estimate(study, n_forward, seconds, _peak_bytes(device) / 1e9, batch)


def _in_words(seconds: float) -> str:
    hours = seconds / SECONDS_PER_HOUR
    return f"{hours:.1f} h" if hours >= 1 else f"{max(seconds, 1):.0f} s"


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _peak_bytes(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def estimates(
    profile: Profile, n_images: Mapping[str, int], data: Path, device: torch.device
) -> list[str]:
    """Return a line per study.

    n_images: how many images each study's source holds. data: where data sets are staged.
    """
    lines = []
    for study, n_all in n_images.items():
        try:
            if study == "vit":
                lines.append(str(estimate_vit(profile.vit, n_all, device)))
            if study == "vae":
                lines.append(str(estimate_vae(profile.vae, data, device)))
            if study == "clip" and profile.clip.embeddings:
                lines.append("clip: no model runs, the embeddings are given")
            elif study == "clip":
                lines.append(str(estimate_clip(profile.clip, n_all, device)))
        except torch.OutOfMemoryError:
            lines.append(f"{study}: a whole batch does not fit this device; the run halves it")
    return lines
