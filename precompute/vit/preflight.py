"""What the ViT study needs from outside, how long it takes, and which images fit it."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from precompute.preflight.assets import Asset, hub_asset, images_asset, is_folder
from precompute.vit.settings import VitSettings

if TYPE_CHECKING:
    import torch

WHOLE = 3  # passes of each whole image: its label, random weights, every attribution
HEADS = 4  # of it and of its partner, trained and with random weights


def assets(settings: VitSettings, data: Path, hub: Path | None) -> list[Asset]:
    """Return the images and the checkpoint, here or not."""
    return [images_asset("vit", settings.images, data), _checkpoint(settings.model, hub)]


def _checkpoint(model: str, hub: Path | None) -> Asset:
    if model == "embedded":
        return Asset("vit", "embedded ViT (in this repository)", True, "")
    if is_folder(model):
        there = (Path(model).expanduser() / "config.json").is_file()
        return Asset("vit", model, there, "give a folder that save_pretrained wrote")
    return hub_asset("vit", model, model, "config.json", hub)


def estimate(settings: VitSettings, n_images: int, data: Path, device: "torch.device") -> str:
    """Time the classifier; every way to hide patches is a forward pass of each image.

    n_images: how many there are; the settings may ask for fewer. The region drop, the versions of
    shape and texture and the probes are counted whether they come with masks and classes or not.
    """
    import torch

    from precompute.preflight.runtime import time_batches
    from precompute.vit.masking.masks import count_masked
    from precompute.vit.masking.predict import MaskPlan, merge_ratios
    from precompute.vit.model.checkpoint import find_model
    from precompute.vit.model.classifier import load_classifier
    from precompute.vit.model.forward import forward_readout
    from precompute.vit.pipeline import RANKED
    from precompute.vit.probes.images import n_passes
    from store.schema.vit.names import DIRECTIONS, DROPPED, VERSIONS

    model = load_classifier(find_model(settings.model), device)
    shape = (model.preprocessor.n_channels, *model.preprocessor.size)
    settings = merge_ratios(settings, model.n_patches)
    n_masked = count_masked(settings.mask_ratios, model.n_patches)
    masks = int(MaskPlan(settings, n_masked, np.arange(0)).cells().sum())
    curves = len(RANKED) * len(DIRECTIONS) * len(n_masked)
    drops = len(DROPPED) * settings.n_seeds
    probes = n_passes(settings, n_images)
    n_images = min(settings.n_images or n_images, n_images)
    n_gallery = min(settings.n_gallery, n_images)
    versions = 2 * len(VERSIONS)  # each with its control
    n_forward = n_images * (WHOLE + HEADS + masks + curves + drops + versions) + n_gallery + probes
    return time_batches(
        "vit",
        n_forward,
        settings.batch_size,
        device,
        lambda n: forward_readout(model.network, torch.zeros(n, *shape, device=device), None),
    )


def unfit(settings: VitSettings) -> str:
    """Return nothing: every picture has a label by some model."""
    return ""


def warning(settings: VitSettings) -> str:
    """Say what the embedded model makes of the user's own images, where it is chosen."""
    if settings.model != "embedded":
        return ""
    return "The embedded ViT knows ten garments and calls every picture one. Give VIT=MODEL."
