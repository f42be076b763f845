"""The router: page settings, navigation and the report picker."""

import sys
from pathlib import Path

import streamlit as st
from altair.utils.schemapi import disable_debug_mode

ROOT = str(Path(__file__).resolve().parents[1])
ICON = str(Path(__file__).with_name("icon.svg"))  # Streamlit fetches its own icons from elsewhere
if ROOT not in sys.path:  # `streamlit run` puts only this folder on the path
    sys.path.insert(0, ROOT)

from dashboard import loaders, navigation  # noqa: E402  (needs the path above)
from dashboard.ui import page as ui_page  # noqa: E402
from dashboard.ui import toolbar  # noqa: E402

disable_debug_mode()  # Altair checks the whole chart at the end; checking each part costs as much
st.set_page_config(page_title="Three Lenses", page_icon=ICON, layout="wide")
page = st.navigation(navigation.sections(), position="sidebar", expanded=True)
ui_page.style()
with st.sidebar:
    ui_page.report_picker()
tools = st.container(horizontal=True, horizontal_alignment="right", key=toolbar.KEY)
try:
    page.run()
except loaders.StoreError as error:
    ui_page.store_panel(error)
finally:  # a page may stop early
    with tools:
        toolbar.draw()
