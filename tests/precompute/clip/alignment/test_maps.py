"""Maps: what reaches the labels and the gap, and second implementations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cross_decomposition import CCA

from precompute.clip.alignment.maps import (
    STEPS,
    fit_liang_shift,
    fit_mean_removal,
    fit_text_shift,
    no_alignment,
    shift_along_gap,
)
from precompute.clip.alignment.methods import METHODS, RIDGE_PENALTIES, fit_cca, fit_ridge
from precompute.clip.inputs.embeddings import RandomStreams
from precompute.clip.modality_gap.measure import measure_gap
from precompute.statistics import unit_rows
from store.schema.clip.names import (
    LOGISTIC_PROBE,
    PROCRUSTES,
    PROCRUSTES_SHRUNK,
    PROCRUSTES_SHUFFLED,
)
from tests.support.clouds import DIM, fit_set, held_out, make_embeddings

SEEDS = st.integers(0, 500)
DRAWS = RandomStreams(0, 50)


def judged(name, embeddings):
    fitted = METHODS[name].fit(fit_set(embeddings), DRAWS)
    images, labels = held_out(embeddings)
    prompts = fitted.move_texts(embeddings.class_prompts)
    gap = measure_gap(
        fitted.move_images(images), labels, fitted.move_texts(embeddings.texts), prompts
    )
    return gap.distance, (fitted.predict(images, embeddings.class_prompts) == labels).mean()


def test_shuffled_pairs_close_the_gap_as_well_and_lose_the_labels():
    embeddings = make_embeddings(3)
    before, _ = judged("none", embeddings)
    gap, accuracy = judged(PROCRUSTES, embeddings)
    shuffled_gap, shuffled_accuracy = judged(PROCRUSTES_SHUFFLED, embeddings)
    _, rolled_accuracy = judged("procrustes_rolled", embeddings)
    assert gap < 0.5 * before
    assert shuffled_gap < 0.5 * before
    assert accuracy > 0.9 > shuffled_accuracy > rolled_accuracy


@given(SEEDS)
def test_a_shift_of_the_texts_changes_no_label_and_closes_the_gap(seed):
    embeddings = make_embeddings(seed, spread=1.5)
    images, _ = held_out(embeddings)
    moved = fit_text_shift(fit_set(embeddings))
    none = no_alignment(DIM)
    assert np.array_equal(
        moved.predict(images, embeddings.class_prompts),
        none.predict(images, embeddings.class_prompts),
    )
    still = moved.move_images(images).mean(axis=0) - moved.move_texts(embeddings.texts).mean(axis=0)
    before = images.mean(axis=0) - embeddings.texts.mean(axis=0)
    assert np.linalg.norm(still) < 0.3 * np.linalg.norm(before)


def test_no_alignment_returns_the_same_numbers():
    embeddings = make_embeddings()
    assert (no_alignment(DIM).move_images(embeddings.images) == embeddings.images).all()
    assert (no_alignment(DIM).move_texts(embeddings.texts) == embeddings.texts).all()


def test_mean_removal_subtracts_means_and_reads_no_label():
    embeddings = make_embeddings()
    fit = fit_set(embeddings)
    moved = fit_mean_removal(fit).move_images(embeddings.images)
    np.testing.assert_allclose(moved, unit_rows(embeddings.images - fit.images.mean(axis=0)))
    shuffled = fit_mean_removal(fit.relabelled(fit.labels[::-1]))
    assert np.array_equal(shuffled.image_shift, fit_mean_removal(fit).image_shift)


def test_half_a_step_along_the_gap_brings_the_means_together_and_0_is_one_of_the_steps():
    fit = fit_set(make_embeddings())
    half = shift_along_gap(fit, 0.5)
    images, texts = fit.images - half.image_shift, fit.texts - half.text_shift
    np.testing.assert_allclose(images.mean(axis=0), texts.mean(axis=0), atol=1e-12)
    assert 0.0 in STEPS
    assert len(set(STEPS)) == len(STEPS)
    fitted = fit_liang_shift(fit)
    gap = fit.images.mean(axis=0) - fit.texts.mean(axis=0)
    np.testing.assert_allclose(fitted.image_shift, fitted.setting * gap, atol=1e-12)
    assert fitted.setting in STEPS


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_prediction_equals_moving_everything_and_taking_the_largest_product(seed):
    embeddings = make_embeddings(seed, spread=1.0)
    images, _ = held_out(embeddings)
    for method in METHODS.values():
        fitted = method.fit(fit_set(embeddings), DRAWS)
        if not hasattr(fitted, "move_images"):
            continue
        products = fitted.move_images(images) @ fitted.move_texts(embeddings.class_prompts).T
        assert np.array_equal(
            fitted.predict(images, embeddings.class_prompts), products.argmax(axis=1)
        )


def test_ridge_equals_the_normal_equations():
    fit = fit_set(make_embeddings())
    fitted = fit_ridge(fit)
    means = fit.images.mean(axis=0), fit.prompts[fit.labels].mean(axis=0)
    x, y = fit.images - means[0], fit.prompts[fit.labels] - means[1]
    byhand = np.linalg.solve(x.T @ x + fitted.setting * np.eye(DIM), x.T @ y)
    np.testing.assert_allclose(fitted.image_map, byhand, atol=1e-8)
    assert fitted.setting in RIDGE_PENALTIES
    moved = fit.images.mean(axis=0) @ fitted.image_map + fitted.image_offset
    np.testing.assert_allclose(moved, means[1], atol=1e-8)  # means go to means


def test_a_setting_is_the_first_of_those_that_label_most_select_images_right():
    fit = fit_set(make_embeddings(spread=2.0))
    right = [
        (shift_along_gap(fit, step).predict(fit.select_images, fit.prompts) == fit.select_labels)
        for step in sorted(STEPS, key=abs)
    ]
    best = sorted(STEPS, key=abs)[int(np.argmax([one.sum() for one in right]))]
    assert fit_liang_shift(fit).setting == best
    chosen = {name for name, one in METHODS.items() if one.fit(fit, DRAWS).setting > -np.inf}
    assert chosen == {"liang_shift", PROCRUSTES_SHRUNK, "ridge", LOGISTIC_PROBE}


def test_canonical_correlations_equal_scikit_learns():
    fit = fit_set(make_embeddings(spread=1.0))
    ours = fit_cca(fit)
    pairs = fit.prompts[fit.labels]
    images = (fit.images - ours.image_shift) @ ours.image_map
    texts = (pairs - ours.text_shift) @ ours.text_map
    assert images.shape[1] == 4  # five classes
    mine = [np.corrcoef(a, b)[0, 1] for a, b in zip(images.T, texts.T, strict=True)]
    theirs = CCA(n_components=4, scale=False, max_iter=5000, tol=1e-10)
    scores = theirs.fit_transform(fit.images, (pairs - pairs.mean(0)) @ ours.text_map)
    expected = [np.corrcoef(a, b)[0, 1] for a, b in zip(*(s.T for s in scores), strict=True)]
    np.testing.assert_allclose(mine, expected, atol=1e-4)
