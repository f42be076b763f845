"""A plane between images and texts: judged on classes that it never met, with what is not known."""

import numpy as np
import pytest

from precompute.clip.bootstrap import draw_resamples
from precompute.clip.modality_gap.separability import Separability, separability
from precompute.statistics import share

K = 10


@pytest.mark.parametrize(("shift", "value"), [(0, 0.5), (5, 1.0)])
@pytest.mark.parametrize("n_classes", [2, K])
def test_a_plane_tells_nothing_in_one_cloud_and_everything_in_two(shift, value, n_classes):
    rng = np.random.default_rng(0)
    images, texts = rng.normal(size=(300, 6)) + shift, rng.normal(size=(200, 6)) - shift
    told = separability(images, np.arange(300) % n_classes, texts, np.arange(200) % n_classes)
    assert told.value == pytest.approx(value, abs=0.07)


def test_copies_of_a_text_are_of_no_help_to_the_plane():
    rng = np.random.default_rng(0)
    classes = rng.normal(size=(K, 64))
    labels, text_labels = np.arange(600) % K, np.arange(200) % K
    images = classes[labels] + rng.normal(size=(600, 64))
    one_of_each = classes + rng.normal(size=(K, 64))  # as far from the class as its images are
    copies = one_of_each[text_labels] + 0.05 * rng.normal(size=(200, 64))
    assert separability(images, labels, copies, text_labels).value < 0.7


def told(n_images, wrong_images, n_texts, wrong_texts):
    return Separability(np.arange(n_images) >= wrong_images, np.arange(n_texts) >= wrong_texts)


def test_the_interval_knows_how_many_images_and_how_many_classes_there_are():
    resamples = draw_resamples(K, 1000, np.random.default_rng(0))
    labels = np.arange(K)
    many, few = (told(n, 0, K, 0).estimate(labels, resamples) for n in (4000, 4))
    assert many.low == pytest.approx((share(4000, 4000).low + 1) / 2)
    assert many.low > 0.99
    assert few.low == pytest.approx((share(4, 4).low + 1) / 2)
    missed = told(4000, 0, K, 2).estimate(labels, resamples)  # 8 of 10 texts, no image wrong
    assert missed.value == 0.9
    assert missed.high - missed.low > 0.2


def test_two_classes_of_texts_are_no_evidence_however_many_their_templates():
    resamples = draw_resamples(2, 1000, np.random.default_rng(0))
    estimate = told(4000, 0, 160, 0).estimate(np.arange(160) % 2, resamples)
    assert estimate.value == 1
    assert estimate.low < 0.7
