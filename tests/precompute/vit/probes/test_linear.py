"""Linear probes: a planted signal is read, noise is not, and scikit-learn's pipeline agrees."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from precompute.vit.probes.linear import fit_all, fit_probe

N, D, CLASSES, STRENGTH = 600, 8, 3, 0.1
LABELS = np.arange(N) % CLASSES


def planted(seed, strength, scale=1.0):
    """Features (N, D) whose first CLASSES columns say the class, this much beyond the noise."""
    features = np.random.default_rng(seed).normal(size=(N, D))
    features[np.arange(N), LABELS] += strength
    return (scale * features + 7).astype(np.float32)


def accuracy(probe, features):
    weights, biases = probe
    return ((features @ weights.T + biases).argmax(axis=1) == LABELS).mean()


def test_a_planted_signal_is_read_on_images_that_were_not_fitted():
    probe = fit_probe(planted(0, 4.0), LABELS, STRENGTH)
    assert accuracy(probe, planted(1, 4.0)) > 0.97


def test_noise_stays_at_chance():
    probe = fit_probe(planted(0, 0.0), LABELS, STRENGTH)
    # Three standard deviations of a share of 600 at 1/3.
    assert accuracy(probe, planted(1, 0.0)) == pytest.approx(1 / 3, abs=3 * 0.0193)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_it_equals_scikit_learns_own_pipeline(n_classes):
    features, labels = planted(0, 1.0, scale=[1, 10, 0.1, 1, 1, 1, 1, 1]), LABELS % n_classes
    model = LogisticRegression(C=STRENGTH, max_iter=5000, tol=1e-6)
    pipeline = make_pipeline(StandardScaler(), model).fit(features.astype(np.float64), labels)
    weights, biases = fit_probe(features, labels, STRENGTH)
    other = planted(1, 1.0, scale=[1, 10, 0.1, 1, 1, 1, 1, 1])
    scores = other @ weights.T + biases
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(chances, pipeline.predict_proba(other), atol=2e-3)


def test_features_on_any_scale_give_the_same_classes():
    features, other = planted(0, 1.0), planted(1, 1.0)
    weights, biases = fit_probe(features, LABELS, STRENGTH)
    stretched = fit_probe(1000 * features - 3, LABELS, STRENGTH)
    expected = (other @ weights.T + biases).argmax(axis=1)
    again = ((1000 * other - 3) @ stretched[0].T + stretched[1]).argmax(axis=1)
    assert (again == expected).mean() > 0.995  # L-BFGS ends within its tolerance


def test_features_that_are_the_same_everywhere_get_no_weight_and_name_one_class():
    constant = np.tile(np.linspace(-1, 1, D), (N, 1)).astype(np.float32)
    weights, biases = fit_probe(constant, LABELS, STRENGTH)
    assert not weights.any()
    assert len(set((constant @ weights.T + biases).argmax(axis=1))) == 1


def test_every_layer_and_pooling_has_a_probe_of_its_own():
    blank, told = planted(0, 0.0), planted(0, 4.0)
    features = np.stack([np.stack([blank, told], 1), np.stack([told, blank], 1)], axis=1)
    fitted = fit_all({"one": features, "two": features[:, ::-1]}, LABELS, STRENGTH)
    predicted = fitted["one"].predict(features)
    assert predicted.shape == (N, 2, 2)
    right = (predicted == LABELS[:, None, None]).mean(axis=0)
    assert (right[[0, 1], [1, 0]] > 0.97).all()
    assert (right[[0, 1], [0, 1]] < 0.5).all()
    np.testing.assert_array_equal(fitted["two"].predict(features[:, ::-1]), predicted[:, ::-1])
