"""Every name that a ViT study stores has a word for the reader."""

import pytest

from dashboard.vit import titles
from dashboard.vit.attention import METHODS
from store.schema import STUDIES
from store.schema.vit import names

SHARES = [name for name in names.SINK_MEASURES if name != names.TOP_IS_OUTLIER]


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        (names.ARMS, titles.ARM_TITLES),
        (names.FILLS, titles.FILL_TITLES),
        (names.RANKED_MAPS, titles.MAP_TITLES),
        (names.DIRECTIONS, titles.DIRECTION_TITLES),
        (names.VERSIONS, titles.VERSION_TITLES),
        (
            [name for name in names.SINK_MEASURES if name != names.TOP_IS_OUTLIER],
            titles.SINK_TITLES,
        ),
    ],
)
def test_every_name_has_words_and_no_words_lack_a_name(stored, words):
    assert set(words) == set(stored)
    assert len(set(words.values())) == len(words)


def test_every_attribution_that_has_a_map_per_picture_can_be_chosen_and_drawn():
    stored = STUDIES["vit"].by_path()
    result = {name for name in names.ATTRIBUTIONS if f"attention/{name}" in stored}
    assert {names.CLS_ATTENTION, names.CLASS_SPECIFIC} <= result <= set(METHODS)
