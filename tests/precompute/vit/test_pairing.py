import numpy as np
import pytest

from precompute.vit.pairing import partners


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_in_a_folder_sorted_by_class_the_partner_is_of_another(n_classes):
    labels = np.repeat(np.arange(n_classes), 10)
    others = labels[partners(np.arange(len(labels)), len(labels))]
    assert (others != labels).all()


@pytest.mark.parametrize("n_images", [2, 3, 7, 50])
def test_everyone_is_one_others_partner_and_not_its_own(n_images):
    rows = np.arange(n_images)
    found = partners(rows, n_images)
    assert sorted(found) == rows.tolist()
    assert (found != rows).all()


def test_an_image_alone_is_its_own_partner():
    assert partners(np.array([0]), 1).tolist() == [0]
