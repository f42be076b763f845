"""Every name that a CLIP study stores has a word for the reader, or is shown as it stands."""

import pytest

from dashboard.clip import alignment, modality_gap, titles
from store.schema.clip import names


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        (names.METHODS, titles.METHOD_TITLES),
        (names.STATES, titles.STATE_TITLES),
        (names.METRICS, titles.METRIC_TITLES),
        (names.LAYOUTS, titles.LAYOUT_NOTES),
        (names.ROLES, alignment.MARKS),
        (names.COSINE_KINDS, modality_gap.PAIR_COLOURS),
    ],
)
def test_every_name_has_words_or_a_mark_and_no_words_lack_a_name(stored, words):
    assert set(words) == set(stored)


def test_no_two_names_share_their_words():
    for words in (titles.METHOD_TITLES, titles.STATE_TITLES, titles.METRIC_TITLES):
        assert len(set(words.values())) == len(words)


@pytest.mark.parametrize(
    ("layout", "kind", "axis"),
    [
        ("pca", names.PCA, "PCA"),
        ("gap axis", names.GAP_AXIS, "gap axis"),
        ("umap 15, 0.1", names.UMAP, "UMAP"),
        ("mds 3", "mds", "MDS"),
    ],
)
def test_a_layout_goes_by_its_method_without_its_settings(layout, kind, axis):
    assert titles.layout_kind(layout) == kind
    assert titles.axis_name(layout) == axis
