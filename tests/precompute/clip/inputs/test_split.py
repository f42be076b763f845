"""The split into fit, select and held out: what a fit may read, and what a set holds."""

import dataclasses

import numpy as np
import pytest

from precompute.clip.alignment import maps
from precompute.clip.alignment.methods import METHODS
from precompute.clip.alignment.procrustes import fit_procrustes
from precompute.clip.inputs.embeddings import RandomStreams
from precompute.clip.inputs.split import split_shares, split_train_part
from precompute.statistics import unit_rows
from store.schema.clip.names import FIT, HELD_OUT, SELECT
from tests.support.clouds import fit_set, held_out, make_embeddings


@pytest.mark.parametrize(("part", "words"), [(HELD_OUT, "held out"), (SELECT, "kept for")])
def test_a_fit_that_touches_one_row_of_another_part_raises(part, words):
    embeddings = make_embeddings()
    leaked = np.append(embeddings.split.rows(FIT), embeddings.split.rows(part)[0])
    with pytest.raises(ValueError, match=words):
        maps.fit_set(embeddings, leaked)
    with pytest.raises(ValueError, match="nothing to fit on"):
        maps.fit_set(embeddings, leaked[:0])


@pytest.mark.parametrize("name", METHODS)
def test_what_a_fit_learns_does_not_depend_on_held_out_images(name):
    embeddings = make_embeddings()
    changed = embeddings.images.copy()
    changed[embeddings.split.rows(HELD_OUT)] = changed[0]
    other = dataclasses.replace(embeddings, images=changed)
    images, _ = held_out(embeddings)
    first, second = (
        METHODS[name].fit(fit_set(one), RandomStreams(0, 50)) for one in (embeddings, other)
    )
    assert np.array_equal(
        first.predict(images, embeddings.class_prompts),
        second.predict(images, embeddings.class_prompts),
    )


def test_a_set_of_some_classes_holds_nothing_of_the_others():
    fit = fit_set(make_embeddings())
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
    embeddings = make_embeddings()
    rows = embeddings.split.rows(FIT)
    rows = rows[embeddings.labels[rows] != 2]
    with pytest.raises(ValueError, match="class 2 has no fit image"):
        fit_procrustes(maps.fit_set(embeddings, rows))
    with pytest.raises(ValueError, match="row 1 is 0"):
        unit_rows(np.array([[1.0, 0.0], [0.0, 0.0]]))
