"""Whether a plane tells images from texts whose class it never met."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import GroupKFold

from precompute.clip.bootstrap import FEW_CLUSTERS, Resamples
from precompute.statistics import Estimate, share

N_FOLDS = 5  # of whole classes; fewer where the classes are fewer


@dataclass(frozen=True)
class Separability:
    """Which images and texts lie on their own side of the plane."""

    images: NDArray[np.bool_]  # (N,)
    texts: NDArray[np.bool_]  # (T,)

    @property
    def value(self) -> float:
        """Mean of both kinds' shares; 0.5 is chance."""
        return float(self.images.mean() + self.texts.mean()) / 2

    def estimate(self, text_labels: NDArray[np.int64], of_classes: Resamples) -> Estimate:
        """Return the value, between the means of both kinds' lower and upper ends.

        Images have Wilson's interval, texts that of `share_of_texts`.

        text_labels: (T,) class of each text. of_classes: resamples of all classes.
        """
        of_images = share(int(self.images.sum()), len(self.images))
        of_texts = share_of_texts(self.texts, text_labels, of_classes)
        return Estimate(
            self.value, (of_images.low + of_texts.low) / 2, (of_images.high + of_texts.high) / 2
        )


def share_of_texts(
    hits: NDArray[np.bool_], text_labels: NDArray[np.int64], of_classes: Resamples
) -> Estimate:
    """Return the share of texts (T,) that hit, with a bootstrap over classes.

    Texts of one class are nearly alike. Where all hit or none, the interval has no width: Wilson's
    would know of the classes alone, and ten alike could then never reach 0.95.
    """
    (estimate,) = of_classes.estimate_shares(hits[:, None], text_labels)
    if of_classes.n_images >= FEW_CLUSTERS and estimate.value in (0, 1):
        return Estimate(*(estimate.value,) * 3)
    return estimate


def separability(
    images: NDArray, labels: NDArray[np.int64], texts: NDArray, text_labels: NDArray[np.int64]
) -> Separability:
    """Tell images from texts by planes that are each judged on classes held out of their fit.

    The texts of one class are near copies, so a plane that met some of them knows the others by
    heart: it tells them apart even where each is as good as an image of its class.

    images: (N, D). labels: (N,) class of each image. texts: (T, D), of two classes at least.
    text_labels: (T,) class of each text.
    """
    rows = np.vstack([images, texts]).astype(np.float64)
    classes = np.concatenate([labels, text_labels])
    is_text = np.arange(len(rows)) >= len(images)
    right = np.zeros(len(rows), bool)
    n_folds = min(N_FOLDS, len(np.unique(text_labels)))
    folds = GroupKFold(n_folds, shuffle=True, random_state=0)
    for train, test in folds.split(rows, groups=classes):
        plane = RidgeClassifier(alpha=1e-3, class_weight="balanced")
        right[test] = plane.fit(rows[train], is_text[train]).predict(rows[test]) == is_text[test]
    return Separability(right[: len(images)], right[len(images) :])
