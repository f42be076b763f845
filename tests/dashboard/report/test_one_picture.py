"""The same picture in several studies: found by name within one data set, shown lens by lens."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import navigation
from store.schema.clip import layout, prompts
from store.schema.vae import reconstructions
from store.schema.vit import labels
from store.writer import publish
from tests.support import made_up_stores

HOME = Path(__file__).resolve().parents[3] / "dashboard" / "Home.py"
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
def page(tmp_path, monkeypatch):
    """Return a function that opens the page over a report of the given contents."""

    def open_page(made, **query):
        for study, what in made.items():
            publish(tmp_path / "report" / f"{study}.h5", what)
        st.cache_data.clear()
        st.cache_resource.clear()
        monkeypatch.setenv("THREE_LENSES_DATA", str(tmp_path))
        app = AppTest.from_file(str(HOME), default_timeout=60)
        for key, value in query.items():
            app.query_params[key] = value
        app.run()
        app.switch_page(navigation.page_file("one_picture")).run()
        assert not app.exception
        return app

    return open_page


def words(app):
    kinds = ("markdown", "caption", "info")
    found = "\n".join(element.value for kind in kinds for element in app.get(kind))
    return found.replace("\\", "")


def test_a_picture_in_all_three_studies_comes_first_with_every_lens(page):
    app = page({study: contents(study) for study in ("vit", "vae", "clip")})
    text = words(app)
    assert app.selectbox(key="picture").value == "1 · test-00005"
    assert "kept by more than one study, 1 of them by all three" in text
    assert "The ViT says" in text
    assert "the VAE's copy has" in text
    assert "CLIP's nearest prompt names" in text
    assert "keeps no copy" not in text


def test_the_numbers_are_those_of_the_same_picture_in_each_store(page):
    made = {study: contents(study) for study in ("vit", "vae", "clip")}
    app = page(made, picture="2 · test-00007")
    text = words(app)
    label = int(made["clip"].arrays[prompts.PREDICTED][0, 7])
    assert f"CLIP's nearest prompt names {made_up_stores.CLASS_NAMES[label]}" in text
    said = int(made["vit"].arrays[labels.GALLERY_TOP_INDEX][1, 0])
    assert f"The ViT says {made_up_stores.CLASS_NAMES[said]}" in text
    assert "The VAE study of this report keeps no copy of this picture" in text


def test_studies_of_different_images_share_nothing_and_say_so(page):
    made = {study: contents(study) for study in ("vit", "vae", "clip")}
    for number, study in enumerate(made):
        said = replace(made[study].provenance, dataset_digest=str(number) * 64)
        made[study] = replace(made[study], provenance=said)
    assert "looked at different images" in words(page(made))


def test_a_missing_study_leaves_the_others_their_pictures(page):
    app = page({study: contents(study) for study in ("vit", "clip")})
    text = words(app)
    assert "this report holds no vae study" in text
    assert "The ViT says" in text
