"""Find, identify and load a CLIP model through open_clip's own loaders."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip import CLIP, CustomTextCLIP
from open_clip.pretrained import (
    download_pretrained,
    get_pretrained_cfg,
    list_pretrained_models_by_tag,
)
from open_clip.tokenizer import SimpleTokenizer
from open_clip.transformer import QuickGELU
from PIL import Image
from safetensors import SafetensorError
from torch import Tensor

from precompute.clip.model.batch_preprocess import BatchPreprocess, batch_preprocess
from precompute.clip.model.quick_gelu import WITH, WITHOUT, trained_in_folder, trained_with_it
from precompute.compute.process import own_device
from precompute.errors import InputError
from precompute.job import ModelIdentity
from precompute.settings import ClipSettings

EMBEDDED = Path(__file__).resolve().parents[2] / "embedded" / "clip"
FOLDER = "local-dir:"  # open_clip's own prefix
CONFIG, WEIGHTS = "open_clip_config.json", "open_clip_model.safetensors"
STAGE = "`python -m precompute check` says how to stage it."


@dataclass(frozen=True)
class FoundModel:
    """A checkpoint on disk, found but not loaded."""

    name: str  # "embedded/clip", "ViT-B-32-quickgelu/openai" or the folder's name
    open_clip_name: str  # what open_clip calls it: a model name or local-dir:FOLDER
    tag: str  # open_clip's tag of the weights; for a folder what the settings say they are
    weights: Path
    revision: str  # the hub's commit hash, or "folder"
    quick_gelu: bool | None  # whether the weights were trained with it; None where it is unknown


@dataclass(frozen=True)
class ClipModel:
    """An image tower and a text tower, in evaluation mode without gradients."""

    network: CLIP | CustomTextCLIP
    preprocess: Callable[[Image.Image], Tensor]  # picture -> (3, H, W), as the model wants it
    tokenize: Callable[[list[str]], Tensor]  # prompts -> (n, context_length)
    device: torch.device
    found: FoundModel  # where it was loaded from
    precision: str  # of the towers' products: "float32" or "float16"

    @property
    def logit_scale(self) -> float:
        """What the model multiplies cosines by before the softmax."""
        return float(self.network.logit_scale.detach().exp())

    @property
    def quick_gelu(self) -> bool:
        """Whether the network was built with QuickGELU, as openai's weights need."""
        return any(isinstance(module, QuickGELU) for module in self.network.modules())

    def __reduce__(self) -> tuple[Callable[[FoundModel, str], "ClipModel"], tuple[FoundModel, str]]:
        """Travel to a worker as a path, and be loaded there on the worker's own device."""
        return load_on_worker, (self.found, self.precision)

    @property
    def batch_preprocess(self) -> BatchPreprocess | None:
        """The same preprocessing for a batch of pixels of one size; None where it is not usual."""
        return batch_preprocess(open_clip.get_model_preprocess_cfg(self.network))

    def preprocessing(self, seen_class_names: bool) -> dict[str, Any]:
        """Return what provenance must keep to embed an image or a prompt in the same way."""
        settings = open_clip.get_model_preprocess_cfg(self.network)
        plain = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in settings.items()
        }
        return {
            **plain,
            "logit_scale": self.logit_scale,
            "quick_gelu": self.quick_gelu,
            "tokenizer": type(self.tokenize).__name__,
            "seen_class_names": seen_class_names,
        }


def find_model(settings: ClipSettings) -> FoundModel:
    """Find a checkpoint by "embedded", open_clip name and tag, or "local-dir:FOLDER".

    Raises:
        InputError: it is not here, or name and tag do not go together.
    """
    if settings.model == "embedded" or settings.model.startswith(FOLDER):
        return _find_folder(settings.model, settings.pretrained)
    return _find_tag(settings.model, settings.pretrained)


def _find_folder(model: str, tag: str) -> FoundModel:
    embedded = model == "embedded"
    if tag and (embedded or not list_pretrained_models_by_tag(tag)):
        raise InputError(
            f"[clip] pretrained is {tag!r}, but {model} brings its own weights: leave it empty, or "
            f"for a folder give the open_clip tag that they were published under."
        )
    folder = EMBEDDED if embedded else Path(model.removeprefix(FOLDER)).expanduser()
    name = "embedded/clip" if embedded else folder.resolve().name
    for needed in (CONFIG, WEIGHTS):  # without weights open_clip would only warn and draw them
        if not (folder / needed).is_file():
            fix = "`python -m precompute train clip` makes it" if embedded else "Add it"
            raise InputError(f"{name}: {needed} is missing. {fix}, or choose another model.")
    return FoundModel(
        name,
        f"{FOLDER}{folder}",
        "",
        folder / WEIGHTS,
        "folder",
        trained_in_folder(folder / CONFIG, tag) if tag else None,
    )


def _find_tag(model: str, tag: str) -> FoundModel:
    config = open_clip.get_model_config(model)
    if config is None:
        raise InputError(
            f"[clip] model {model!r} is not known to open_clip. Use 'embedded', 'local-dir:FOLDER' "
            f"or a name from open_clip.list_models()."
        )
    known = get_pretrained_cfg(model, tag)
    if not known:
        tags = open_clip.list_pretrained_tags_by_model(model) if tag else []
        raise InputError(
            f"[clip] pretrained {tag!r} is no tag of {model}. Known: {', '.join(tags) or 'none'}."
        )
    trained = trained_with_it(model, tag)
    if trained and not config.get("quick_gelu", False):
        raise InputError(f'[clip] {model}/{tag}: {WITHOUT} Use model = "{model}-quickgelu".')
    try:
        weights = Path(download_pretrained(known))  # from the cache where it is staged
    except Exception as error:  # a download can fail in any way; the run must not start
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{model}/{tag}: weights not found: {reason}. {STAGE}") from error
    revision = weights.parent.name if "snapshots" in weights.parts else tag
    return FoundModel(f"{model}/{tag}", model, tag, weights, revision, trained)


def identify(found: FoundModel) -> ModelIdentity:
    """Return the checkpoint's identity; reads its bytes, loads no weights.

    What only the loaded model knows (logit scale, QuickGELU) is added by the run.
    """
    with found.weights.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return ModelIdentity(found.name, found.revision, digest, {})


def load_model(found: FoundModel, device: torch.device, precision: str = "float32") -> ClipModel:
    """Load a checkpoint in float32, with its own preprocessing and tokenizer.

    Raises:
        InputError: open_clip cannot load it, or its weights met the wrong activation.
    """
    try:
        loaded: Any = open_clip.create_model_from_pretrained(  # its types are wider than its values
            found.open_clip_name, found.tag or None, precision="fp32", device=device
        )
        network, preprocess = loaded
        tokenizer = open_clip.get_tokenizer(found.open_clip_name)
    except (ValueError, RuntimeError, OSError, KeyError, TypeError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"{found.name}: open_clip cannot load it: {reason}") from error
    network = network.requires_grad_(False).eval()
    model = ClipModel(network, preprocess, tokenizer, device, found, precision)
    trained = found.quick_gelu
    if trained is not None and model.quick_gelu != trained:
        raise InputError(
            f"{found.name}: {WITHOUT if trained else WITH} "
            f'Set "quick_gelu": {str(trained).lower()} in model_cfg of its {CONFIG}.'
        )
    return model


@lru_cache(maxsize=1)
def load_on_worker(found: FoundModel, precision: str) -> ClipModel:
    """Load a checkpoint once in a process that computes shards."""
    return load_model(found, own_device(), precision)


def refuse_long_prompts(model: ClipModel, prompts: list[str]) -> None:
    """Refuse prompts that the tokenizer would cut without a word.

    Raises:
        InputError: names the first such prompt.
    """
    if not isinstance(model.tokenize, SimpleTokenizer):
        return  # others add special tokens of their own and offer no length before cutting
    limit = model.tokenize.context_length or 77  # CLIP's own length
    for prompt in prompts:
        n_tokens = len(model.tokenize.encode(prompt)) + 2  # start and end
        if n_tokens > limit:
            raise InputError(
                f"the prompt {prompt!r} has {n_tokens} tokens, the model reads {limit}. Shorten "
                f"the template or the class name (the folder's name)."
            )
