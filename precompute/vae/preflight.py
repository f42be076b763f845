"""What the VAE study needs from outside, how long it takes, and which images fit it."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from precompute.preflight.assets import Asset, images_asset
from precompute.vae.settings import VaeSettings

if TYPE_CHECKING:
    import torch


def assets(settings: VaeSettings, data: Path, hub: Path | None) -> list[Asset]:
    """Return the images, here or not; the models are trained in the job."""
    return [images_asset("vae", settings.images, data)]


def estimate(settings: VaeSettings, n_images: int, data: Path, device: "torch.device") -> str:
    """Time some training steps of each architecture; every epoch of every VAE takes as long.

    Workers that train side by side take a part of the time.
    """
    from precompute.preflight.runtime import in_words
    from precompute.vae.settings import (
        collapse_points,
        first_epoch_points,
        own_model,
        seeds_of,
        sweep_points,
    )
    from precompute.vae.training.images import open_parts
    from precompute.vae.training.train import seconds_per_image

    train, _ = open_parts(settings, data)
    n_pixels = train.read(0).convert("L").size[0] ** 2
    swept = [
        one for point in sweep_points(settings) for one in seeds_of(point, settings.sweep_seeds)
    ]
    swept += [
        one
        for _, point in collapse_points(settings, n_pixels)
        for one in seeds_of(point, settings.collapse_seeds)
    ]
    seconds: dict[str, float] = {}
    n_trained_on: Counter[str] = Counter()  # images, one counted in every epoch of every model
    own = seeds_of(own_model(settings), settings.n_seeds)
    trained = dict.fromkeys([*own, *first_epoch_points(settings), *swept])  # each once
    for one in trained:
        n_trained_on[one.architecture] += one.epochs * min(one.n_train or len(train), len(train))
        if one.architecture not in seconds:
            seconds[one.architecture] = seconds_per_image(settings, one, n_pixels, device)
    total = sum(seconds[name] * n for name, n in n_trained_on.items())
    return (
        f"vae: {len(trained)} VAEs trained on {n_trained_on.total():,} images in all, "
        f"about {in_words(total)}"
    )


def unfit(settings: VaeSettings) -> str:
    """Say that it has its own images, whatever the user's."""
    return "it studies Fashion-MNIST, whatever the pictures"


def warning(settings: VaeSettings) -> str:
    """Return nothing: no model is chosen."""
    return ""
