"""The router: page settings, navigation and the report picker."""

import sys
from pathlib import Path

import streamlit as st
from altair.utils.schemapi import disable_debug_mode

ROOT = str(Path(__file__).resolve().parents[1])
ICON = str(Path(__file__).with_name("icon.svg"))  # Streamlit fetches its own icons from elsewhere
LOGO = str(Path(__file__).with_name("logo.svg"))  # the icon with the name beside it
if ROOT not in sys.path:  # `streamlit run` puts only this folder on the path
    sys.path.insert(0, ROOT)

from dashboard import loaders, navigation  # noqa: E402  (needs the path above)
from dashboard.ui import page_parts, pickers, sessions, toolbar  # noqa: E402

sessions.end_on_the_event_loop()
disable_debug_mode()  # Altair checks the whole chart at the end; checking each part costs as much
st.set_page_config(page_title="Three Lenses", page_icon=ICON, layout="wide")
studies = loaders.studies_here()
page = st.navigation(navigation.sections(studies), position="sidebar", expanded=True)
st.html(page_parts.STYLE)
st.logo(LOGO, size="large", icon_image=ICON)
with st.sidebar:
    if reports := list(loaders.find_reports()):
        about = "Folders of store/data that hold stores."
        pickers.pick("Report", reports, "report", help_text=about)
    else:
        st.caption("No report found yet.")
current = navigation.PAGES[page.url_path.replace("-", "_") or navigation.FIRST]
tools = st.container(horizontal=True, horizontal_alignment="right", key=toolbar.KEY)
try:
    page.run()
    page_parts.sources(current)
except loaders.StoreError as error:
    if not current.study or current.study in studies or not loaders.find_reports():
        page_parts.store_panel(error)
    else:
        page_parts.no_study(current.study)
finally:  # a page may stop early
    with tools:
        toolbar.draw()
page_parts.method(current)  # last on the page, where the export's paper finds it
