"""The same picture in several studies: found by name within one data set, shown lens by lens."""

from dataclasses import replace

import numpy as np
import pytest

from store.schema.clip import layout, prompts
from store.schema.vae import reconstructions
from store.schema.vit import labels
from tests.support import made_up_stores, opened_pages, report_states

NAMES = np.array([f"test-{row:05d}" for row in range(40)])


def contents(study):
    """Return contents whose studies share pictures: row 5 in all three, row 7 in two."""
    made = made_up_stores.make_contents(study)
    shared = {
        "vit": {labels.GALLERY_NAME: NAMES[[5, 7, 1, 2]]},
        "vae": {reconstructions.SAMPLE_IMAGE: np.array([5, 20, 21, 22], dtype="int32")},
        "clip": {
            prompts.IMAGE_NAME: NAMES,
            layout.SHOWN_IMAGE: np.array([5, 7, *range(20, 38)], dtype="int32"),
        },
    }[study]
    return replace(made, arrays=made.arrays | shared)


@pytest.fixture
def one_picture(open_page):
    """Return a function that opens the page over a report of the given contents."""

    def open_over(made, **query):
        app = open_page("one_picture", report_states.holding(*made.values()), **query)
        assert not app.exception
        return app

    return open_over


def words(app):
    return opened_pages.words(app, "info")


def test_a_picture_in_all_three_studies_comes_first_with_every_lens(one_picture):
    app = one_picture({study: contents(study) for study in ("vit", "vae", "clip")})
    text = words(app)
    assert app.selectbox(key="picture").value == "1 · test-00005"
    assert "kept by more than one study, 1 of them by all three" in text
    assert "The ViT says" in text
    assert "the VAE's copy has" in text
    assert "CLIP's nearest prompt names" in text
    assert "keeps no copy" not in text


def test_the_numbers_are_those_of_the_same_picture_in_each_store(one_picture):
    made = {study: contents(study) for study in ("vit", "vae", "clip")}
    app = one_picture(made, picture="2 · test-00007")
    text = words(app)
    label = int(made["clip"].arrays[prompts.PREDICTED][0, 7])
    assert f"CLIP's nearest prompt names {made_up_stores.CLASS_NAMES[label]}" in text
    predicted = int(made["vit"].arrays[labels.GALLERY_TOP_INDEX][1, 0])
    assert f"The ViT says {made_up_stores.CLASS_NAMES[predicted]}" in text
    assert "The VAE study of this report keeps no copy of this picture" in text


def test_studies_of_different_images_share_nothing_and_say_so(one_picture):
    made = {study: contents(study) for study in ("vit", "vae", "clip")}
    for number, study in enumerate(made):
        provenance = replace(made[study].provenance, dataset_digest=str(number) * 64)
        made[study] = replace(made[study], provenance=provenance)
    assert "looked at different images" in words(one_picture(made))


def test_a_missing_study_leaves_the_others_their_pictures(one_picture):
    app = one_picture({study: contents(study) for study in ("vit", "clip")})
    text = words(app)
    assert "this report holds no vae study" in text
    assert "The ViT says" in text


def test_one_patch_of_many_is_not_said_to_be_none(open_page):
    tables = [one.value for one in open_page("one_picture", report_states.committed).dataframe]
    (shares,) = [table["hidden"].tolist() for table in tables if "hidden" in table]
    assert shares[:2] == ["whole", "0.5%"]
