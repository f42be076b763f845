"""Find, identify and load a CLIP model through open_clip's own loaders."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
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
from torch.nn import functional

from precompute.clip.model.folder import CONFIG, WEIGHTS, read_folder, readable_folder
from precompute.clip.settings import ClipSettings
from precompute.compute.process import own_device
from precompute.data.filesystem import sha256_of
from precompute.errors import InputError
from precompute.job import ModelIdentity
from precompute.preflight.model_files import converting_command, refuse_pickles

EMBEDDED = Path(__file__).resolve().parents[2] / "embedded" / "clip"
FOLDER = "local-dir:"  # open_clip's own prefix
STAGE = "`python -m precompute check` says how to stage it."
KERNELS = ("bicubic", "bilinear")
WITHOUT = "these weights were trained with QuickGELU, the network is built without it."
WITH = "these weights were trained without QuickGELU, the network is built with it."
ARCHITECTURE = ("embed_dim", "vision_cfg", "text_cfg")  # what weights must fit, in a configuration


@dataclass(frozen=True)
class BatchPreprocess:
    """Resize the shorter side of pictures of one size, cut the middle out, normalise.

    open_clip does so one by one: it resizes with PIL in uint8 and then normalises. Here a batch of
    pixels goes to the device as it lies in the file, a ninth of the bytes that prepared floats
    would take at ViT-B/32's size, and is resized there with the same kernel (antialiased, as PIL's
    is) and rounded to whole grey levels.
    """

    size: tuple[int, int]  # height and width that the model wants
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str  # one of KERNELS

    def __call__(self, pixels: NDArray[np.uint8], device: torch.device) -> Tensor:
        """Prepare pixels (n, H, W, 1 or 3) as (n, 3, height, width), float32, on the device.

        They travel in whatever order they lie in memory, and are put in order there.
        """
        batch = torch.from_numpy(pixels)
        if device.type == "cuda":
            batch = batch.pin_memory()
        batch = batch.to(device, non_blocking=True).permute(0, 3, 1, 2)
        batch = self._cropped(self._resized(batch)).float() / 255
        shape = (1, -1, 1, 1)
        mean = torch.tensor(self.mean, device=device).view(shape)
        std = torch.tensor(self.std, device=device).view(shape)
        return (batch.expand(-1, 3, -1, -1) - mean) / std

    def _resized(self, batch: Tensor) -> Tensor:
        """Scale (n, C, H, W) so that the shorter side fits."""
        height, width = batch.shape[-2:]
        shorter, wanted = min(height, width), min(self.size)
        if shorter == wanted:
            return batch
        sides = (int(wanted * height / shorter), int(wanted * width / shorter))
        resize = partial(functional.interpolate, mode=self.interpolation, antialias=True)
        if batch.device.type == "cpu":  # uint8 in and out, vectorised: PIL's own grey levels
            return resize(batch, sides)
        # Along rows and then along columns, as PIL does, which keeps whole grey levels in between:
        # a bicubic kernel overshoots black and white, and would carry that into the second pass.
        along_rows = resize(batch.float(), (height, sides[1])).round_().clamp_(0, 255)
        return resize(along_rows, sides).round_().clamp_(0, 255)

    def _cropped(self, batch: Tensor) -> Tensor:
        height, width = batch.shape[-2:]
        top = round((height - self.size[0]) / 2)
        left = round((width - self.size[1]) / 2)
        return batch[..., top : top + self.size[0], left : left + self.size[1]]


def batch_preprocess(settings: dict[str, Any]) -> BatchPreprocess | None:
    """Return the batch's preprocessing for open_clip's settings; None where it is another kind.

    Only a square model with the usual resizing of the shorter side is the same for both.
    """
    size = settings["size"]
    height, width = (size, size) if isinstance(size, int) else size
    usual = settings["resize_mode"] == "shortest" and settings["interpolation"] in KERNELS
    if height != width or not usual or settings.get("mode", "RGB") != "RGB":
        return None
    return BatchPreprocess(
        (height, width), tuple(settings["mean"]), tuple(settings["std"]), settings["interpolation"]
    )


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
    checkpoint: FoundModel  # where it was loaded from
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
        return load_on_worker, (self.checkpoint, self.precision)

    @property
    def batch_preprocess(self) -> BatchPreprocess | None:
        """The same preprocessing for a batch of pixels of one size; None where it is not usual."""
        return batch_preprocess(open_clip.get_model_preprocess_cfg(self.network))

    def preprocessing(self, seen_class_names: bool) -> dict[str, Any]:
        """Return what provenance must keep to embed an image or a prompt in the same way."""
        settings = open_clip.get_model_preprocess_cfg(self.network)
        return {
            **{name: list(v) if isinstance(v, tuple) else v for name, v in settings.items()},
            "logit_scale": self.logit_scale,
            "quick_gelu": self.quick_gelu,
            "tokenizer": type(self.tokenize).__name__,
            "seen_class_names": seen_class_names,
        }


def find_model(settings: ClipSettings) -> FoundModel:
    """Find a checkpoint by "embedded", open_clip name and tag, or "local-dir:FOLDER".

    Raises InputError: it is not here, or name and tag do not go together.
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
    if not (folder / CONFIG).is_file():
        fix = "`python -m precompute train clip` makes it" if embedded else "Add it"
        raise InputError(f"{name}: {CONFIG} is missing. {fix}, or choose another model.")
    if not (folder / WEIGHTS).is_file():  # open_clip would only warn and draw them, or read others
        refuse_pickles(folder, name, WEIGHTS)
    config = read_folder(folder, name)["model_cfg"]
    return FoundModel(
        name,
        f"{FOLDER}{folder}",
        "",
        folder / WEIGHTS,
        "folder",
        trained_in_folder(config, tag) if tag else None,
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
    if weights.suffix != ".safetensors":
        raise InputError(
            f"{model}/{tag}: its weights are a pickle ({weights.name}), which can run code. "
            f"Convert them into a folder that holds {CONFIG} too, and give local-dir:FOLDER: "
            f"{converting_command([str(weights)], Path(WEIGHTS))}"
        )
    revision = weights.parent.name if "snapshots" in weights.parts else tag
    return FoundModel(f"{model}/{tag}", model, tag, weights, revision, trained)


def trained_with_it(model: str, tag: str) -> bool:
    """Return whether a tag's weights were trained with QuickGELU; the network or the tag says so.

    "ViT-B-32/openai" is a network without it whose tag says that the weights need it. The wrong
    activation loads without an error and lowers accuracy; open_clip warns at most.
    """
    configs = (_registered(model), get_pretrained_cfg(model, tag))
    return any(bool(one.get("quick_gelu", False)) for one in configs)


def trained_in_folder(config: dict[str, Any], tag: str) -> bool | None:
    """Return the same of a folder's weights, published under a tag; None where entries differ.

    One tag names weights of several architectures, some trained with QuickGELU and some without:
    those of the folder's architecture decide, or all of them where open_clip does not know it.
    """
    models = list_pretrained_models_by_tag(tag)
    same = [one for one in models if _architecture(_registered(one)) == _architecture(config)]
    trained = {trained_with_it(one, tag) for one in same or models}
    return trained.pop() if len(trained) == 1 else None


def _architecture(config: dict[str, Any]) -> list[Any]:
    return [config.get(part) for part in ARCHITECTURE]


def _registered(model: str) -> dict[str, Any]:
    return open_clip.get_model_config(model) or {}


def identify(checkpoint: FoundModel) -> ModelIdentity:
    """Return the checkpoint's identity; reads its bytes, loads no weights.

    What only the loaded model knows (logit scale, QuickGELU) is added by the run.
    """
    return ModelIdentity(checkpoint.name, checkpoint.revision, sha256_of(checkpoint.weights), {})


def load_model(
    checkpoint: FoundModel, device: torch.device, precision: str = "float32"
) -> ClipModel:
    """Load a checkpoint in float32, with its own preprocessing and tokenizer.

    Raises InputError: open_clip cannot load it, or its weights met the wrong activation.
    """
    try:
        with _readable(checkpoint) as name:
            loaded: Any = open_clip.create_model_from_pretrained(  # its types are wider than so
                name, checkpoint.tag or None, precision="fp32", device=device
            )
            network, preprocess = loaded
            config = open_clip.get_model_config(name) or {}
            from_hub = bool(config.get("text_cfg", {}).get("hf_tokenizer_name"))
            options: Any = {"trust_remote_code": False} if from_hub else {}  # over what they say
            tokenizer = open_clip.get_tokenizer(name, **options)
    except (ValueError, RuntimeError, OSError, KeyError, TypeError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"{checkpoint.name}: open_clip cannot load it: {reason}") from error
    network = network.requires_grad_(False).eval()
    model = ClipModel(network, preprocess, tokenizer, device, checkpoint, precision)
    trained = checkpoint.quick_gelu
    if trained is not None and model.quick_gelu != trained:
        raise InputError(
            f"{checkpoint.name}: {WITHOUT if trained else WITH} "
            f'Set "quick_gelu": {str(trained).lower()} in model_cfg of its {CONFIG}.'
        )
    return model


@contextmanager
def _readable(checkpoint: FoundModel) -> Iterator[str]:
    """Yield the name under which open_clip may load a checkpoint; of a folder a copy's."""
    if not checkpoint.open_clip_name.startswith(FOLDER):
        yield checkpoint.open_clip_name
        return
    folder = Path(checkpoint.open_clip_name.removeprefix(FOLDER))
    with readable_folder(folder, checkpoint.name) as copy:
        yield f"{FOLDER}{copy}"


@lru_cache(maxsize=1)
def load_on_worker(checkpoint: FoundModel, precision: str) -> ClipModel:
    """Load a checkpoint once in a process that computes shards."""
    return load_model(checkpoint, own_device(), precision)


def refuse_long_prompts(model: ClipModel, prompts: list[str]) -> None:
    """Raise InputError for the first prompt that the tokenizer would cut without a word."""
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
