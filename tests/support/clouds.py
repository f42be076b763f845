"""Made-up embeddings: two clouds of unit rows, one around each modality's centre."""

from dataclasses import dataclass

import numpy as np

from precompute.clip.alignment import maps
from precompute.clip.inputs.embeddings import Embeddings
from precompute.clip.inputs.split import Split, split_shares
from precompute.clip.inputs.templates import gather
from precompute.statistics import unit_rows
from store.schema.clip.names import FIT, HELD_OUT

N_CLASSES, DIM = 5, 16
STYLES, OWN = ("plain", "photo", "small"), ("{}", "a photo of {}", "a small {}")


@dataclass(frozen=True)
class Clouds:
    images: np.ndarray  # (N, D)
    labels: np.ndarray  # (N,)
    texts: np.ndarray  # (K, D)
    split: Split


def make_clouds(seed=0, n=200, spread=0.3):
    """Return classes on random directions, with a shift between images and texts."""
    rng = np.random.default_rng(seed)
    classes = rng.normal(size=(N_CLASSES, DIM))
    labels = np.arange(n) % N_CLASSES
    shift = rng.normal(size=DIM) * 2
    images = unit_rows(classes[labels] + shift + spread * rng.normal(size=(n, DIM)))
    texts = unit_rows(classes - shift)
    return Clouds(images, labels, texts, split_shares(labels, 0.4, 0.1, rng))


def make_embeddings(seed=0, n=200, spread=0.3, wobble=0.1):
    """Return the same clouds as the study takes them, with three templates that differ a little."""
    clouds = make_clouds(seed, n, spread)
    rng = np.random.default_rng(seed + 1000)
    grid = [clouds.texts + wobble * rng.normal(size=clouds.texts.shape) for _ in STYLES]
    return Embeddings(
        images=clouds.images,
        labels=clouds.labels,
        split=clouds.split,
        scored=np.ones(n, bool),
        texts=unit_rows(np.concatenate(grid)),
        templates=gather(STYLES, OWN, ()),
        class_names=tuple("abcde"),
        logit_scale=100.0,
    )


def fit_set(result):
    return maps.fit_set(result, result.split.rows(FIT))


def held_out(result):
    rows = result.split.rows(HELD_OUT)
    return result.images[rows], result.labels[rows]
