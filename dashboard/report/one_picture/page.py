"""One picture: what each of the three models makes of the same image."""

import streamlit as st

from dashboard import loaders
from dashboard.charts import image_encoding
from dashboard.report.one_picture import sections, shared_images
from dashboard.ui import formatting, pickers
from dashboard.ui import page as ui_page
from store.schema.clip import layout
from store.schema.vae import reconstructions
from store.schema.vit import labels

LENSES = {  # study -> how it draws, and where its pictures are
    "vit": (
        sections.vit_lens,
        labels.GALLERY_PIXELS,
        "Where does the ViT look, and when does it err?",
    ),
    "vae": (sections.vae_lens, reconstructions.SAMPLE_PIXELS, "What does the VAE keep?"),
    "clip": (sections.clip_lens, layout.THUMBNAIL, "What does CLIP call it, and what is near?"),
}

st.title("What do three models make of one picture?", anchor=False)
studies, faults = loaders.load_all()
found = shared_images.find(studies)
if found:
    everywhere = sum(len(picture.rows) == len(LENSES) for picture in found)
    finding = st.empty()
    st.caption(
        f"{len(found)} pictures of this report are kept by more than one study, {everywhere} of "
        f"them by all three."
    )
    walls = []
    for picture in found:
        study, row = next(iter(picture.rows.items()))
        thumbnail = image_encoding.thumbnail(studies[study].read(LENSES[study][1], row), 48)
        walls.append(image_encoding.uri(thumbnail))
    names = [picture.name for picture in found]
    chosen = found[pickers.pick_picture("Picture", names, walls, "picture")]
    finding.markdown(f"##### {formatting.escaped(sections.words(studies, chosen.rows))}")
    for study, (draw, _, question) in LENSES.items():
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
