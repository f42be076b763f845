"""Multinomial logistic regressions on standardised features, one per layer and pooling."""

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from precompute.cli import progress
from precompute.compute.shards import Arrays

MOST_STEPS = 1000  # of L-BFGS; standardised features take some tens
TOLERANCE = 1e-3  # of the gradient


@dataclass(frozen=True)
class LinearProbes:
    """A linear classifier of each layer and pooling, on features as they come."""

    weights: NDArray[np.float64]  # (L + 1, poolings, K, D)
    biases: NDArray[np.float64]  # (L + 1, poolings, K)

    def predict(self, features: NDArray) -> NDArray[np.int64]:
        """Return the class (n, L + 1, poolings) of features (n, L + 1, poolings, D)."""
        scores = np.einsum("nlpd,lpkd->nlpk", features.astype(np.float64), self.weights)
        return (scores + self.biases).argmax(axis=-1)


Fitted = Mapping[str, LinearProbes]  # by whose weights the features are


def fit_all(features: Arrays, labels: NDArray[np.int64], strength: float) -> Fitted:
    """Fit a probe on every layer and pooling of features (n, L + 1, poolings, D), by weights.

    labels: (n,) classes from 0 to K - 1, every one present. strength: inverse of the penalty, C of
    scikit-learn's LogisticRegression.
    """
    n_probes = sum(math.prod(values.shape[1:3]) for values in features.values())
    fitted = {}
    with progress.bar("probes: fitting", n_probes, "probes") as advance:
        for weights, values in features.items():
            shape, probes = values.shape[1:3], []
            for layer, pooling in np.ndindex(*shape):
                probes.append(fit_probe(values[:, layer, pooling], labels, strength))
                advance()
            slopes, biases = map(np.stack, zip(*probes, strict=True))
            n_classes = biases.shape[-1]
            fitted[weights] = LinearProbes(
                slopes.reshape(*shape, n_classes, -1), biases.reshape(*shape, n_classes)
            )
    return fitted


def fit_probe(
    features: NDArray, labels: NDArray[np.int64], strength: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return weights (K, D) and biases (K,) of one probe, for features (n, D) as they come.

    A feature that is the same on all images, as the CLS token's are before the first layer, says
    nothing: it gets no weight.
    """
    exact = features.astype(np.float64)
    mean, spread = exact.mean(axis=0), exact.std(axis=0)
    varies = spread > 1e-6 * np.abs(exact).max(axis=0, initial=0)  # beyond float32's rounding
    scale = np.divide(1, spread, out=np.zeros_like(spread), where=varies)
    model = LogisticRegression(C=strength, max_iter=MOST_STEPS, tol=TOLERANCE)
    with warnings.catch_warnings():  # said below, in our words
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit((exact - mean) * scale, labels)
    if model.n_iter_.max() >= MOST_STEPS:
        progress.console.print(f"  a probe had not settled after {MOST_STEPS} steps; it is used so")
    weights, biases = model.coef_ * scale, np.asarray(model.intercept_)
    if len(model.classes_) == 2:  # which have one row, for the second of them
        weights, biases = np.vstack([-weights, weights]) / 2, np.concatenate([-biases, biases]) / 2
    return weights, biases - weights @ mean
