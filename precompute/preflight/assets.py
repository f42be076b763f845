"""What a run needs from outside: which models and images are here, and how to stage the rest."""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse

from precompute.data.filesystem import is_there
from precompute.settings import ClipSettings, Profile, VaeSettings, VitSettings

CONNECT_SECONDS = 3.0  # to find out whether a host can be reached at all
# Download sizes in megabytes, for the models and sets that a profile or the README names.
KNOWN_MEGABYTES = {
    "google/vit-base-patch16-224": 346,
    "ViT-B-32-quickgelu/openai": 605,
    "ViT-L-14-quickgelu/openai": 1710,
    "STL10": 2640,
    "OxfordIIITPet": 811,
}


@dataclass(frozen=True)
class Asset:
    """A model or a set of images that a study needs."""

    study: str
    name: str
    present: bool
    stage: str  # the command that brings it, on a machine with network
    fetch: Callable[[], object] | None = None  # None: only the user can bring it
    host: str = ""  # where fetch would go

    @property
    def size(self) -> str:
        """Size of the download in words."""
        megabytes = KNOWN_MEGABYTES.get(self.name)
        return f"about {megabytes} MB" if megabytes else "size unknown"


def list_assets(
    profile: Profile, studies: tuple[str, ...], data: Path, hub: Path | None = None
) -> list[Asset]:
    """Return what the studies need, here or not. Reads no model and opens no connection.

    hub: the hub's cache, where it is another than HF_HOME names.
    """
    assets: list[Asset] = []
    for study in studies:
        settings = profile.study(study)
        if isinstance(settings, ClipSettings) and settings.embeddings:
            there = Path(settings.embeddings).expanduser().is_file()
            stage = "give an .npz or a Parquet file that exists"
            assets.append(Asset(study, settings.embeddings, there, stage))
            continue
        assets.append(_images(study, settings.images, data))
        if isinstance(settings, VitSettings):
            assets.append(_vit_model(settings.model, hub))
        if isinstance(settings, ClipSettings):
            assets.append(_clip_model(settings, hub))
        assert isinstance(settings, VitSettings | VaeSettings | ClipSettings)
    return assets


def fetch_missing(assets: list[Asset]) -> list[tuple[Asset, str]]:
    """Download what is missing and can be reached; return what is still missing, and why."""
    refused: list[tuple[Asset, str]] = []
    for asset in assets:
        if asset.present:
            continue
        if asset.fetch is None:
            refused.append((asset, "not found"))
        elif not _reachable(asset.host):
            refused.append((asset, f"not in the cache, and {asset.host} cannot be reached"))
        else:
            try:
                asset.fetch()
            except Exception as error:  # a download can fail in any way; the run must not start
                refused.append((asset, f"download failed: {str(error).splitlines()[0]}"))
    return refused


def _images(study: str, source: str, data: Path) -> Asset:
    if source == "FashionMNIST":
        return Asset(study, "FashionMNIST (in this repository)", True, "")
    if source == "photographs":
        return Asset(study, "photographs (in scikit-image)", True, "")
    if source == "STL10":
        there = (data / "stl10_binary" / "test_X.bin").is_file()
        return _torchvision(study, source, there, data)
    if source == "OxfordIIITPet":
        there = (data / "oxford-iiit-pet" / "annotations" / "list.txt").is_file()
        return _torchvision(study, source, there, data)
    return Asset(study, source, is_there(source), "give a folder, .tar files or a URL that exist")


def _torchvision(study: str, name: str, present: bool, data: Path) -> Asset:
    from torchvision import (
        datasets,
    )  # here: it takes a second, and the other assets need none of it

    cls = getattr(datasets, name)
    url = cls.url if name == "STL10" else cls._RESOURCES[0][0]
    split = "" if name == "STL10" else ', target_types="segmentation"'
    stage = (
        f"python -c 'from torchvision.datasets import {name}; "
        f'{name}("{data}"{split}, download=True)\'; then copy that folder'
    )
    return Asset(
        study,
        name,
        present,
        stage,
        lambda: cls(str(data), download=True),  # checks torchvision's md5 of every archive
        urlparse(url).hostname or "",
    )


def _vit_model(model: str, hub: Path | None) -> Asset:
    if model == "embedded":
        return Asset("vit", "embedded ViT (in this repository)", True, "")
    if _is_folder(model):
        there = (Path(model).expanduser() / "config.json").is_file()
        return Asset("vit", model, there, "give a folder that save_pretrained wrote")
    return _hub("vit", model, model, "config.json", hub)


def _clip_model(settings: ClipSettings, hub: Path | None) -> Asset:
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
    return _hub("clip", name, repository, "open_clip_model.safetensors", hub)


def _hub(study: str, name: str, repository: str, marker: str, hub: Path | None) -> Asset:
    from huggingface_hub import constants, snapshot_download, try_to_load_from_cache

    stage = f"hf download {repository}; then copy that cache folder and set HF_HOME to it"
    return Asset(
        study,
        name,
        isinstance(try_to_load_from_cache(repository, marker, cache_dir=hub), str),
        stage,
        lambda: snapshot_download(
            repository, cache_dir=hub, allow_patterns=["*.json", "*.safetensors", "*.txt"]
        ),
        urlparse(constants.ENDPOINT).hostname or "",
    )


def _is_folder(model: str) -> bool:
    return Path(model).expanduser().is_dir() or model.startswith(("/", ".", "~"))


def _reachable(host: str) -> bool:
    """Tell whether a connection to the host opens; a proxy in the environment counts as one."""
    if os.environ.get("HF_HUB_OFFLINE") == "1":
        return False
    if os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy"):
        return True
    try:
        with socket.create_connection((host, 443), timeout=CONNECT_SECONDS):
            return True
    except OSError:
        return False
