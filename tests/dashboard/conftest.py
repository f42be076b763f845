"""Shared by the tests of views: a view opened over some reports, as Streamlit runs it."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import navigation
from tests.support.opened_pages import HOME


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """Return a function that opens a view over a data folder in some state."""

    def open_view(view, state, query=None):
        st.cache_data.clear()
        st.cache_resource.clear()
        monkeypatch.setenv("THREE_LENSES_DATA", str(state(tmp_path / "data")))
        app = AppTest.from_file(str(HOME), default_timeout=60)
        for key, value in (query or {}).items():
            app.query_params[key] = value
        app.run()
        return app if view == "overview" else app.switch_page(navigation.page_file(view)).run()

    return open_view
