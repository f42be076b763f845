"""Shared by the tests of pages: a page opened over reports in some state, as Streamlit runs it."""

from functools import cache

import pytest
import streamlit as st

from dashboard.loaders import DATA_VARIABLE
from tests.support import opened_pages


@pytest.fixture(scope="session")
def reports_in(tmp_path_factory):
    """Return a function that gives a data folder in some state: read it, do not change it."""
    return cache(lambda state: state(tmp_path_factory.mktemp(state.__name__) / "data"))


@pytest.fixture(scope="session")
def page_of(reports_in):
    """Return a function that gives a page over reports in some state: read it, do not use it.

    Each is opened once and serves all tests.
    """

    @cache
    def open_once(view, state, **query):
        return opened_pages.open_page(view, reports_in(state), query)

    yield open_once
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def open_page(tmp_path, monkeypatch):
    """Return a function that opens a page over reports of the test's own, to use or to change."""
    st.cache_data.clear()
    st.cache_resource.clear()

    def open_over(view, state, **query):
        data = state(tmp_path / "reports")
        monkeypatch.setenv(DATA_VARIABLE, str(data))
        return opened_pages.open_page(view, data, query)

    return open_over
