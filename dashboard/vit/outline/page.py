"""Outline: whether attention lies on an object's outline more than its area explains."""

import streamlit as st

from dashboard.ui import page as ui_page
from dashboard.vit.outline import sections
from store.schema.vit import outline

study = ui_page.open_page("Is attention higher on the outline?", "vit", "vit-outline")
if not study.has(*outline.ARRAYS):
    st.info(
        "These pictures come without object masks, so nothing says where an outline lies. A data "
        "set with masks, such as Oxford-IIIT Pet, or a folder of masks beside the folder of "
        "pictures, is needed for this page.",
        icon=":material/texture:",
    )
    ui_page.source(study)
    ui_page.method("outline")
    st.stop()

sections.regions(study)
sections.nulls(study)
sections.causal(study)
sections.heads(study)
ui_page.method("outline")
