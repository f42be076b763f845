"""Load a ViT of any family of transformers, with or without a classifier."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import (
    AutoModel,
    AutoModelForImageClassification,
    CLIPConfig,
    CLIPVisionModel,
    PreTrainedModel,
)
from transformers.utils import logging as transformers_logging

from precompute.compute.process import own_device
from precompute.errors import InputError
from precompute.vit.model import checkpoint
from precompute.vit.model.attention_function import ATTENTION_NAME
from precompute.vit.model.checkpoint import ModelFolder
from precompute.vit.model.forward import pair, read_attention, vision_config
from precompute.vit.model.preprocess import Preprocessor


@dataclass(frozen=True)
class ImageClassifier:
    """A ViT in evaluation mode without gradients, and what its tokens mean."""

    network: PreTrainedModel
    preprocessor: Preprocessor
    label_names: tuple[str, ...]  # or the names of the pictures that stand in for labels
    grid: tuple[int, int]  # patches down, patches across
    patch_size_px: tuple[int, int]  # height, width
    n_prefix: int  # tokens before the patches: CLS, then registers or a distillation token
    folder: ModelFolder  # where it was loaded from
    has_classifier: bool = True
    references: Tensor | None = None  # (N, R) unit features of those pictures
    untrained_seed: int | None = None  # of freshly initialised weights, the control's

    @property
    def n_patches(self) -> int:
        """Number of patches."""
        return self.grid[0] * self.grid[1]

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""
        return self.network.device

    def __reduce__(self) -> tuple[Callable[..., "ImageClassifier"], tuple[Any, ...]]:
        """Travel to a worker as a path, and be loaded there on the worker's own device."""
        references = None if self.references is None else self.references.cpu()
        return load_on_worker, (self.folder, self.label_names, references, self.untrained_seed)

    def scores(self, readout: Tensor) -> Tensor:
        """Return the score of every label (B, labels): its probability, from the logits.

        Where the model has no classifier, it is the cosine of the CLS feature to that of each
        picture that stands in for a label.
        """
        if self.has_classifier:
            return readout.softmax(dim=-1)
        assert self.references is not None  # with_references comes first
        return nn.functional.normalize(readout, dim=-1) @ self.references.T

    def with_references(self, readout: Tensor, names: tuple[str, ...]) -> "ImageClassifier":
        """Return the model with pictures in place of labels: their readout (N, R) and names."""
        references = nn.functional.normalize(readout, dim=-1).to(self.device)
        return replace(self, label_names=names, references=references)

    def untrained(self, seed: int) -> "ImageClassifier":
        """Return the classifier with freshly initialised weights (Adebayo et al. 2018).

        A finding that holds for these weights too is one about the architecture or the picture's
        layout, not about what the model has learnt.
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = type(self.network)(copy.deepcopy(self.network.config))
        network.set_attn_implementation(ATTENTION_NAME)
        nn.Module.to(network.requires_grad_(False).eval(), self.device)
        return replace(self, network=network, untrained_seed=seed)

    def lay_out(self, rows: Tensor) -> NDArray[np.float32]:
        """Keep the patch columns of (..., T) and lay them out: (..., rows, cols)."""
        patches = rows[..., self.n_prefix :].unflatten(-1, self.grid)
        return patches.float().cpu().numpy()

    def empty_picture(self) -> Tensor:
        """Return a picture of the mean colour alone, as the model wants it: (1, C, H, W)."""
        preprocessor = self.preprocessor
        shape = (1, preprocessor.n_channels, *preprocessor.size)
        return torch.zeros(shape, device=self.device)


def load_classifier(folder: ModelFolder, device: torch.device) -> ImageClassifier:
    """Load a checkpoint and check with two pictures that its CLS attention can be read.

    Raises InputError when weights are missing or the model is not a ViT with a CLS token.
    """
    config = checkpoint.load_config(folder)
    network = _load_network(folder).requires_grad_(False).eval()
    nn.Module.to(network, device)  # transformers' own `to` is typed wrongly
    preprocessor = checkpoint.load_preprocessor(folder, config)
    grid, patch, n_prefix = _token_layout(network, preprocessor.size, folder.name)
    names, judges = checkpoint.label_names(config), checkpoint.has_classifier(config)
    return ImageClassifier(network, preprocessor, names, grid, patch, n_prefix, folder, judges)


def load_on_worker(
    folder: ModelFolder,
    names: tuple[str, ...],
    references: Tensor | None,
    untrained_seed: int | None,
) -> ImageClassifier:
    """Return a checkpoint on the worker's own device, loaded once in each process.

    references: (N, R) unit features of the pictures that stand in for labels.
    """
    classifier = _load_once(folder)
    if untrained_seed is not None:
        classifier = classifier.untrained(untrained_seed)
    if references is None:
        return classifier
    return replace(classifier, label_names=names, references=references.to(classifier.device))


@lru_cache(maxsize=1)
def _load_once(folder: ModelFolder) -> ImageClassifier:
    return load_classifier(folder, own_device())


def _load_network(folder: ModelFolder) -> PreTrainedModel:
    config = checkpoint.load_config(folder)
    model_class: Any = AutoModel
    if checkpoint.has_classifier(config):
        model_class = AutoModelForImageClassification
    elif isinstance(config, CLIPConfig):
        model_class, config = CLIPVisionModel, config.vision_config
    transformers_logging.disable_progress_bar()  # loading takes a second
    transformers_logging.set_verbosity_error()  # what is missing is said below
    unloaded = checkpoint.refused(folder.name, "cannot be loaded", checkpoint.REMEDY)
    with unloaded, checkpoint.readable_weights(folder) as copy:
        network, report = model_class.from_pretrained(
            copy,
            config=config,
            attn_implementation=ATTENTION_NAME,
            dtype=torch.float32,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    keys = sorted(str(key) for key in (*report["missing_keys"], *report["mismatched_keys"]))
    absent = [key for key in keys if not key.startswith("pooler.")]  # which is never read
    if absent:  # transformers would draw them at random and only warn
        raise InputError(
            f"{folder.name}: {len(absent)} weights are missing, first {absent[0]}. "
            f"Give a checkpoint that holds all the weights that its config.json speaks of."
        )
    return network


def _token_layout(
    network: PreTrainedModel, size: tuple[int, int], name: str
) -> tuple[tuple[int, int], tuple[int, int], int]:
    """Return patch grid, patch size and number of tokens before the patches, by two images.

    One is empty; in the other the first patch is lit, which must move the token after those: a
    count alone cannot tell registers before the patches from detection tokens behind them.
    """
    config = vision_config(network.config)
    tall, wide = pair(config.patch_size)
    if size[0] % tall or size[1] % wide:
        raise InputError(f"{name}: its {size} input is no whole number of {(tall, wide)} patches.")
    grid = (size[0] // tall, size[1] // wide)
    images = torch.zeros(2, config.num_channels, *size, device=network.device)
    images[1, :, :tall, :wide] = 1
    unread = checkpoint.refused(name, "its CLS attention cannot be read", "Choose another ViT.")
    with unread, torch.inference_mode():
        norms = read_attention(network, images).token_norms[:, 0]  # (2, T) behind the embedding
    n_tokens, moved = norms.shape[1], int((norms[1] - norms[0]).abs().argmax())
    n_prefix = n_tokens - grid[0] * grid[1]
    if n_prefix < 1:
        raise InputError(f"{name}: {n_tokens} tokens for a {grid} grid, so it has no CLS token.")
    if moved != n_prefix:
        raise InputError(
            f"{name}: its first patch is token {moved}, expected {n_prefix}: all other tokens must "
            f"come before the patches. Choose another ViT."
        )
    return grid, (tall, wide), n_prefix
