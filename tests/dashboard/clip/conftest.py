"""Shared by the tests of CLIP's pages: a page opened over a made-up store."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import navigation
from store.writer import publish
from tests.support import report_states
from tests.support.opened_pages import HOME


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """Return a function that opens a page over a made-up CLIP store."""
    report_states.committed(tmp_path)
    monkeypatch.setenv("THREE_LENSES_DATA", str(tmp_path))

    def open_page(view, contents, query=None):
        publish(tmp_path / "embedded" / "clip.h5", contents)
        st.cache_data.clear()
        st.cache_resource.clear()
        app = AppTest.from_file(str(HOME), default_timeout=100)
        for key, value in (query or {}).items():
            app.query_params[key] = value
        return app.run().switch_page(navigation.page_file(view)).run()

    return open_page
