"""A hostile ViT store on the dashboard: its own reason, the next step, and no exception."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import navigation
from tests.support.hostile_files import HOSTILE
from tests.support.made_up_stores import write_report
from tests.support.opened_pages import HOME, words

REFUSED = [case for case in HOSTILE if case.name != "no file"]  # that one is a study left out


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_hostile_store_is_named_on_its_page(case, tmp_path, monkeypatch):
    path = write_report(tmp_path / "data" / "made-up") / "vit.h5"
    case.breaker(path)
    st.cache_data.clear()
    st.cache_resource.clear()
    monkeypatch.setenv("THREE_LENSES_DATA", str(tmp_path / "data"))
    app = AppTest.from_file(str(HOME), default_timeout=60).run()
    app = app.switch_page(navigation.page_file("outline")).run()
    assert not app.exception
    shown = words(app).replace("\\", "")
    assert "This part of the report cannot be shown" in shown
    assert case.says.replace("\\", "") in shown
