"""One picture: what each of the three models makes of the same image."""

import streamlit as st

from dashboard import loaders
from dashboard.charts import image_encoding
from dashboard.report.one_picture import sections
from dashboard.ui import formatting, pickers
from dashboard.ui import page as ui_page
from store.schema.clip import layout
from store.schema.vae import reconstructions
from store.schema.vit import labels

STUDIES = {  # study -> how it is drawn, where its images are, and what it is asked
    "vit": (
        sections.vit_section,
        labels.GALLERY_PIXELS,
        "Where does the ViT look, and when does it err?",
    ),
    "vae": (sections.vae_section, reconstructions.SAMPLE_PIXELS, "What does the VAE keep?"),
    "clip": (sections.clip_section, layout.THUMBNAIL, "What does CLIP call it, and what is near?"),
}

st.title("What do three models make of one picture?", anchor=False)
studies, faults = loaders.load_all()
shared = sections.find_shared(studies)
if shared:
    everywhere = sum(len(image.rows) == len(STUDIES) for image in shared)
    finding = st.empty()
    st.caption(
        f"{len(shared)} pictures of this report are kept by more than one study, {everywhere} of "
        f"them by all three."
    )
    thumbnails = []
    for image in shared:
        study, row = next(iter(image.rows.items()))
        thumbnail = image_encoding.thumbnail(studies[study].read(STUDIES[study][1], row), 48)
        thumbnails.append(image_encoding.uri(thumbnail))
    names = [image.name for image in shared]
    chosen = shared[pickers.pick_picture("Picture", names, thumbnails, "picture")]
    finding.markdown(f"##### {formatting.escaped(sections.summary(studies, chosen.rows))}")
    for study, (draw, _, question) in STUDIES.items():
        st.subheader(question, anchor=False)
        if study in chosen.rows:
            draw(studies[study], chosen.rows[study])
        else:
            title = formatting.STUDY_TITLES[study]
            st.info(f"The {title} study of this report keeps no copy of this picture.")
elif not faults:
    st.info(
        "The studies of this report looked at different images, so no picture can be shown through "
        "more than one lens. Each study's own pages show its pictures.",
        icon=":material/filter_none:",
    )
for error in faults:
    ui_page.store_panel(error)
ui_page.method("one_picture")
