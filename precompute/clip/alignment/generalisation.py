"""What a map is worth beyond its fit: other templates, classes left out, fewer images."""

from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from precompute.cli.progress import Advance
from precompute.clip.alignment.maps import Alignment, FitSet, take_fit
from precompute.clip.alignment.methods import METHODS, NONE, SHOT_METHODS
from precompute.clip.bootstrap import Resamples
from precompute.clip.inputs.embeddings import Draws, Embeddings
from precompute.clip.inputs.split import FIT
from precompute.clip.modality_gap.retrieval import score_blocks
from precompute.statistics import UNDEFINED, Estimate

N_PARTS = 2  # the classes are cut in two: each half is left out once
N_CUTS = 5  # anew so many times: which classes are left out matters more than which images
LEAST_CLASSES = 2 * N_PARTS  # a choice among one class would be right by itself


@dataclass(frozen=True)
class Shots:
    """Held-out accuracy of maps that were fitted on few images per class."""

    methods: tuple[str, ...]  # (M,)
    per_class: tuple[int, ...]  # (S,) the last is all of them
    accuracy: NDArray  # (M, S, draws)
    crossing: NDArray[np.int64]  # (M,) fewest images from which the mean is not below none; -1

    def rows(self) -> NDArray:
        """Return (M, S, 3): mean, lowest and highest of the draws."""
        drawn = self.accuracy
        return np.stack([drawn.mean(axis=-1), drawn.min(axis=-1), drawn.max(axis=-1)], axis=-1)


def other_templates(
    fitted: Alignment, found: Embeddings, images: NDArray, labels: NDArray, resamples: Resamples
) -> Estimate:
    """Return the accuracy with templates that the map was not fitted on, averaged over them."""
    others = np.delete(found.by_template, found.main, axis=0)
    if not len(others):
        return UNDEFINED
    texts = others.reshape(-1, others.shape[-1])
    right = np.empty(len(labels))
    for rows in score_blocks(len(labels), len(texts)):
        scores = fitted.order(images[rows], texts)
        predicted = scores.reshape(-1, *others.shape[:2]).argmax(axis=-1)  # (rows, T - 1)
        right[rows] = (predicted == labels[rows, None]).mean(axis=1)
    return resamples.estimate_mean(right)


def unseen_classes(
    name: str, found: Embeddings, fit: FitSet, resamples: Resamples, draws: Draws
) -> tuple[Estimate, Estimate]:
    """Return the accuracy on classes that the map never met.

    The classes are cut in two at random; a map fitted on one half is judged on the held-out images
    of the other, so that every held-out image is judged once by each of N_CUTS cuts.

    Returns:
        Choosing among the unseen classes alone, and among all classes; means over the cuts, with
        intervals over images.
    """
    n_classes = len(found.class_names)
    if n_classes < LEAST_CLASSES:
        return UNDEFINED, UNDEFINED
    images, labels = found.images[found.held_out], found.labels[found.held_out]
    right, rng = np.zeros((2, len(labels))), draws.stream("folds")
    cuts = [np.array_split(rng.permutation(n_classes), N_PARTS) for _ in range(N_CUTS)]
    for unseen in chain.from_iterable(cuts):
        seen = np.setdiff1d(np.arange(n_classes), unseen)
        fitted = METHODS[name].fit(fit.of_classes(seen), draws)
        rows = np.isin(labels, unseen)
        among = fitted.predict(images[rows], found.class_prompts[unseen])
        right[0, rows] += unseen[among] == labels[rows]
        right[1, rows] += fitted.predict(images[rows], found.class_prompts) == labels[rows]
    among_unseen, among_all = right / N_CUTS
    return resamples.estimate_mean(among_unseen), resamples.estimate_mean(among_all)


def few_shots(
    found: Embeddings, wanted: tuple[int, ...], n_draws: int, draws: Draws, advance: Advance
) -> Shots:
    """Fit on so many images per class, drawn n_draws times; the smaller draws lie in the larger.

    Settings that a method chooses are chosen on all select images, as with the full fit.
    """
    rows = found.split.rows(FIT)
    labels = found.labels[rows]
    counts = np.bincount(labels, minlength=len(found.class_names))
    per_class = (*sorted(k for k in wanted if k < counts.min()), int(counts.max()))
    images, truth = found.images[found.held_out], found.labels[found.held_out]
    accuracy = np.empty((len(SHOT_METHODS), len(per_class), n_draws))
    rng = draws.stream("shots")
    for draw in range(n_draws):
        order = _ranks_within(labels, rng)
        for shot, most in enumerate(per_class):
            fit = take_fit(found, rows[order < most])
            for row, name in enumerate(SHOT_METHODS):
                predicted = METHODS[name].fit(fit, draws).predict(images, found.class_prompts)
                accuracy[row, shot, draw] = (predicted == truth).mean()
            advance(1, "")
    still = METHODS[NONE].fit(take_fit(found, rows), draws)
    line = float((still.predict(images, found.class_prompts) == truth).mean())
    return Shots(SHOT_METHODS, per_class, accuracy, _crossings(per_class, accuracy, line))


def _ranks_within(labels: NDArray, rng: np.random.Generator) -> NDArray[np.int64]:
    """Number the rows of each class from 0 in a random order (n,)."""
    ranks = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        ranks[rows] = rng.permutation(len(rows))
    return ranks


def _crossings(per_class: tuple[int, ...], accuracy: NDArray, line: float) -> NDArray[np.int64]:
    """Return the fewest shots from which each method's mean stays at the line or above; or -1."""
    above = accuracy.mean(axis=-1) >= line - 1e-12
    stays = np.logical_and.accumulate(above[:, ::-1], axis=1)[:, ::-1]
    return np.array([per_class[int(np.argmax(row))] if row.any() else -1 for row in stays])
