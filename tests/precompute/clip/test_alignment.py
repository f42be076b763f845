import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes
from scipy.stats import ortho_group

from precompute.clip.alignment import (
    fit_class_means,
    fit_mean_removal,
    fit_procrustes,
    minimal_rotation,
    no_alignment,
    shuffle_pairs,
    unit_rows,
)
from precompute.clip.gap import gap_floor, measure_gap
from precompute.clip.prompts import nearest_prompt
from precompute.clip.split import FIT, HELD_OUT, SELECT, split_shares, split_train_part
from tests.precompute.clip.clouds import DIM, N_CLASSES, make_clouds

SEEDS = st.integers(0, 500)


def fitted(clouds):
    rows = clouds.split.rows(FIT)
    return fit_procrustes(clouds.split, rows, clouds.images, clouds.labels, clouds.texts)


@given(SEEDS)
def test_the_map_is_orthogonal_and_turns_as_little_as_the_fit_allows(seed):
    clouds = make_clouds(seed)
    rotation = fitted(clouds).rotation
    np.testing.assert_allclose(rotation.T @ rotation, np.eye(DIM), atol=1e-10)
    rows = clouds.split.rows(FIT)
    theirs, _ = orthogonal_procrustes(clouds.images[rows], clouds.texts[clouds.labels[rows]])
    assert np.linalg.norm(rotation - np.eye(DIM)) <= np.linalg.norm(theirs - np.eye(DIM)) + 1e-9


@given(SEEDS)
def test_the_fit_is_as_good_as_scipys_on_all_pairs(seed):
    """K weighted class means stand for all N pairs."""
    clouds = make_clouds(seed)
    rows = clouds.split.rows(FIT)
    images, targets = clouds.images[rows], clouds.texts[clouds.labels[rows]]
    theirs, _ = orthogonal_procrustes(images, targets)
    ours = fitted(clouds).rotation
    assert np.linalg.norm(images @ ours - targets) == pytest.approx(
        np.linalg.norm(images @ theirs - targets), rel=1e-9
    )


@given(SEEDS)
def test_logits_of_the_fitted_prompts_do_not_depend_on_the_completion(seed):
    clouds = make_clouds(seed)
    rows = clouds.split.rows(FIT)
    theirs, _ = orthogonal_procrustes(clouds.images[rows], clouds.texts[clouds.labels[rows]])
    np.testing.assert_allclose(
        clouds.images @ fitted(clouds).rotation @ clouds.texts.T,
        clouds.images @ theirs @ clouds.texts.T,
        atol=1e-9,
    )


@given(SEEDS)
def test_a_planted_rotation_is_found_again(seed):
    rng = np.random.default_rng(seed)
    source = rng.normal(size=(40, DIM))
    planted = ortho_group.rvs(DIM, random_state=rng)
    np.testing.assert_allclose(minimal_rotation(source, source @ planted), planted, atol=1e-8)


@given(SEEDS)
def test_pairs_that_are_aligned_already_are_left_where_they_are(seed):
    few = np.random.default_rng(seed).normal(size=(3, DIM))  # rank 3 of 16: the rest is free
    np.testing.assert_allclose(minimal_rotation(few, few), np.eye(DIM), atol=1e-8)


@given(SEEDS)
def test_no_orthogonal_map_closes_the_gap_below_the_floor(seed):
    clouds = make_clouds(seed)
    held_out = clouds.images[clouds.split.rows(HELD_OUT)]
    labels = clouds.labels[clouds.split.rows(HELD_OUT)]
    moved = fitted(clouds).move_images(held_out)
    gap = measure_gap(moved, labels, clouds.texts, clouds.texts)
    assert gap.distance >= gap_floor(held_out, clouds.texts) - 1e-12


def test_shuffled_pairs_close_the_gap_as_well_and_lose_the_labels():
    clouds = make_clouds(3)
    rows, held_out = clouds.split.rows(FIT), clouds.split.rows(HELD_OUT)
    labels = shuffle_pairs(clouds.labels, rows, np.random.default_rng(0))
    control = fit_procrustes(clouds.split, rows, clouds.images, labels, clouds.texts)
    assert (labels[held_out] == clouds.labels[held_out]).all()
    assert sorted(labels[rows]) == sorted(clouds.labels[rows])
    assert (labels[rows] != clouds.labels[rows]).any()

    def judged(alignment):
        moved = alignment.move_images(clouds.images[held_out])
        right = nearest_prompt(moved, clouds.texts) == clouds.labels[held_out]
        gap = measure_gap(moved, clouds.labels[held_out], clouds.texts, clouds.texts)
        return gap.distance, right.mean()

    before, _ = judged(no_alignment(DIM))
    gap, accuracy = judged(fitted(clouds))
    shuffled_gap, shuffled_accuracy = judged(control)
    assert gap < 0.5 * before
    assert shuffled_gap < 0.5 * before
    assert accuracy > 0.9 > shuffled_accuracy


def test_no_alignment_returns_the_same_numbers():
    clouds = make_clouds()
    assert (no_alignment(DIM).move_images(clouds.images) == clouds.images).all()
    assert (no_alignment(DIM).move_texts(clouds.texts) == clouds.texts).all()


def test_mean_removal_subtracts_means_and_reads_no_label():
    clouds = make_clouds()
    rows = clouds.split.rows(FIT)
    alignment = fit_mean_removal(clouds.split, rows, clouds.images, clouds.texts)
    expected = clouds.images - clouds.images[rows].mean(axis=0)
    np.testing.assert_allclose(alignment.move_images(clouds.images), unit_rows(expected))
    gap = measure_gap(
        alignment.move_images(clouds.images),
        clouds.labels,
        alignment.move_texts(clouds.texts),
        alignment.move_texts(clouds.texts),
    )
    before = measure_gap(clouds.images, clouds.labels, clouds.texts, clouds.texts)
    assert gap.distance < 0.2 * before.distance


FITS = {
    "Procrustes": lambda clouds, rows: fit_procrustes(
        clouds.split, rows, clouds.images, clouds.labels, clouds.texts
    ),
    "mean removal": lambda clouds, rows: fit_mean_removal(
        clouds.split, rows, clouds.images, clouds.texts
    ),
    "class means": lambda clouds, rows: fit_class_means(
        clouds.split, rows, clouds.images, clouds.labels, N_CLASSES
    ),
}


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
@pytest.mark.parametrize(("part", "words"), [(HELD_OUT, "held out"), (SELECT, "kept for")])
def test_a_fit_that_touches_one_row_of_another_part_raises(fit, part, words):
    clouds = make_clouds()
    leaked = np.append(clouds.split.rows(FIT), clouds.split.rows(part)[0])
    with pytest.raises(ValueError, match=words):
        fit(clouds, leaked)


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_what_a_fit_learns_does_not_depend_on_held_out_images(fit):
    clouds, rows = make_clouds(), make_clouds().split.rows(FIT)
    changed = make_clouds()
    changed.images[changed.split.rows(HELD_OUT)] = changed.images[0]
    first, second = fit(clouds, rows), fit(changed, rows)
    first, second = (getattr(found, "rotation", found) for found in (first, second))
    assert np.array_equal(first, second)


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
    clouds = make_clouds()
    rows = clouds.split.rows(FIT)
    rows = rows[clouds.labels[rows] != 2]
    with pytest.raises(ValueError, match="class 2 has no fit image"):
        fit_procrustes(clouds.split, rows, clouds.images, clouds.labels, clouds.texts)
    with pytest.raises(ValueError, match="row 1 is 0"):
        unit_rows(np.array([[1.0, 0.0], [0.0, 0.0]]))
