"""Find, identify and load an image classifier: embedded, from a folder or from the hub's cache."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
from safetensors import SafetensorError
from torch import nn
from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModelForImageClassification,
    PretrainedConfig,
    PreTrainedModel,
)
from transformers.utils import logging as transformers_logging

from precompute.errors import InputError, JobFailed
from precompute.job import ModelIdentity
from precompute.vit.attention import ATTENTION_NAME, read_attention
from precompute.vit.preprocess import Preprocessor, wrap_processor
from precompute.worker import own_device

EMBEDDED = Path(__file__).resolve().parent.parent / "embedded" / "vit"


@dataclass(frozen=True)
class ModelFolder:
    """A checkpoint on disk, found but not loaded."""

    name: str  # "embedded/vit", the hub id, or the folder's name
    path: Path
    revision: str  # the hub's commit hash, or "folder"


@dataclass(frozen=True)
class ImageClassifier:
    """A ViT in evaluation mode without gradients, and what its tokens mean."""

    network: PreTrainedModel
    preprocessor: Preprocessor
    label_names: tuple[str, ...]
    grid: tuple[int, int]  # patches down, patches across
    patch_size_px: tuple[int, int]  # height, width
    n_prefix: int  # tokens before the patches: CLS, then registers or a distillation token
    found: ModelFolder  # where it was loaded from

    @property
    def n_patches(self) -> int:
        """Number of patches."""
        return self.grid[0] * self.grid[1]

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""
        return self.network.device

    def __reduce__(self) -> tuple[Callable[[ModelFolder], "ImageClassifier"], tuple[ModelFolder]]:
        """Travel to a worker as a path, and be loaded there on the worker's own device."""
        return load_on_worker, (self.found,)


def find_model(model: str) -> ModelFolder:
    """Find a checkpoint by "embedded", folder or hub id, without network.

    Raises InputError when it is not here or its weights are no safetensors.
    """
    given = Path(model).expanduser()
    if model == "embedded":
        found = ModelFolder("embedded/vit", EMBEDDED, "folder")
    elif given.is_dir():
        found = ModelFolder(given.resolve().name, given, "folder")
    else:
        try:
            path = Path(snapshot_download(model, local_files_only=True))
        except (LocalEntryNotFoundError, HFValidationError):
            raise InputError(
                f"{model}: no such folder, and not in the hub's cache. "
                f"`python -m precompute check` says how to stage it."
            ) from None
        found = ModelFolder(model, path, path.name)
    for needed in ("config.json", "preprocessor_config.json"):
        if not (found.path / needed).is_file():
            raise InputError(
                f"{found.name}: {needed} is missing. Save the model with save_pretrained."
            )
    if not _weights(found.path):
        raise InputError(f"{found.name}: no *.safetensors. Save the model with save_pretrained.")
    return found


def identify(found: ModelFolder) -> ModelIdentity:
    """Return the checkpoint's identity; reads its bytes, loads no weights."""
    digest = hashlib.sha256()
    for file in _weights(found.path):
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    preprocessor = _load_preprocessor(found, _load_config(found))
    return ModelIdentity(found.name, found.revision, digest.hexdigest(), preprocessor.record())


def read_label_names(found: ModelFolder) -> tuple[str, ...]:
    """Return the model's label names, by label index."""
    return _label_names(_load_config(found))


def load_classifier(found: ModelFolder, device: torch.device) -> ImageClassifier:
    """Load a checkpoint and check with one empty image that its CLS attention can be read.

    Raises InputError when weights are missing or the model is not a ViT with a CLS token.
    """
    config = _load_config(found)
    network = _load_network(found).requires_grad_(False).eval()
    nn.Module.to(network, device)  # transformers' own `to` is typed wrongly
    preprocessor = _load_preprocessor(found, config)
    grid, patch, n_prefix = _token_layout(network, preprocessor.size, found.name)
    names = _label_names(config)
    return ImageClassifier(network, preprocessor, names, grid, patch, n_prefix, found)


@lru_cache(maxsize=1)
def load_on_worker(found: ModelFolder) -> ImageClassifier:
    """Load a checkpoint once in a process that computes shards."""
    return load_classifier(found, own_device())


def _load_network(found: ModelFolder) -> PreTrainedModel:
    try:
        with _no_loading_bar():
            network, report = AutoModelForImageClassification.from_pretrained(
                found.path,
                attn_implementation=ATTENTION_NAME,
                dtype=torch.float32,
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
            )
    except (ValueError, OSError, SafetensorError) as error:
        raise InputError(f"{found.name}: cannot be loaded: {str(error).splitlines()[0]}") from error
    absent = sorted(str(key) for key in (*report["missing_keys"], *report["mismatched_keys"]))
    if absent:  # transformers would draw them at random and only warn
        raise InputError(
            f"{found.name}: {len(absent)} weights are missing, first {absent[0]}. "
            f"Give a checkpoint that was trained as an image classifier."
        )
    return network


def _token_layout(
    network: PreTrainedModel, size: tuple[int, int], name: str
) -> tuple[tuple[int, int], tuple[int, int], int]:
    """Return patch grid, patch size and number of tokens before the patches, by one empty image."""
    tall, wide = _pair(network.config.patch_size)
    if size[0] % tall or size[1] % wide:
        raise InputError(f"{name}: its {size} input is no whole number of {(tall, wide)} patches.")
    grid = (size[0] // tall, size[1] // wide)
    empty = torch.zeros(1, network.config.num_channels, *size, device=network.device)
    try:
        with torch.inference_mode():
            n_tokens = read_attention(network, empty).cls_rows.shape[-1]
    except (JobFailed, ValueError) as error:  # ValueError: the model refuses the processor's size
        raise InputError(f"{name}: its CLS attention cannot be read: {error}") from error
    n_prefix = n_tokens - grid[0] * grid[1]
    if n_prefix < 1:
        raise InputError(f"{name}: {n_tokens} tokens for a {grid} grid, so it has no CLS token.")
    return grid, (tall, wide), n_prefix


def _pair(size: int | list[int] | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))


def _weights(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors"))


def _load_config(found: ModelFolder) -> PretrainedConfig:
    config = AutoConfig.from_pretrained(found.path, local_files_only=True)
    for needed in ("patch_size", "num_channels", "num_hidden_layers"):
        if not hasattr(config, needed):
            raise InputError(f"{found.name}: config.json has no {needed}; is it a ViT?")
    return config


def _load_preprocessor(found: ModelFolder, config: PretrainedConfig) -> Preprocessor:
    processor = AutoImageProcessor.from_pretrained(found.path, local_files_only=True)
    return wrap_processor(processor, config.num_channels)


def _label_names(config: PretrainedConfig) -> tuple[str, ...]:
    names = {int(index): str(name) for index, name in (config.id2label or {}).items()}
    return tuple(names[index] for index in sorted(names))


@contextmanager
def _no_loading_bar() -> Iterator[None]:
    """Silence transformers' own bar: loading takes a second."""
    shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            transformers_logging.enable_progress_bar()
