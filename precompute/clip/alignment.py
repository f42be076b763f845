"""Maps that bring image and text embeddings together, fitted on fit rows only.

Orthogonal Procrustes (Schoenemann 1966): min ||X R - Y|| over orthogonal R, where X holds the fit
images and Y repeats each image's class prompt.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import orthogonal_procrustes, polar, svd

from precompute.clip.split import Split


@dataclass(frozen=True)
class Alignment:
    """Image -> unit((image - image_shift) R), text -> unit(text - text_shift)."""

    image_shift: NDArray  # (D,)
    text_shift: NDArray  # (D,)
    rotation: NDArray  # (D, D), orthogonal

    def move_images(self, images: NDArray) -> NDArray:
        """Return the images (N, D) after the map, unit rows."""
        return _shift(images, self.image_shift) @ self.rotation

    def move_texts(self, texts: NDArray) -> NDArray:
        """Return the texts (T, D) after the map, unit rows."""
        return _shift(texts, self.text_shift)


def no_alignment(embedding_dim: int) -> Alignment:
    """Return the map that changes nothing."""
    still = np.zeros(embedding_dim)
    return Alignment(still, still, np.eye(embedding_dim))


def fit_mean_removal(
    split: Split, rows: NDArray[np.int64], images: NDArray, texts: NDArray
) -> Alignment:
    """Subtract each modality's mean and normalise again; reads no labels.

    The same idea as GR-CLIP's (arXiv:2507.19054).

    Args:
        split: refuses rows that are not fit rows.
        rows: fit rows.
        images: (N, D), unit rows, all images.
        texts: (T, D), unit rows, one per distinct prompt.
    """
    split.require_fit(rows)
    image_mean = images[rows].mean(axis=0, dtype=np.float64)
    return Alignment(image_mean, texts.mean(axis=0, dtype=np.float64), np.eye(images.shape[1]))


def fit_procrustes(
    split: Split, rows: NDArray[np.int64], images: NDArray, labels: NDArray, class_prompts: NDArray
) -> Alignment:
    """Fit the orthogonal map from images to the prompts of their classes.

    The fit depends on the N pairs through X^T Y = sum_c n_c mu_c t_c^T alone, mu_c being the mean
    image of class c and t_c its prompt: scaled by sqrt(n_c), K rows stand for all N.

    Args:
        split: refuses rows that are not fit rows.
        rows: fit rows.
        images: (N, D), unit rows, all images.
        labels: (N,) label index of each image; shuffled for the control.
        class_prompts: (K, D), unit rows.
    """
    split.require_fit(rows)
    counts = np.bincount(labels[rows], minlength=len(class_prompts))
    weights = np.sqrt(counts)[:, None]
    source = weights * _class_means(images[rows], labels[rows], len(class_prompts))
    target = weights * np.asarray(class_prompts, np.float64)
    still = np.zeros(images.shape[1])
    return Alignment(still, still, minimal_rotation(source, target))


def minimal_rotation(source: NDArray, target: NDArray) -> NDArray:
    """Return the orthogonal Procrustes map (D, D) that turns no more than the fit asks for.

    The fit fixes R only where source^T target has rank r: R = U_r V_r^T + U_perp Q V_perp^T, with
    Q any orthogonal matrix; with K prompts r is at most K. The logits of the fitted prompts do
    not depend on Q, because V_perp^T t_c = 0, and so neither does their accuracy. Everything else
    does: new prompts, distances between moved images, layouts. SciPy's Q is whatever LAPACK
    leaves; Q = polar(U_perp^T V_perp) is the one nearest to doing nothing, and the same on every
    machine.

    Args:
        source: (M, D) rows to be moved.
        target: (M, D) rows that they are moved to.
    """
    rotation, _ = orthogonal_procrustes(source, target)
    _, singular, right = svd(source.T @ target)
    dim = len(rotation)
    rank = int(np.sum(singular > singular[0] * dim * np.finfo(np.float64).eps))
    fixed, free = right[:rank].T, right[rank:].T  # V_r and V_perp, (D, r) and (D, D - r)
    if rank == dim:
        return rotation
    # R V = U whatever completion SciPy returned, since each completion maps V_perp onto U_perp.
    moved, beside = rotation @ fixed, rotation @ free
    nearest, _ = polar(beside.T @ free)
    return moved @ fixed.T + beside @ nearest @ free.T


def fit_class_means(
    split: Split, rows: NDArray[np.int64], images: NDArray, labels: NDArray, n_classes: int
) -> NDArray:
    """Return each class's mean fit image (K, D), unit rows: a classifier that reads no text."""
    split.require_fit(rows)
    return unit_rows(_class_means(images[rows], labels[rows], n_classes))


def shuffle_pairs(labels: NDArray, rows: NDArray[np.int64], rng: np.random.Generator) -> NDArray:
    """Return labels (N,) whose fit rows are permuted: pairs that carry no information."""
    shuffled = labels.copy()
    shuffled[rows] = rng.permutation(labels[rows])
    return shuffled


def unit_rows(rows: NDArray) -> NDArray:
    """Return rows (N, D) scaled to length 1, float64.

    Raises:
        ValueError: a row is 0 and has no direction.
    """
    norms = np.linalg.norm(np.asarray(rows, np.float64), axis=1, keepdims=True)
    if not (norms > 0).all():
        raise ValueError(f"row {int(np.argmin(norms > 0))} is 0 and has no direction.")
    return rows / norms


def _class_means(images: NDArray, labels: NDArray, n_classes: int) -> NDArray:
    """Mean of each class (K, D), float64.

    Raises:
        ValueError: a class has no image.
    """
    counts = np.bincount(labels, minlength=n_classes)
    if not counts.all():
        raise ValueError(f"class {int(np.argmin(counts))} has no fit image.")
    sums = np.zeros((n_classes, images.shape[1]))
    np.add.at(sums, labels, np.asarray(images, np.float64))
    return sums / counts[:, None]


def _shift(rows: NDArray, shift: NDArray) -> NDArray:
    # Unit rows that are not shifted stay as they are: normalising them again would only round.
    return unit_rows(rows - shift) if shift.any() else np.asarray(rows, np.float64)
