"""Maps: what algebra says of them, what reaches a fit, and second implementations."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes
from scipy.stats import ortho_group
from sklearn.cross_decomposition import CCA

from precompute.clip.alignment import (
    STEPS,
    fit_liang_shift,
    fit_mean_removal,
    fit_text_shift,
    no_alignment,
    shift_along_gap,
    take_fit,
    unit_rows,
)
from precompute.clip.embeddings import Draws
from precompute.clip.gap import gap_floor, measure_gap
from precompute.clip.linear_maps import fit_cca, fit_ridge
from precompute.clip.methods import METHODS, PROCRUSTES, SHUFFLED
from precompute.clip.procrustes import (
    arbitrary_rotation,
    fit_procrustes,
    fit_procrustes_arbitrary,
    fit_procrustes_centred,
    fit_procrustes_shrunk,
    minimal_rotation,
)
from precompute.clip.split import FIT, HELD_OUT, SELECT, split_shares, split_train_part
from tests.precompute.clip.clouds import DIM, fit_set, held_out, make_found

SEEDS = st.integers(0, 500)
DRAWS = Draws(0, 50)


def scipys(found):
    """SciPy's map on all pairs: fitted with an implementation and a completion of its own."""
    fit = fit_set(found)
    rotation, _ = orthogonal_procrustes(fit.images, fit.prompts[fit.labels])
    return rotation


@given(SEEDS)
def test_the_map_is_orthogonal_and_turns_as_little_as_the_fit_allows(seed):
    found = make_found(seed)
    rotation = fit_procrustes(fit_set(found)).image_map
    np.testing.assert_allclose(rotation.T @ rotation, np.eye(DIM), atol=1e-10)
    theirs = scipys(found)
    assert np.linalg.norm(rotation - np.eye(DIM)) <= np.linalg.norm(theirs - np.eye(DIM)) + 1e-9


@given(SEEDS)
def test_class_means_suffice_the_fit_is_as_good_as_scipys_on_all_pairs(seed):
    found = make_found(seed)
    fit = fit_set(found)
    targets = fit.prompts[fit.labels]
    ours, theirs = fit_procrustes(fit).image_map, scipys(found)
    assert np.linalg.norm(fit.images @ ours - targets) == pytest.approx(
        np.linalg.norm(fit.images @ theirs - targets), rel=1e-9
    )


@given(SEEDS)
def test_logits_of_the_fitted_prompts_do_not_depend_on_the_completion(seed):
    found = make_found(seed)
    fit, (images, _) = fit_set(found), held_out(found)
    logits = [
        images @ rotation @ fit.prompts.T
        for rotation in (
            fit_procrustes(fit).image_map,
            fit_procrustes_arbitrary(fit, np.random.default_rng(seed)).image_map,
            scipys(found),
        )
    ]
    np.testing.assert_allclose(logits[0], logits[1], atol=1e-9)
    np.testing.assert_allclose(logits[0], logits[2], atol=1e-9)


def test_what_was_not_fitted_does_depend_on_the_completion():
    found = make_found(3)
    fit, (images, _) = fit_set(found), held_out(found)
    other = found.by_template[0]
    minimal, arbitrary = (
        images @ one.image_map @ other.T
        for one in (
            fit_procrustes(fit),
            fit_procrustes_arbitrary(fit, np.random.default_rng(0)),
        )
    )
    assert np.abs(minimal - arbitrary).max() > 0.02


@given(SEEDS)
def test_moving_images_to_texts_or_texts_to_images_gives_the_same_logits(seed):
    found = make_found(seed)
    fit, (images, _) = fit_set(found), held_out(found)
    weights = np.sqrt(fit.counts)[:, None]
    source, target = weights * fit.class_means, weights * fit.prompts
    there, back = minimal_rotation(source, target), minimal_rotation(target, source)
    np.testing.assert_allclose(
        images @ there @ fit.prompts.T, images @ (fit.prompts @ back).T, atol=1e-9
    )


@given(SEEDS)
def test_a_planted_rotation_is_found_again_by_every_completion(seed):
    rng = np.random.default_rng(seed)
    source = rng.normal(size=(40, DIM))
    planted = ortho_group.rvs(DIM, random_state=rng)
    for found in (
        minimal_rotation(source, source @ planted),
        arbitrary_rotation(source, source @ planted, rng),
    ):
        np.testing.assert_allclose(found, planted, atol=1e-8)


@given(SEEDS)
def test_pairs_that_are_aligned_already_are_left_where_they_are(seed):
    few = np.random.default_rng(seed).normal(size=(3, DIM))  # rank 3 of 16: the rest is free
    np.testing.assert_allclose(minimal_rotation(few, few), np.eye(DIM), atol=1e-8)


@given(SEEDS)
def test_no_orthogonal_map_closes_the_gap_below_the_floor(seed):
    found = make_found(seed)
    images, labels = held_out(found)
    moved = fit_procrustes(fit_set(found)).move_images(images)
    gap = measure_gap(moved, labels, found.texts, found.class_prompts)
    assert gap.distance >= gap_floor(images, found.texts) - 1e-12


def judged(name, found):
    fitted = METHODS[name].fit(fit_set(found), DRAWS)
    images, labels = held_out(found)
    prompts = fitted.move_texts(found.class_prompts)
    gap = measure_gap(fitted.move_images(images), labels, fitted.move_texts(found.texts), prompts)
    return gap.distance, (fitted.predict(images, found.class_prompts) == labels).mean()


def test_shuffled_pairs_close_the_gap_as_well_and_lose_the_labels():
    found = make_found(3)
    before, _ = judged("none", found)
    gap, accuracy = judged(PROCRUSTES, found)
    shuffled_gap, shuffled_accuracy = judged(SHUFFLED, found)
    _, rolled_accuracy = judged("procrustes_rolled", found)
    assert gap < 0.5 * before
    assert shuffled_gap < 0.5 * before
    assert accuracy > 0.9 > shuffled_accuracy > rolled_accuracy


@given(SEEDS)
def test_a_shift_of_the_texts_changes_no_label_and_closes_the_gap(seed):
    found = make_found(seed, spread=1.5)
    images, _ = held_out(found)
    moved = fit_text_shift(fit_set(found))
    none = no_alignment(DIM)
    assert np.array_equal(
        moved.predict(images, found.class_prompts), none.predict(images, found.class_prompts)
    )
    still = moved.move_images(images).mean(axis=0) - moved.move_texts(found.texts).mean(axis=0)
    before = images.mean(axis=0) - found.texts.mean(axis=0)
    assert np.linalg.norm(still) < 0.3 * np.linalg.norm(before)


def test_no_alignment_returns_the_same_numbers():
    found = make_found()
    assert (no_alignment(DIM).move_images(found.images) == found.images).all()
    assert (no_alignment(DIM).move_texts(found.texts) == found.texts).all()


def test_mean_removal_subtracts_means_and_reads_no_label():
    found = make_found()
    fit = fit_set(found)
    moved = fit_mean_removal(fit).move_images(found.images)
    np.testing.assert_allclose(moved, unit_rows(found.images - fit.images.mean(axis=0)))
    shuffled = fit_mean_removal(fit.relabelled(fit.labels[::-1]))
    assert np.array_equal(shuffled.image_shift, fit_mean_removal(fit).image_shift)


def test_half_a_step_along_the_gap_brings_the_means_together_and_0_is_one_of_the_steps():
    fit = fit_set(make_found())
    half = shift_along_gap(fit, 0.5)
    images, texts = fit.images - half.image_shift, fit.texts - half.text_shift
    np.testing.assert_allclose(images.mean(axis=0), texts.mean(axis=0), atol=1e-12)
    assert 0.0 in STEPS
    assert len(set(STEPS)) == len(STEPS)
    chosen = fit_liang_shift(fit).image_shift / (fit.images.mean(axis=0) - fit.texts.mean(axis=0))
    assert np.round(chosen[0], 6) in np.round(STEPS, 6)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_prediction_equals_moving_everything_and_taking_the_largest_product(seed):
    found = make_found(seed, spread=1.0)
    images, _ = held_out(found)
    for method in METHODS.values():
        fitted = method.fit(fit_set(found), DRAWS)
        if not hasattr(fitted, "move_images"):
            continue
        products = fitted.move_images(images) @ fitted.move_texts(found.class_prompts).T
        assert np.array_equal(fitted.predict(images, found.class_prompts), products.argmax(axis=1))


def test_a_strong_pull_leaves_only_the_centring_and_a_weak_one_the_rotation(monkeypatch):
    fit = fit_set(make_found())
    monkeypatch.setattr("precompute.clip.procrustes.SHRINKAGES", (1e9,))
    np.testing.assert_allclose(fit_procrustes_shrunk(fit).image_map, np.eye(DIM), atol=1e-6)
    monkeypatch.setattr("precompute.clip.procrustes.SHRINKAGES", (1e-9,))
    images, _ = held_out(make_found())
    weak, centred = fit_procrustes_shrunk(fit), fit_procrustes_centred(fit)
    np.testing.assert_allclose(
        weak.move_images(images) @ weak.move_texts(fit.prompts).T,
        centred.move_images(images) @ centred.move_texts(fit.prompts).T,
        atol=1e-5,
    )


def test_ridge_equals_the_normal_equations():
    fit = fit_set(make_found())
    fitted = fit_ridge(fit)
    means = fit.images.mean(axis=0), fit.prompts[fit.labels].mean(axis=0)
    x, y = fit.images - means[0], fit.prompts[fit.labels] - means[1]
    byhand = [
        np.linalg.solve(x.T @ x + penalty * np.eye(DIM), x.T @ y)
        for penalty in (1000.0, 100.0, 10.0, 1.0, 0.1)
    ]
    assert any(np.allclose(fitted.image_map, one, atol=1e-8) for one in byhand)
    moved = fit.images.mean(axis=0) @ fitted.image_map + fitted.image_offset
    np.testing.assert_allclose(moved, means[1], atol=1e-8)  # means go to means


def test_canonical_correlations_equal_scikit_learns():
    fit = fit_set(make_found(spread=1.0))
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


@pytest.mark.parametrize(("part", "words"), [(HELD_OUT, "held out"), (SELECT, "kept for")])
def test_a_fit_that_touches_one_row_of_another_part_raises(part, words):
    found = make_found()
    leaked = np.append(found.split.rows(FIT), found.split.rows(part)[0])
    with pytest.raises(ValueError, match=words):
        take_fit(found, leaked)
    with pytest.raises(ValueError, match="nothing to fit on"):
        take_fit(found, leaked[:0])


@pytest.mark.parametrize("name", METHODS)
def test_what_a_fit_learns_does_not_depend_on_held_out_images(name):
    found = make_found()
    changed = found.images.copy()
    changed[found.split.rows(HELD_OUT)] = changed[0]
    other = dataclasses.replace(found, images=changed)
    images, _ = held_out(found)
    first, second = (METHODS[name].fit(fit_set(one), DRAWS) for one in (found, other))
    assert np.array_equal(
        first.predict(images, found.class_prompts), second.predict(images, found.class_prompts)
    )


def test_a_set_of_some_classes_holds_nothing_of_the_others():
    fit = fit_set(make_found())
    some = fit.of_classes(np.array([3, 1]))
    np.testing.assert_array_equal(some.prompts, fit.prompts[[3, 1]])
    assert np.array_equal(some.images[some.labels == 0], fit.images[fit.labels == 3])
    assert np.array_equal(some.texts[some.text_labels == 1], fit.texts[fit.text_labels == 1])
    assert set(some.select_labels) == {0, 1}


def test_shares_are_cut_within_each_class():
    labels = np.repeat([0, 1, 2], [10, 20, 70])
    split = split_shares(labels, 0.4, 0.1, np.random.default_rng(0))
    assert np.bincount(labels[split.rows(FIT)]).tolist() == [4, 8, 28]
    assert np.bincount(labels[split.rows(SELECT)]).tolist() == [1, 2, 7]
    assert np.bincount(labels[split.rows(HELD_OUT)]).tolist() == [5, 10, 35]


def test_with_a_train_part_every_test_image_is_held_out():
    labels = np.tile([0, 1], 50)
    split = split_train_part(labels, 60, 0.4, 0.1, np.random.default_rng(0))
    assert (split.part[60:] == HELD_OUT).all()
    assert set(split.part[:60]) == {FIT, SELECT}


def test_a_class_without_a_fit_image_and_a_row_of_zeros_are_refused():
    found = make_found()
    rows = found.split.rows(FIT)
    rows = rows[found.labels[rows] != 2]
    with pytest.raises(ValueError, match="class 2 has no fit image"):
        fit_procrustes(take_fit(found, rows))
    with pytest.raises(ValueError, match="row 1 is 0"):
        unit_rows(np.array([[1.0, 0.0], [0.0, 0.0]]))
