"""What the CLIP study needs from outside, how long it takes, and which images fit it."""

from pathlib import Path
from typing import TYPE_CHECKING

from precompute.clip.settings import ClipSettings
from precompute.data.filesystem import open_source
from precompute.data.image_files import Picture, list_pictures, without_strays
from precompute.errors import InputError
from precompute.preflight.assets import Asset, hub_asset, images_asset

if TYPE_CHECKING:
    import torch


def assets(settings: ClipSettings, data: Path, hub: Path | None) -> list[Asset]:
    """Return the images and the model, here or not; or the file of embeddings in their place."""
    if settings.embeddings:
        there = Path(settings.embeddings).expanduser().is_file()
        stage = "give an .npz or a Parquet file that exists"
        return [Asset("clip", settings.embeddings, there, stage)]
    return [images_asset("clip", settings.images, data), _model(settings, hub)]


def _model(settings: ClipSettings, hub: Path | None) -> Asset:
    if settings.model == "embedded":
        return Asset("clip", "embedded CLIP (in this repository)", True, "")
    if settings.model.startswith("local-dir:"):
        folder = Path(settings.model.removeprefix("local-dir:")).expanduser()
        there = (folder / "open_clip_config.json").is_file()
        return Asset("clip", settings.model, there, "give a folder with open_clip_config.json")
    if settings.model.startswith("hf-hub:"):
        repository = settings.model.removeprefix("hf-hub:")
        fix = f"hf download {repository} --local-dir FOLDER; then choose CLIP=local-dir:FOLDER"
        return Asset("clip", settings.model, False, fix)
    from open_clip.pretrained import get_pretrained_cfg, list_pretrained_tags_by_model

    name = f"{settings.model}/{settings.pretrained}"
    config = get_pretrained_cfg(settings.model, settings.pretrained)
    if not config:
        tags = ", ".join(list_pretrained_tags_by_model(settings.model)) or "none"
        return Asset("clip", name, False, f"choose a pretrained tag that open_clip knows: {tags}")
    repository = config.get("hf_hub", "").strip("/")
    return hub_asset("clip", name, repository, "open_clip_model.safetensors", hub)


def estimate(settings: ClipSettings, n_images: int, data: Path, device: "torch.device") -> str:
    """Time a few batches of the image tower: prompts are few beside the images.

    n_images: how many there are; the settings may ask for fewer.
    """
    if settings.embeddings:
        return "clip: no model runs, the embeddings are given"
    from PIL import Image

    from precompute.clip.model.towers import find_model, load_model
    from precompute.preflight.runtime import time_batches

    model = load_model(find_model(settings), device, settings.precision)
    blank = model.preprocess(Image.new("RGB", (64, 64))).to(device)
    return time_batches(
        "clip",
        min(settings.n_images or n_images, n_images),
        settings.batch_size,
        device,
        lambda n: model.network.encode_image(blank.expand(n, *blank.shape)),
    )


def unfit(settings: ClipSettings) -> str:
    """Say why CLIP's claims have nothing to rest on; looks at names, decodes nothing.

    They need labels, and a model that met other words than ten garments.
    """
    if settings.model == "embedded":
        return "the embedded CLIP knows ten garments; CLIP=MODEL/TAG names another"
    if len(_labels(settings.images)) < 2:
        return "its claims need labels: one sub-folder per class, two at least"
    return ""


def warning(settings: ClipSettings) -> str:
    """Return nothing: what does not fit is left out."""
    return ""


def _labels(source: str) -> set[str]:
    """Return the class names of a source; none when a picture has no label."""
    try:
        entries = without_strays(list(list_pictures(*open_source(source))))
        listed = [entry for entry in entries if isinstance(entry, Picture)]
    except InputError:
        return set()  # the list of inputs says that it is missing
    labels = {picture.group for picture in listed}
    return set() if "" in labels else labels
