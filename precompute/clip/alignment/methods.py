"""Every way of bringing images and texts together that is judged, with controls and baselines."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import svd
from sklearn.linear_model import LogisticRegression, Ridge

from precompute.clip.alignment import maps, procrustes
from precompute.clip.alignment.maps import Alignment, Classifier, FitSet, Fitted, best_on_select
from precompute.clip.inputs.embeddings import RandomStreams
from precompute.statistics import unit_rows
from store.schema.clip import names

# Fitted again on few images per class.
SHOT_METHODS = (names.PROCRUSTES, names.PROCRUSTES_SHRUNK, names.CLASS_MEAN)
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
    solid = singular > singular[0] * 1e-6
    return left[:, solid], axes[solid].T / singular[solid]


def fit_class_means(fit: FitSet) -> Classifier:
    """Take the nearest class mean, by cosine."""
    return Classifier(unit_rows(fit.class_means), np.zeros(len(fit.prompts)))


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


@dataclass(frozen=True)
class Method:
    """How one method is fitted, and what it reads."""

    role: str  # one of ROLES
    about: str
    fit: Callable[[FitSet, RandomStreams], Fitted]


def _shuffled(fit: FitSet, streams: RandomStreams) -> Alignment:
    labels = streams.stream("shuffle").permutation(fit.labels)
    return procrustes.fit_procrustes(fit.relabelled(labels))


def _rolled(fit: FitSet, _streams: RandomStreams) -> Alignment:
    return procrustes.fit_procrustes(fit.relabelled((fit.labels + 1) % len(fit.prompts)))


METHODS: Mapping[str, Method] = {
    names.NONE: Method(
        names.BASELINE_ROLE,
        "Embeddings as they are.",
        lambda fit, _: maps.no_alignment(fit.images.shape[1]),
    ),
    names.TEXT_SHIFT: Method(
        names.CONTROL_ROLE,
        "Adds the gap vector to every text, without normalising: no label can change.",
        lambda fit, _: maps.fit_text_shift(fit),
    ),
    names.MEAN_REMOVAL: Method(
        names.METHOD_ROLE,
        "Subtracts the mean fit image and the mean text, then normalises; reads no labels, but "
        "assumes that the fit images have the classes' usual shares.",
        lambda fit, _: maps.fit_mean_removal(fit),
    ),
    names.LIANG_SHIFT: Method(
        names.METHOD_ROLE,
        "Moves both along the gap vector, then normalises (Liang et al. 2022); the step is chosen "
        "on the select images.",
        lambda fit, _: maps.fit_liang_shift(fit),
    ),
    names.PROCRUSTES: Method(
        names.METHOD_ROLE,
        "Orthogonal map from fit images to their classes' prompts; reads the labels of the fit "
        "images, so it is supervised. Completed by the smallest rotation.",
        lambda fit, _: procrustes.fit_procrustes(fit),
    ),
    names.PROCRUSTES_ARBITRARY: Method(
        names.METHOD_ROLE,
        "The same map; what the fit leaves open is drawn at random, as SciPy leaves it to LAPACK.",
        lambda fit, streams: procrustes.fit_procrustes_arbitrary(fit, streams.stream("completion")),
    ),
    names.PROCRUSTES_CENTRED: Method(
        names.METHOD_ROLE,
        "The same after subtracting the mean fit image and the mean paired prompt.",
        lambda fit, _: procrustes.fit_procrustes_centred(fit),
    ),
    names.PROCRUSTES_SHRUNK: Method(
        names.METHOD_ROLE,
        "Centred, and pulled towards doing nothing by a strength chosen on the select images; 1 is "
        "as strong as the fit's strongest direction.",
        lambda fit, _: procrustes.fit_procrustes_shrunk(fit),
    ),
    names.RIDGE: Method(
        names.METHOD_ROLE,
        "Affine least squares from images to their prompts; the penalty is chosen on the select "
        "images.",
        lambda fit, _: fit_ridge(fit),
    ),
    names.CCA: Method(
        names.METHOD_ROLE,
        "Canonical correlation analysis onto at most K - 1 shared directions; its gap and cosines "
        "are measured in that space.",
        lambda fit, _: fit_cca(fit),
    ),
    names.PROCRUSTES_SHUFFLED: Method(
        names.CONTROL_ROLE,
        "Procrustes fitted on shuffled pairs, which carry no information.",
        _shuffled,
    ),
    names.PROCRUSTES_ROLLED: Method(
        names.CONTROL_ROLE, "Procrustes fitted on the next class's prompt for every image.", _rolled
    ),
    names.RANDOM_ROTATION: Method(
        names.CONTROL_ROLE,
        "A random rotation of the images, fitted on nothing.",
        lambda fit, streams: procrustes.random_rotation(
            fit.images.shape[1], streams.stream("rotation")
        ),
    ),
    names.CLASS_MEAN: Method(
        names.BASELINE_ROLE,
        "The nearest class mean of the fit images; reads labels and no text, so it has no gap.",
        lambda fit, _: fit_class_means(fit),
    ),
    names.LOGISTIC_PROBE: Method(
        names.BASELINE_ROLE,
        "Logistic regression on image embeddings, its inverse penalty chosen on the select images; "
        "reads labels and no text, so it has no gap.",
        lambda fit, _: fit_probe(fit),
    ),
}
