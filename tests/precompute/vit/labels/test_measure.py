"""Labels found by their names."""

import numpy as np
import pytest

from precompute.vit.labels.measure import find_labels, match_labels, puzzle_labels


def test_puzzle_like_labels_are_found_by_any_of_their_names():
    names = ("tabby, tabby cat", "crossword puzzle, crossword", "maze, labyrinth", "amaze")
    assert puzzle_labels(names).tolist() == [1, 2]


def test_labels_match_whole_names_or_not_at_all():
    labels = np.array([0, 1, -1])
    assert match_labels(labels, ("Boot", "Coat"), ("coat", "boot")).tolist() == [1, 0, -1]
    assert match_labels(labels, ("Boot", "Cat"), ("coat", "boot")).tolist() == [-1, -1, -1]


def test_an_expected_label_that_the_model_lacks_is_named():
    assert find_labels(["B"], ["a", "b"]).tolist() == [1]
    with pytest.raises(ValueError, match="no label 'c'"):
        find_labels(["c"], ["a", "b"])


def test_a_label_that_the_model_has_twice_is_as_good_as_unknown():
    crane_twice = ("heron", "crane", "anvil", "Crane")  # as ImageNet's bird and machine
    assert match_labels(np.array([0, 1]), ("heron", "crane"), crane_twice).tolist() == [-1, -1]
    assert match_labels(np.array([0, 1]), ("heron", "anvil"), crane_twice).tolist() == [0, 2]
    with pytest.raises(ValueError, match="no label 'crane', or more than one"):
        find_labels(["crane"], crane_twice)
