"""Find and identify a checkpoint: embedded, from a folder or from the hub's cache."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
from transformers import CONFIG_MAPPING, AutoImageProcessor, PretrainedConfig

from precompute.data.filesystem import sha256_of_all
from precompute.errors import InputError
from precompute.job import ModelIdentity
from precompute.preflight.model_files import copied, read_settings, refuse_pickles
from precompute.vit.model.forward import vision_config
from precompute.vit.model.preprocess import Preprocessor, wrap_processor

SOURCE = "SOURCE.txt"  # in a folder: one line that says where its weights come from
CONFIG, PROCESSOR, INDEX = "config.json", "preprocessor_config.json", "model.safetensors.index.json"
SAVED_BY = {CONFIG: "model", PROCESSOR: "image processor"}
REMEDY = "Give a ViT that save_pretrained wrote."
TIMM = "timm_wrapper"
# Of config.json: these, and what the family's own class declares beside what all models have.
COMMON_FIELDS = {"architectures", "id2label", "label2id", "problem_type", "num_labels"}
PROCESSOR_FIELDS = {"image_processor_type", "feature_extractor_type", "do_resize", "size"}
PROCESSOR_FIELDS |= {"resample", "do_center_crop", "crop_size", "crop_pct", "do_rescale"}
PROCESSOR_FIELDS |= {"rescale_factor", "do_normalize", "image_mean", "image_std", "do_pad"}
PROCESSOR_FIELDS |= {"do_convert_rgb", "offset", "size_divisor", "default_to_square"}
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
        folder = ModelFolder("embedded/vit", EMBEDDED, "folder")
    elif given.is_dir():
        source = given / SOURCE
        revision = source.read_text(encoding="utf-8").strip() if source.is_file() else "folder"
        folder = ModelFolder(given.resolve().name, given, revision)
    else:
        try:
            path = Path(snapshot_download(model, local_files_only=True))
        except (LocalEntryNotFoundError, HFValidationError):
            raise InputError(
                f"{model}: no such folder, and not in the hub's cache. "
                f"`python -m precompute check` says how to stage it."
            ) from None
        folder = ModelFolder(model, path, path.name)
    for needed, saved in SAVED_BY.items():
        if not (folder.path / needed).is_file():
            raise InputError(
                f"{folder.name}: {needed} is missing. Save the {saved} with save_pretrained."
            )
    if not _weights(folder.path):
        refuse_pickles(folder.path, folder.name, "model.safetensors")
    return folder


def identify(folder: ModelFolder) -> ModelIdentity:
    """Return the checkpoint's identity; reads its bytes, loads no weights.

    Its settings count as its weights do: others read the same pictures in another way.
    """
    digest = sha256_of_all((*_weights(folder.path), *sorted(folder.path.glob("*.json"))))
    preprocessor = load_preprocessor(folder, load_config(folder))
    return ModelIdentity(folder.name, folder.revision, digest, preprocessor.record())


def has_classifier(config: PretrainedConfig) -> bool:
    """Tell whether the checkpoint was saved with a classifier; one that does not say has one."""
    saved_as = config.architectures or ["ForImageClassification"]
    return "ForImageClassification" in saved_as[0]


def _weights(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors"))


def load_config(folder: ModelFolder) -> PretrainedConfig:
    """Return the checkpoint's settings, or refuse those of no ViT."""
    given = read_settings(folder.path / CONFIG, folder.name)
    family = str(given.get("model_type"))
    if family not in CONFIG_MAPPING or family == TIMM:
        why = "timm keeps its attention to itself" if family == TIMM else "transformers has no such"
        raise InputError(f"{folder.name}: {CONFIG} has model_type {family!r}: {why}. {REMEDY}")
    with refused(folder.name, f"{CONFIG} cannot be read", REMEDY):
        config = CONFIG_MAPPING[family].from_dict(_declared(given, CONFIG_MAPPING[family]))
    for needed in ("patch_size", "num_channels", "num_hidden_layers"):
        if not hasattr(vision_config(config), needed):
            raise InputError(f"{folder.name}: {CONFIG} has no {needed}; is it a ViT?")
    return config


def _declared(given: dict[str, Any], family: type[PretrainedConfig]) -> dict[str, Any]:
    """Return the settings that a family's own class declares; what loads other models is left out.

    Beside them all classes share fields that name code, kernels, quantisers and files.
    """
    own = {field.name for field in fields(family)}
    own -= {field.name for field in fields(PretrainedConfig)}
    known = {name for name in own if "backbone" not in name} | COMMON_FIELDS
    values = {name: value for name, value in given.items() if name in known}
    for name, part in cast(dict[str, Any], family.sub_configs).items():  # a property of the class
        inner = values.pop(name, None)
        if isinstance(inner, dict) and isinstance(part, type):
            values[name] = _declared(inner, part)
    return values


def load_preprocessor(folder: ModelFolder, config: PretrainedConfig) -> Preprocessor:
    """Return the checkpoint's own image processor."""
    given = read_settings(folder.path / PROCESSOR, folder.name)
    known = {name: value for name, value in given.items() if name in PROCESSOR_FIELDS}
    with refused(folder.name, f"{PROCESSOR} cannot be used", REMEDY):
        with copied({PROCESSOR: known}, ()) as copy:
            processor = AutoImageProcessor.from_pretrained(
                copy,
                config=None if "image_processor_type" in known else config,  # the family's own
                local_files_only=True,
                trust_remote_code=False,
            )
        return wrap_processor(processor, vision_config(config).num_channels)


@contextmanager
def readable_weights(folder: ModelFolder) -> Iterator[Path]:
    """Yield a folder with the checkpoint's safetensors, and their index if it has one, alone."""
    weights = _weights(folder.path)
    settings = {}
    if (folder.path / INDEX).is_file():
        index = read_settings(folder.path / INDEX, folder.name)
        here = [file.name for file in weights]
        named = index.get("weight_map")
        if not isinstance(named, dict) or not all(name in here for name in named.values()):
            raise InputError(
                f"{folder.name}: {INDEX} names a file that is no .safetensors of this folder. "
                f"Save the model again."
            )
        settings[INDEX] = {"metadata": {}, "weight_map": named}
    with copied(settings, weights) as copy:
        yield copy


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
