"""Linear maps that are no rotations, and a classifier that reads no text."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import svd
from sklearn.linear_model import LogisticRegression, Ridge

from precompute.clip.alignment.maps import Alignment, FitSet, best_on_select
from precompute.clip.alignment.procrustes import class_mean_directions

RIDGE_PENALTIES = (1000.0, 100.0, 10.0, 1.0, 0.1)  # strongest first: it is taken among equals
PROBE_STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0)  # inverse penalties, the strongest penalty first


def fit_ridge(fit: FitSet) -> Alignment:
    """Fit the affine map from images to their classes' prompts with the least penalised squares."""
    targets = np.asarray(fit.prompts, np.float64)[fit.labels]
    maps = []
    for penalty in RIDGE_PENALTIES:
        model = Ridge(alpha=penalty).fit(np.asarray(fit.images, np.float64), targets)
        still = np.zeros(fit.images.shape[1])
        offset = np.asarray(model.intercept_)
        maps.append(Alignment(still, still, model.coef_.T, image_offset=offset, setting=penalty))
    return best_on_select(fit, maps)


def fit_cca(fit: FitSet) -> Alignment:
    """Fit canonical correlation analysis (Hotelling 1936): both sides onto shared directions.

    With K prompts there are at most K - 1 of them.
    """
    images = np.asarray(fit.images, np.float64)
    pairs = np.asarray(fit.prompts, np.float64)[fit.labels]
    means = images.mean(axis=0), pairs.mean(axis=0)
    image_scores, image_back = _whitened(images - means[0])
    text_scores, text_back = _whitened(pairs - means[1])
    left, _, right = svd(image_scores.T @ text_scores, full_matrices=False)
    return Alignment(*means, image_back @ left, text_back @ right.T)


def _whitened(centred: NDArray) -> tuple[NDArray, NDArray]:
    """Return orthonormal scores (n, r) of centred rows (n, D), and the map (D, r) to them."""
    left, singular, axes = svd(centred, full_matrices=False)
    # Float32 embeddings carry no more than seven digits: what lies below is rounding.
    kept = singular > singular[0] * 1e-6
    return left[:, kept], axes[kept].T / singular[kept]


@dataclass(frozen=True)
class Classifier:
    """A linear classifier of images that reads no text."""

    weights: NDArray  # (K, D)
    bias: NDArray  # (K,)
    setting: float = np.nan  # inverse penalty, where select rows chose it

    def predict(self, images: NDArray, prompts: NDArray) -> NDArray[np.int64]:
        """Return the label (N,) of the largest score; prompts are not read."""
        return np.argmax(np.asarray(images, np.float64) @ self.weights.T + self.bias, axis=1)


def fit_class_means(fit: FitSet) -> Classifier:
    """Take the nearest class mean, by cosine."""
    return Classifier(class_mean_directions(fit), np.zeros(len(fit.prompts)))


def fit_probe(fit: FitSet) -> Classifier:
    """Fit a logistic regression on the image embeddings; the penalty is chosen on select rows."""
    return best_on_select(fit, [_probe(fit, strength) for strength in PROBE_STRENGTHS])


def _probe(fit: FitSet, strength: float) -> Classifier:
    model = LogisticRegression(C=strength, max_iter=2000, tol=1e-3)
    model.fit(np.asarray(fit.images, np.float64), fit.labels)
    if len(model.classes_) > 2:
        return Classifier(model.coef_, np.asarray(model.intercept_), strength)
    # Two classes have one row of coefficients, for the second of them.
    bias = np.asarray(model.intercept_)
    weights = np.vstack([-model.coef_, model.coef_])
    return Classifier(weights, np.concatenate([-bias, bias]), strength)
