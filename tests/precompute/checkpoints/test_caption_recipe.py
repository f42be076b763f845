"""Captions say of a picture what is measured on it."""

import numpy as np
import pytest

from precompute.checkpoints import caption_recipe
from precompute.data import fashion_mnist


@pytest.fixture(scope="module")
def test_split():
    return fashion_mnist.load("test")


@pytest.fixture(scope="module")
def train_split():
    return fashion_mnist.load("train")


def test_thresholds_are_the_thirds_of_the_training_images(train_split):
    measured = caption_recipe.measure(train_split.images)
    for name, cuts in caption_recipe.THIRDS.items():
        thirds = np.quantile(measured[name], [1 / 3, 2 / 3])
        np.testing.assert_allclose(cuts, thirds, rtol=1e-3)


def test_attributes_of_a_drawn_picture_are_known():
    picture = np.zeros((1, 28, 28), np.uint8)
    picture[0, 4:24, 10:15] = 51  # 20 high, 5 wide, a fifth of full brightness
    measured = caption_recipe.measure(picture)
    assert measured["brightness"][0] == pytest.approx(0.2)
    assert measured["area"][0] == pytest.approx(100 / 784)
    assert measured["aspect"][0] == pytest.approx(4)
    assert measured["texture"][0] == pytest.approx(0.2 * 10 / 100)  # two edges of 5 pixels


def test_same_seed_writes_the_same_hundreds_of_captions(test_split):
    thirds = caption_recipe.describe(test_split.images)

    def write(seed):
        return caption_recipe.write(
            thirds, test_split.labels, np.random.default_rng(seed), 0.5
        ).texts

    assert write(0) == write(0)
    assert write(0) != write(1)
    assert len(set(write(0))) >= 200


def test_every_caption_holds_for_its_own_picture_and_only_for_its_class(test_split):
    thirds, labels = caption_recipe.describe(test_split.images[:500]), test_split.labels[:500]
    written = caption_recipe.write(thirds, labels, np.random.default_rng(0), 0.5)
    true = caption_recipe.holds(written, thirds, labels)
    assert true.diagonal().all()
    assert not true[labels[:, None] != labels[None, :]].any()
