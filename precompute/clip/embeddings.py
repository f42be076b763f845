"""Everything the study measures: embeddings of images and prompts, labels and roles."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precompute.clip.prompts import main_template
from precompute.clip.split import HELD_OUT, Split

# One stream of random numbers per purpose, so that one more draw in a step moves no other step.
STREAMS = ("subset", "split", "pairs", "halves", "shuffle", "bootstrap")


def stream(seed: int, purpose: str) -> np.random.Generator:
    """Return the generator of one purpose, one of STREAMS."""
    return np.random.default_rng([seed, STREAMS.index(purpose)])


@dataclass(frozen=True)
class Embeddings:
    """The study's input once the model has done its work; plain arrays."""

    images: NDArray[np.float32]  # (N, D) unit rows
    labels: NDArray[np.int64]  # (N,)
    split: Split
    scored: NDArray[np.bool_]  # (N,)
    texts: NDArray[
        np.float32
    ]  # (T * K, D) unit rows, one per distinct prompt, template by template
    styles: tuple[str, ...]  # (T,)
    templates: tuple[str, ...]  # (T,)
    class_names: tuple[str, ...]  # (K,)

    @property
    def main(self) -> int:
        """Row of the template that gap and alignment use."""
        return main_template(self.styles)

    @property
    def main_style(self) -> str:
        """Short name of that template."""
        return self.styles[self.main]

    @property
    def by_template(self) -> NDArray[np.float32]:
        """Texts as (T, K, D)."""
        return self.texts.reshape(len(self.templates), len(self.class_names), -1)

    @property
    def class_prompts(self) -> NDArray[np.float32]:
        """The main template's prompts (K, D)."""
        return self.by_template[self.main]

    @property
    def held_out(self) -> NDArray[np.int64]:
        """Rows that no map is fitted on."""
        return self.split.rows(HELD_OUT)


@dataclass(frozen=True)
class Draws:
    """How much is drawn at random, and from which seed."""

    seed: int
    n_bootstrap: int

    def stream(self, purpose: str) -> np.random.Generator:
        """Return the generator of one purpose."""
        return stream(self.seed, purpose)
