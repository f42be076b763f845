"""Find and identify a checkpoint: embedded, from a folder or from the hub's cache."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
from transformers import AutoConfig, AutoImageProcessor, PretrainedConfig

from precompute.errors import InputError
from precompute.job import ModelIdentity
from precompute.vit.model.forward import vision_config
from precompute.vit.model.preprocess import Preprocessor, wrap_processor

SOURCE = "SOURCE.txt"  # in a folder: one line that says where its weights come from
SAVED_BY = {"config.json": "model", "preprocessor_config.json": "image processor"}
REMEDY = "Give a ViT that save_pretrained wrote."
EMBEDDED = Path(__file__).resolve().parents[2] / "embedded" / "vit"


@dataclass(frozen=True)
class ModelFolder:
    """A checkpoint on disk, found but not loaded."""

    name: str  # "embedded/vit", the hub id, or the folder's name
    path: Path
    revision: str  # the hub's commit hash, the folder's SOURCE.txt, or "folder"


def find_model(model: str) -> ModelFolder:
    """Find a checkpoint by "embedded", folder or hub id, without network.

    Raises InputError when it is not here or its weights are no safetensors.
    """
    given = Path(model).expanduser()
    if model == "embedded":
        found = ModelFolder("embedded/vit", EMBEDDED, "folder")
    elif given.is_dir():
        source = given / SOURCE
        revision = source.read_text(encoding="utf-8").strip() if source.is_file() else "folder"
        found = ModelFolder(given.resolve().name, given, revision)
    else:
        try:
            path = Path(snapshot_download(model, local_files_only=True))
        except (LocalEntryNotFoundError, HFValidationError):
            raise InputError(
                f"{model}: no such folder, and not in the hub's cache. "
                f"`python -m precompute check` says how to stage it."
            ) from None
        found = ModelFolder(model, path, path.name)
    for needed, saved in SAVED_BY.items():
        if not (found.path / needed).is_file():
            raise InputError(
                f"{found.name}: {needed} is missing. Save the {saved} with save_pretrained."
            )
    if not _weights(found.path):
        raise InputError(f"{found.name}: no *.safetensors. Save the model with save_pretrained.")
    return found


def identify(found: ModelFolder) -> ModelIdentity:
    """Return the checkpoint's identity; reads its bytes, loads no weights.

    Its settings count as its weights do: others read the same pictures in another way.
    """
    digest = hashlib.sha256()
    for file in (*_weights(found.path), *sorted(found.path.glob("*.json"))):
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    preprocessor = load_preprocessor(found, load_config(found))
    return ModelIdentity(found.name, found.revision, digest.hexdigest(), preprocessor.record())


def read_label_names(found: ModelFolder) -> tuple[str, ...]:
    """Return the model's label names, by label index; none where it has no classifier."""
    return label_names(load_config(found))


def has_classifier(config: PretrainedConfig) -> bool:
    """Tell whether the checkpoint was saved with a classifier; one that does not say has one."""
    saved_as = config.architectures or ["ForImageClassification"]
    return "ForImageClassification" in saved_as[0]


def _weights(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors"))


def load_config(found: ModelFolder) -> PretrainedConfig:
    """Return the checkpoint's settings, or refuse those of no ViT."""
    with refused(found.name, "config.json cannot be read", REMEDY):
        config = AutoConfig.from_pretrained(found.path, local_files_only=True)
    for needed in ("patch_size", "num_channels", "num_hidden_layers"):
        if not hasattr(vision_config(config), needed):
            raise InputError(f"{found.name}: config.json has no {needed}; is it a ViT?")
    return config


def load_preprocessor(found: ModelFolder, config: PretrainedConfig) -> Preprocessor:
    """Return the checkpoint's own image processor."""
    with refused(found.name, "preprocessor_config.json cannot be used", REMEDY):
        processor = AutoImageProcessor.from_pretrained(found.path, local_files_only=True)
        return wrap_processor(processor, vision_config(config).num_channels)


@contextmanager
def refused(name: str, fact: str, remedy: str) -> Iterator[None]:
    """Turn whatever transformers fails with, on files or a family new to it, into an InputError."""
    try:
        yield
    except (InputError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # KeyError, AttributeError and others, by what the family lacks
        line = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
        raise InputError(f"{name}: {fact}: {line}. {remedy}") from error


def label_names(config: PretrainedConfig) -> tuple[str, ...]:
    """Return the label names, by label index; none where there is no classifier."""
    if not has_classifier(config):
        return ()
    names = {int(index): str(name) for index, name in (config.id2label or {}).items()}
    return tuple(names[index] for index in sorted(names))
