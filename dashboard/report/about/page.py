"""About: where every number comes from, what was left out, and how to check it."""

import streamlit as st

from dashboard import loaders
from dashboard.report import provenance
from dashboard.ui import formatting
from dashboard.ui import page as ui_page

st.title("Where do these numbers come from?", anchor=False)
st.markdown(
    "Every number on these pages was read from one of the files below. They were written once, by "
    "the command shown, and are never edited."
)
for name in loaders.STUDY_NAMES:
    st.subheader(formatting.STUDY_TITLES[name], anchor=False)
    try:
        study = loaders.load_study(name)
    except loaders.StoreError as error:
        ui_page.store_panel(error)
        continue
    st.dataframe(
        provenance.rows(study),
        hide_index=True,
        height="content",
        alt=f"Provenance of the {name} study",
    )
    with st.expander("Settings and preprocessing"):
        st.json(
            {"settings": study.provenance.settings, "preprocessing": study.provenance.preprocessing}
        )
    skipped = study.store.skipped
    st.markdown(f"**Images left out:** {len(skipped)}")
    if skipped:
        st.dataframe(
            {"image": [s.name for s in skipped], "reason": [s.reason for s in skipped]},
            alt="Images that were left out, and why",
        )
    st.markdown("**Check the file** against its own digests, then build it again:")
    st.code(provenance.commands(study), language=None, wrap_lines=True)
ui_page.method("about")
