"""Captions with attributes measured from the picture: "a photo of a dark wide sneaker".

Ten class names alone would teach the text tower ten points. Four attributes, each measured and
cut at fixed thresholds, make hundreds of distinct texts.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precompute.data.fashion_mnist import CLASS_NAMES

# Thirds of the 60,000 training images, so that each word is about as frequent as its neighbours.
THIRDS = {
    "brightness": (0.4999, 0.6677),  # mean grey of the silhouette, in [0, 1]
    "area": (0.4145, 0.5918),  # share of the picture that the silhouette fills
    "texture": (0.08919, 0.1587),  # mean absolute step between neighbouring pixels, in [0, 1]
    "aspect": (0.9286, 1.4),  # height over width of the silhouette's box
}

# The middle third has no word: most pictures in a catalogue need no remark either.
WORDS = (
    ("dark", "", "bright"),
    ("small", "", "large"),
    ("plain", "", "patterned"),
    ("wide", "", "tall"),
)
UNSAID = -1  # an attribute that a caption does not mention

TEMPLATES = (
    "{}",
    "a {}",
    "a photo of {}",
    "a photo of a {}",
    "a picture of a {}",
    "a centered photo of a {}",
    "this is a {}",
    "one {} on a black background",
)


def measure(images: NDArray[np.uint8]) -> dict[str, NDArray]:
    """Measure each of THIRDS of pictures (N, 28, 28) on a black background, (N,) each."""
    grey = images.astype(np.float32) / 255
    silhouette = images > 0
    n_pixels = np.maximum(silhouette.sum(axis=(1, 2)), 1)
    steps = np.abs(np.diff(grey, axis=1)).sum(axis=(1, 2)) / n_pixels
    height = silhouette.any(axis=2).sum(axis=1)
    width = silhouette.any(axis=1).sum(axis=1)
    return {
        "brightness": grey.sum(axis=(1, 2)) / n_pixels,
        "area": n_pixels.astype(np.float32) / silhouette[0].size,
        "texture": steps,
        "aspect": height.astype(np.float32) / np.maximum(width, 1),
    }


def describe(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return which third each picture falls in, (N, 4), in the order of WORDS."""
    measures = measure(images)
    return np.stack([np.digitize(measures[name], cuts) for name, cuts in THIRDS.items()], axis=1)


@dataclass(frozen=True)
class Captions:
    """One text per picture, and what each says."""

    texts: list[str]
    labels: NDArray[np.int64]  # (N,) class named
    named: NDArray[np.int64]  # (N, 4) third named per attribute; UNSAID where none is


def write(
    thirds: NDArray[np.int64], labels: NDArray[np.int64], rng: np.random.Generator, keep: float
) -> Captions:
    """Write one caption per picture (N, 4), (N,), saying each attribute with probability `keep`.

    A picture in the middle third of an attribute has no word for it. Captions without attributes
    occur, as a user's prompt would be.
    """
    silent = (thirds == 1) | (rng.random(thirds.shape) >= keep)
    named = np.where(silent, UNSAID, thirds)
    templates = rng.integers(len(TEMPLATES), size=len(labels))
    texts = []
    for label, row, template in zip(labels, named, templates, strict=True):
        words = [WORDS[column][third] for column, third in enumerate(row) if third != UNSAID]
        texts.append(TEMPLATES[template].format(" ".join([*words, CLASS_NAMES[label]])))
    return Captions(texts, labels, named)


def holds(
    captions: Captions, thirds: NDArray[np.int64], labels: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell which captions are true of which pictures: (pictures, captions).

    "a bright bag" is true of every bright bag, not only of the one it was written for. Without
    this a batch would punish the model for pairs that are right.
    """
    same_class = labels[:, None] == captions.labels[None, :]
    named = captions.named[None, :, :]
    fits = (named == UNSAID) | (named == thirds[:, None, :])
    return same_class & fits.all(axis=2)
