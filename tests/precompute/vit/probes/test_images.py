"""Which images probes are fitted on and which judge them; and why there may be no probes."""

from dataclasses import replace

import numpy as np
import pytest

from precompute.data.image_set import ImageSet, drawing_order
from precompute.data.registry import load_images
from precompute.settings import load_profile
from precompute.vit.probes.images import ProbeImages, choose_images, halves, n_passes

SETTINGS = load_profile("embedded").study("vit")
FOLDER = replace(SETTINGS, images="a/folder", model="another")


def images_of(labels, classes=("cat", "dog", "owl")):
    return ImageSet(
        name="folder",
        digest="0",
        names=tuple(f"{row}.png" for row in range(len(labels))),
        labels=np.array(labels, np.int64),
        class_names=classes,
        read=lambda row: None,
    )


def test_a_set_in_two_parts_is_fitted_on_one_and_judged_on_the_other(tmp_path):
    chosen = choose_images(SETTINGS, load_images("FashionMNIST", "test", tmp_path), tmp_path)
    assert isinstance(chosen, ProbeImages)
    assert (len(chosen.fit), len(chosen.test)) == (SETTINGS.n_probe_fit, SETTINGS.n_probe_test)
    assert {name[:5] for name in chosen.fit.names} == {"train"}
    assert {name[:4] for name in chosen.test.names} == {"test"}
    assert chosen.trained_on
    # The masking study's own images come first, under the rows that seed their masks.
    study = drawing_order(10_000, SETTINGS.seed)[: SETTINGS.n_images]
    np.testing.assert_array_equal(chosen.test_rows[: SETTINGS.n_images], study)
    assert chosen.test.names[0] == f"test-{study[0]:05d}"


def test_a_folder_is_halved_class_by_class(tmp_path):
    folder = images_of([0] * 30 + [1] * 21 + [2] * 40)
    chosen = choose_images(FOLDER, folder, tmp_path)
    assert isinstance(chosen, ProbeImages)
    assert not set(chosen.fit.names) & set(chosen.test.names)
    assert len(chosen.fit) + len(chosen.test) == 91
    assert np.bincount(chosen.fit.labels).tolist() == [15, 11, 20]
    assert not chosen.trained_on
    again = choose_images(
        replace(FOLDER, seed=1), images_of([0] * 30 + [1] * 21 + [2] * 40), tmp_path
    )
    assert chosen.fit.names != again.fit.names


def test_halves_keep_the_order_and_leave_none_out():
    labels, order = np.array([0, 0, 1, 0, 1, 0]), np.array([5, 4, 3, 2, 1, 0])
    fit, test = halves(labels, order)
    assert fit.tolist() == [5, 4, 1]
    assert test.tolist() == [3, 2, 0]


@pytest.mark.parametrize(
    ("labels", "classes", "words"),
    [
        ([-1] * 50, (), "without classes"),
        ([0] * 50, ("cat",), "of one class"),
        ([0] * 40 + [1] * 40 + [2] * 6, ("cat", "dog", "owl"), "of “owl” there are 3."),
        ([0] * 19 + [1] * 19, ("cat", "dog"), "beside those to fit on there are 18."),
    ],
)
def test_images_that_no_probe_can_be_fitted_on_give_one_reason(labels, classes, words, tmp_path):
    reason = choose_images(FOLDER, images_of(labels, classes), tmp_path)
    assert isinstance(reason, str)
    assert words in reason


def test_the_passes_are_counted_by_weights_and_views():
    assert n_passes(SETTINGS, 10_000) == 2 * (SETTINGS.n_probe_fit + 3 * SETTINGS.n_probe_test)
    assert n_passes(FOLDER, 101) == 2 * (51 + 3 * 50)
