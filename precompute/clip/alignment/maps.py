"""A map that moves images and texts, and the maps that read no labels.

Every map is fitted on a `FitSet`, which cannot hold a held-out row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from precompute.clip.inputs.embeddings import Embeddings
from precompute.clip.modality_gap.measure import mean_row
from precompute.statistics import unit_rows
from store.schema.clip.names import SELECT

# Shares of the gap that images and texts are each moved by: apart, not at all, together, past.
STEPS = tuple(tenth / 10 for tenth in range(-5, 11))


@dataclass(frozen=True)
class FitSet:
    """The images that maps learn from, with the prompt of each class. No held-out row is in it."""

    images: NDArray  # (n, D), unit rows
    labels: NDArray[np.int64]  # (n,)
    select_images: NDArray  # (m, D) for choosing between settings, never for fitting
    select_labels: NDArray[np.int64]  # (m,)
    prompts: NDArray  # (K, D), unit rows, one per class
    texts: NDArray  # (T, D), unit rows, all distinct
    text_labels: NDArray[np.int64]  # (T,) class that each names

    @property
    def counts(self) -> NDArray[np.int64]:
        """Fit images of each class (K,)."""
        return np.bincount(self.labels, minlength=len(self.prompts))

    @property
    def class_means(self) -> NDArray[np.float64]:
        """Mean fit image of each class (K, D). Raises ValueError: a class has no fit image."""
        if not self.counts.all():
            raise ValueError(f"class {int(np.argmin(self.counts))} has no fit image.")
        sums = np.zeros((len(self.prompts), self.images.shape[1]))
        np.add.at(sums, self.labels, np.asarray(self.images, np.float64))
        return sums / self.counts[:, None]

    def relabelled(self, labels: NDArray[np.int64]) -> "FitSet":
        """Return the set with other labels (n,) on its fit images, as controls need."""
        return replace(self, labels=labels)

    def of_classes(self, classes: NDArray[np.int64]) -> "FitSet":
        """Return the set of these classes (k,) alone, numbered from 0 in their order."""
        number = np.full(len(self.prompts), -1)
        number[classes] = np.arange(len(classes))
        fit, select = number[self.labels], number[self.select_labels]
        texts = number[self.text_labels]
        return FitSet(
            self.images[fit >= 0],
            fit[fit >= 0],
            self.select_images[select >= 0],
            select[select >= 0],
            self.prompts[classes],
            self.texts[texts >= 0],
            texts[texts >= 0],
        )


def fit_set(embeddings: Embeddings, rows: NDArray[np.int64]) -> FitSet:
    """Return the fit set of these rows (n,), with all select rows.

    Raises ValueError: a row is not a fit row, or there is none.
    """
    embeddings.split.require_fit(rows)
    select = embeddings.split.rows(SELECT)
    return FitSet(
        embeddings.images[rows],
        embeddings.labels[rows],
        embeddings.images[select],
        embeddings.labels[select],
        embeddings.class_prompts,
        embeddings.texts,
        embeddings.text_labels,
    )


@dataclass(frozen=True)
class Alignment:
    """Image -> unit((image - image_shift) image_map + image_offset), text -> likewise, no offset.

    A map of None is the identity. Rows of length 1 that nothing moves stay as they are.
    """

    image_shift: NDArray  # (D,)
    text_shift: NDArray  # (D,)
    image_map: NDArray | None = None  # (D, E)
    text_map: NDArray | None = None  # (D, E)
    image_offset: NDArray | None = None  # (E,)
    unit: bool = True  # False: rows keep the length that the shift gives them
    setting: float = np.nan  # step, strength or penalty, where select rows chose it

    def move_images(self, images: NDArray) -> NDArray:
        """Return the images (N, E) after the map."""
        return self._moved(images, self.image_shift, self.image_map, self.image_offset)

    def move_texts(self, texts: NDArray) -> NDArray:
        """Return the texts (T, E) after the map."""
        return self._moved(texts, self.text_shift, self.text_map, None)

    def predict(self, images: NDArray, prompts: NDArray) -> NDArray[np.int64]:
        """Return the label (N,) of the prompt (K, D) with the largest product after the map."""
        return np.argmax(self.order(images, prompts), axis=1)

    def order(self, images: NDArray, texts: NDArray) -> NDArray:
        """Return scores (N, T) that rank texts for each image as their products after the map do.

        The length of a moved image changes no order, so images need not be moved for it.
        """
        moved = self.move_texts(texts)  # (T, E)
        offset = 0.0 if self.image_offset is None else moved @ self.image_offset
        back = moved if self.image_map is None else moved @ self.image_map.T  # (T, D)
        return np.asarray(images, np.float64) @ back.T - back @ self.image_shift + offset

    def _moved(
        self, rows: NDArray, shift: NDArray, matrix: NDArray | None, offset: NDArray | None
    ) -> NDArray:
        moved = np.asarray(rows, np.float64)
        if shift.any():
            moved = moved - shift
        if matrix is not None:
            moved = moved @ matrix
        if offset is not None:
            moved = moved + offset
        changed = shift.any() or matrix is not None
        return unit_rows(moved) if changed and self.unit else moved


@dataclass(frozen=True)
class Classifier:
    """A linear classifier of images that reads no text."""

    weights: NDArray  # (K, D)
    bias: NDArray  # (K,)
    setting: float = np.nan  # inverse penalty, where select rows chose it

    def predict(self, images: NDArray, prompts: NDArray) -> NDArray[np.int64]:
        """Return the label (N,) of the largest score; prompts are not read."""
        return np.argmax(np.asarray(images, np.float64) @ self.weights.T + self.bias, axis=1)


Fitted = Alignment | Classifier
L = TypeVar("L", Alignment, Classifier)


def no_alignment(embedding_dim: int) -> Alignment:
    """Return the map that changes nothing."""
    still = np.zeros(embedding_dim)
    return Alignment(still, still)


def fit_text_shift(fit: FitSet) -> Alignment:
    """Add the gap vector to every text and leave lengths alone: no label can change.

    image . (text + gap) = image . text + image . gap, and the second term is the same for every
    class.
    """
    gap = mean_row(fit.images) - mean_row(fit.texts)
    return Alignment(np.zeros_like(gap), -gap, unit=False)


def fit_mean_removal(fit: FitSet) -> Alignment:
    """Subtract each modality's mean and normalise again, as GR-CLIP (arXiv:2507.19054) does."""
    return Alignment(mean_row(fit.images), mean_row(fit.texts))


def shift_along_gap(fit: FitSet, step: float) -> Alignment:
    """Move images by step times the gap towards the texts, and texts by as much towards them."""
    gap = mean_row(fit.images) - mean_row(fit.texts)
    return Alignment(step * gap, -step * gap, setting=step)


def fit_liang_shift(fit: FitSet) -> Alignment:
    """Move images and texts towards or away from each other along the gap (Liang et al. 2022).

    image -> unit(image - step gap), text -> unit(text + step gap); at 0.5 the means meet. The step
    with the best accuracy on the select rows is taken, the one nearest to 0 among equals.
    """
    return best_on_select(fit, [shift_along_gap(fit, step) for step in sorted(STEPS, key=abs)])


def best_on_select(fit: FitSet, fitted: Sequence[L]) -> L:
    """Return the first of these with the most select images labelled right."""
    right = [
        int((one.predict(fit.select_images, fit.prompts) == fit.select_labels).sum())
        for one in fitted
    ]
    return fitted[int(np.argmax(right))]
