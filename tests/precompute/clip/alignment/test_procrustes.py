"""Orthogonal Procrustes: its algebra, SciPy's implementation, and the pull of the shrunk map."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes
from scipy.stats import ortho_group

from precompute.clip.alignment.procrustes import (
    arbitrary_rotation,
    fit_procrustes,
    fit_procrustes_arbitrary,
    fit_procrustes_centred,
    fit_procrustes_shrunk,
    minimal_rotation,
)
from precompute.clip.modality_gap.measure import gap_floor, measure_gap
from store.schema.clip import alignment
from store.schema.clip import prompts as prompts_schema
from tests.support.clouds import DIM, fit_set, held_out, make_embeddings

SEEDS = st.integers(0, 500)


def scipys(embeddings):
    """SciPy's map on all pairs: fitted with an implementation and a completion of its own."""
    fit = fit_set(embeddings)
    rotation, _ = orthogonal_procrustes(fit.images, fit.prompts[fit.labels])
    return rotation


@given(SEEDS)
def test_the_map_is_orthogonal_and_turns_as_little_as_the_fit_allows(seed):
    embeddings = make_embeddings(seed)
    rotation = fit_procrustes(fit_set(embeddings)).image_map
    np.testing.assert_allclose(rotation.T @ rotation, np.eye(DIM), atol=1e-10)
    theirs = scipys(embeddings)
    assert np.linalg.norm(rotation - np.eye(DIM)) <= np.linalg.norm(theirs - np.eye(DIM)) + 1e-9


@given(SEEDS)
def test_class_means_suffice_the_fit_is_as_good_as_scipys_on_all_pairs(seed):
    embeddings = make_embeddings(seed)
    fit = fit_set(embeddings)
    targets = fit.prompts[fit.labels]
    ours, theirs = fit_procrustes(fit).image_map, scipys(embeddings)
    assert np.linalg.norm(fit.images @ ours - targets) == pytest.approx(
        np.linalg.norm(fit.images @ theirs - targets), rel=1e-9
    )


@given(SEEDS)
def test_logits_of_the_fitted_prompts_do_not_depend_on_the_completion(seed):
    embeddings = make_embeddings(seed)
    fit, (images, _) = fit_set(embeddings), held_out(embeddings)
    logits = [
        images @ rotation @ fit.prompts.T
        for rotation in (
            fit_procrustes(fit).image_map,
            fit_procrustes_arbitrary(fit, np.random.default_rng(seed)).image_map,
            scipys(embeddings),
        )
    ]
    np.testing.assert_allclose(logits[0], logits[1], atol=1e-9)
    np.testing.assert_allclose(logits[0], logits[2], atol=1e-9)


def test_what_was_not_fitted_does_depend_on_the_completion():
    embeddings = make_embeddings(3)
    fit, (images, _) = fit_set(embeddings), held_out(embeddings)
    other = embeddings.by_template[0]
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
    embeddings = make_embeddings(seed)
    fit, (images, _) = fit_set(embeddings), held_out(embeddings)
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
    for embeddings in (
        minimal_rotation(source, source @ planted),
        arbitrary_rotation(source, source @ planted, rng),
    ):
        np.testing.assert_allclose(embeddings, planted, atol=1e-8)


@given(SEEDS)
def test_pairs_that_are_aligned_already_are_left_where_they_are(seed):
    few = np.random.default_rng(seed).normal(size=(3, DIM))  # rank 3 of 16: the rest is free
    np.testing.assert_allclose(minimal_rotation(few, few), np.eye(DIM), atol=1e-8)


@given(SEEDS)
def test_no_orthogonal_map_closes_the_gap_below_the_floor(seed):
    embeddings = make_embeddings(seed)
    images, labels = held_out(embeddings)
    moved = fit_procrustes(fit_set(embeddings)).move_images(images)
    gap = measure_gap(moved, labels, embeddings.texts, embeddings.class_prompts)
    assert gap.distance >= gap_floor(images, embeddings.texts) - 1e-12


def test_a_strong_pull_leaves_only_the_centring_and_a_weak_one_the_rotation(monkeypatch):
    fit = fit_set(make_embeddings())
    monkeypatch.setattr("precompute.clip.alignment.procrustes.SHRINKAGES", (1e9,))
    np.testing.assert_allclose(fit_procrustes_shrunk(fit).image_map, np.eye(DIM), atol=1e-6)
    monkeypatch.setattr("precompute.clip.alignment.procrustes.SHRINKAGES", (1e-9,))
    images, _ = held_out(make_embeddings())
    weak, centred = fit_procrustes_shrunk(fit), fit_procrustes_centred(fit)
    np.testing.assert_allclose(
        weak.move_images(images) @ weak.move_texts(fit.prompts).T,
        centred.move_images(images) @ centred.move_texts(fit.prompts).T,
        atol=1e-5,
    )


def test_the_stored_maps_tolerance_holds_what_embeddings_move_it_by_and_no_other_map():
    fit, rng = fit_set(make_embeddings()), np.random.default_rng(0)
    stored, allowed = fit_procrustes(fit).image_map, alignment.ROTATION.tolerance
    off = prompts_schema.IMAGE_EMBEDDINGS.tolerance
    images = fit.images + rng.uniform(-off, off, fit.images.shape)
    prompts = fit.prompts + rng.uniform(-off, off, fit.prompts.shape)
    again = fit_procrustes(replace(fit, images=images, prompts=prompts)).image_map
    assert np.abs(again - stored).max() < allowed
    for other in (fit_procrustes_arbitrary(fit, rng), fit_procrustes_shrunk(fit)):
        assert np.abs(other.image_map - stored).max() > 10 * allowed
