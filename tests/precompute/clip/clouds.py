"""Made-up embeddings: two clouds of unit rows, one around each modality's centre."""

from dataclasses import dataclass

import numpy as np

from precompute.clip.alignment import unit_rows
from precompute.clip.split import Split, split_shares

N_CLASSES, DIM = 5, 16


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
