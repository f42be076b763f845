"""Histograms of cosines: matched and unmatched pairs, and pairs within each modality."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precompute.clip.modality_gap.metrics import SAMPLE

KINDS = ("matched", "unmatched", "image-image", "text-text")
N_BINS = 100  # bins of width 0.02 over [-1, 1]
MAX_PAIRS = 200_000  # that are drawn; a share of pairs is then known to +-0.002


@dataclass(frozen=True)
class CosineHistogram:
    """Share of pairs per bin of the cosine, for each kind of pair."""

    edges: NDArray  # (N_BINS + 1,), from -1 to 1
    density: NDArray  # (len(KINDS), N_BINS), each row adds up to 1


def cosine_histogram(
    images: NDArray,
    labels: NDArray,
    texts: NDArray,
    class_prompts: NDArray,
    rng: np.random.Generator,
) -> CosineHistogram:
    """Count cosines of all pairs; image-image pairs are drawn, at most MAX_PAIRS.

    So are those of texts, where there are more than SAMPLE.

    Args:
        images: (N, D), unit rows, N >= 2.
        labels: (N,) label index of each image.
        texts: (T, D), unit rows, one per distinct prompt, T >= 2.
        class_prompts: (K, D), unit rows, the prompt that each class is paired with.
        rng: draws the pairs.
    """
    cosines = images @ class_prompts.T  # (N, K)
    own = np.arange(len(class_prompts)) == np.asarray(labels)[:, None]
    edges = np.linspace(-1, 1, N_BINS + 1)
    groups = (cosines[own], cosines[~own], _random_pairs(images, rng), _text_pairs(texts, rng))
    return CosineHistogram(edges, np.stack([_shares(group, edges) for group in groups]))


def _text_pairs(texts: NDArray, rng: np.random.Generator) -> NDArray:
    if len(texts) > SAMPLE:
        return _random_pairs(texts, rng)
    return (texts @ texts.T)[np.triu_indices(len(texts), k=1)]


def _random_pairs(vectors: NDArray, rng: np.random.Generator) -> NDArray:
    """Return the cosines of random pairs of two different rows (N, D)."""
    n_rows = len(vectors)
    n_pairs = min(MAX_PAIRS, n_rows * (n_rows - 1) // 2)
    first = rng.integers(0, n_rows, n_pairs)
    second = (first + rng.integers(1, n_rows, n_pairs)) % n_rows
    return np.concatenate(
        [
            np.einsum("nd,nd->n", vectors[first[rows]], vectors[second[rows]])
            for rows in np.array_split(np.arange(n_pairs), max(1, n_pairs // 20_000))
        ]
    )


def _shares(cosines: NDArray, edges: NDArray) -> NDArray:
    # Rounding may carry a cosine of 1 just over the last edge, where it would not be counted.
    counts, _ = np.histogram(np.clip(cosines, -1, 1), edges)
    return counts / len(cosines)
