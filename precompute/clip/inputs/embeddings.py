"""Everything the study measures: embeddings of images and texts, labels and roles."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from precompute.checkpoints import caption_recipe as attributes
from precompute.cli.progress import console
from precompute.clip.inputs.split import Split
from precompute.clip.inputs.templates import Templates, main_template
from precompute.data.image_set import ImageSet
from store.schema.clip.names import HELD_OUT

# One stream of random numbers per purpose, so that one more draw in a step moves no other step.
STREAMS = ("subset", "split", "pairs", "halves", "shuffle", "bootstrap")
STREAMS += ("captions", "completion", "rotation", "folds", "shots", "sample", "classes", "chance")
CAPTIONED = "FashionMNIST"  # the set whose attribute words were measured
KEEP = 0.5  # chance that a caption says an attribute


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
    captions: Captions = NO_CAPTIONS
    # Lengths before normalising, of images (N,) and of texts (T * K + C,); None where not known.
    norms: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None
    logit_scale: float = np.nan  # what the model multiplies cosines by; NaN where it is unknown

    @cached_property
    def by_template(self) -> NDArray[np.float32]:
        """Prompts as (T, K, D)."""
        shape = len(self.templates.templates), len(self.class_names)
        return self.texts[: shape[0] * shape[1]].reshape(*shape, -1)

    @cached_property
    def text_labels(self) -> NDArray[np.int64]:
        """Class that each text names (T * K + C,)."""
        grid = np.indices(self.by_template.shape[:2])[1].ravel()
        return np.concatenate([grid, self.captions.labels])

    @property
    def text_templates(self) -> NDArray[np.int64]:
        """Row of each text's template (T * K + C,); -1 for a caption."""
        grid = np.indices(self.by_template.shape[:2])[0].ravel()
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
        """Rows that no map is fitted on (n,)."""
        return self.split.rows(HELD_OUT)

    @property
    def judged(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The held-out images (n, D) and their labels (n,)."""
        return self.images[self.held_out], self.labels[self.held_out]


@dataclass(frozen=True)
class Source:
    """Embeddings with what a store says about them."""

    embeddings: Embeddings
    names: tuple[str, ...]  # (N,) of the images
    prompts: list[str]  # every text, in order
    preprocessing: Mapping[str, Any]
    thumbnails: Callable[[NDArray[np.int64]], NDArray[np.uint8]] | None  # rows -> pictures


@dataclass(frozen=True)
class RandomStreams:
    """How much is drawn at random, and from which seed."""

    seed: int
    n_bootstrap: int

    def stream(self, purpose: str) -> np.random.Generator:
        """Return the generator of one purpose, one of STREAMS."""
        return np.random.default_rng([self.seed, STREAMS.index(purpose)])


def write_captions(
    images: ImageSet, source: str, n_captions: int, prompts: list[str], rng: np.random.Generator
) -> Captions:
    """Write distinct captions of random images, none of which is a prompt.

    source: the images' name in the settings. n_captions: images that one caption is written for;
    repeats are dropped. prompts: texts that are there already.
    """
    if not n_captions:
        return NO_CAPTIONS
    if source != CAPTIONED:
        console.print(f"  no captions: they are known for {CAPTIONED} alone")
        return NO_CAPTIONS
    rows = rng.permutation(len(images))[:n_captions]
    pixels = np.stack([np.asarray(images.read(int(row))) for row in rows])
    written = attributes.write(attributes.describe(pixels), images.labels[rows], rng, KEEP)
    label_of = dict(zip(written.texts, written.labels.tolist(), strict=True))
    texts = tuple(text for text in label_of if text not in set(prompts))
    return Captions(texts, np.array([label_of[text] for text in texts], np.int64))
