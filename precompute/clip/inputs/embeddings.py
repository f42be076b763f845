"""Everything the study measures: embeddings of images and texts, labels and roles."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from precompute.clip.inputs.split import HELD_OUT, Split
from precompute.clip.inputs.templates import Templates
from precompute.clip.prompts.measure import main_template

# One stream of random numbers per purpose, so that one more draw in a step moves no other step.
STREAMS = ("subset", "split", "pairs", "halves", "shuffle", "bootstrap")
STREAMS += ("captions", "completion", "rotation", "folds", "shots", "sample", "classes")


def stream(seed: int, purpose: str) -> np.random.Generator:
    """Return the generator of one purpose, one of STREAMS."""
    return np.random.default_rng([seed, STREAMS.index(purpose)])


@dataclass(frozen=True)
class Captions:
    """Texts beside the grid of templates and classes, such as captions of single pictures."""

    texts: tuple[str, ...]
    labels: NDArray[np.int64]  # (C,) class that each names


NO_CAPTIONS = Captions((), np.zeros(0, np.int64))


@dataclass(frozen=True)
class Embeddings:
    """The study's input once the model has done its work; plain arrays.

    Texts are the grid of prompts, template by template, and then the captions.
    """

    images: NDArray[np.float32]  # (N, D) unit rows
    labels: NDArray[np.int64]  # (N,)
    split: Split
    scored: NDArray[np.bool_]  # (N,)
    texts: NDArray[np.float32]  # (T * K + C, D) unit rows, all distinct
    templates: Templates
    class_names: tuple[str, ...]  # (K,)
    captions: Captions = field(default=NO_CAPTIONS)
    logit_scale: float = np.nan  # what the model multiplies cosines by; NaN where it is unknown

    @cached_property
    def by_template(self) -> NDArray[np.float32]:
        """Prompts as (T, K, D)."""
        n_templates, n_classes = len(self.templates.templates), len(self.class_names)
        prompts = self.texts[: n_templates * n_classes]
        return prompts.reshape(n_templates, n_classes, -1)

    @cached_property
    def text_labels(self) -> NDArray[np.int64]:
        """Class that each text names."""
        n_templates, n_classes = len(self.templates.templates), len(self.class_names)
        return np.concatenate([np.tile(np.arange(n_classes), n_templates), self.captions.labels])

    @property
    def text_templates(self) -> NDArray[np.int64]:
        """Row of each text's template; -1 for a caption."""
        n_templates, n_classes = len(self.templates.templates), len(self.class_names)
        grid = np.repeat(np.arange(n_templates), n_classes)
        return np.concatenate([grid, np.full(len(self.captions.labels), -1)])

    @property
    def main(self) -> int:
        """Row of the template that gap and alignment pair images with."""
        return main_template(self.templates.styles)

    @property
    def main_style(self) -> str:
        """Short name of that template."""
        return self.templates.styles[self.main]

    @property
    def class_prompts(self) -> NDArray[np.float32]:
        """The main template's prompts (K, D)."""
        return self.by_template[self.main]

    @property
    def held_out(self) -> NDArray[np.int64]:
        """Rows that no map is fitted on."""
        return self.split.rows(HELD_OUT)


@dataclass(frozen=True)
class Source:
    """Embeddings with what a store says about them."""

    found: Embeddings
    names: tuple[str, ...]  # (N,) of the images
    prompts: list[str]  # every text, in order
    preprocessing: Mapping[str, Any]
    thumbnails: Callable[[NDArray[np.int64]], NDArray[np.uint8]] | None  # rows -> pictures


@dataclass(frozen=True)
class Draws:
    """How much is drawn at random, and from which seed."""

    seed: int
    n_bootstrap: int

    def stream(self, purpose: str) -> np.random.Generator:
        """Return the generator of one purpose."""
        return stream(self.seed, purpose)
