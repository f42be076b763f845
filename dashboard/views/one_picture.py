"""One picture: what each of the three models makes of the same image."""

import streamlit as st

from dashboard import frame, lenses, loaders, pickers, shared_pictures, wording
from dashboard.charts import pictures
from store.schema import clip_layout, vae, vit

LENSES = {  # study -> how it draws, and where its pictures are
    "vit": (lenses.vit_lens, vit.GALLERY_PIXELS, "Where does the ViT look, and when does it err?"),
    "vae": (lenses.vae_lens, vae.SAMPLE_PIXELS, "What does the VAE keep?"),
    "clip": (lenses.clip_lens, clip_layout.THUMBNAIL, "What does CLIP call it, and what is near?"),
}

st.title("What do three models make of one picture?", anchor=False)
studies, faults = loaders.load_all()
found = shared_pictures.find(studies)
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
        thumbnail = pictures.thumbnail(studies[study].read(LENSES[study][1], row), 48)
        walls.append(pictures.uri(thumbnail))
    names = [picture.name for picture in found]
    chosen = found[pickers.pick_picture("Picture", names, walls, "picture")]
    finding.markdown(f"##### {wording.escaped(lenses.words(studies, chosen.rows))}")
    for study, (draw, _, question) in LENSES.items():
        st.subheader(question, anchor=False)
        if study in chosen.rows:
            draw(studies[study], chosen.rows[study])
        else:
            title = wording.STUDY_TITLES[study]
            st.info(f"The {title} study of this report keeps no copy of this picture.")
elif not faults:
    st.info(
        "The studies of this report looked at different images, so no picture can be shown through "
        "more than one lens. Each study's own pages show its pictures.",
        icon=":material/filter_none:",
    )
for error in faults:
    frame.store_panel(error)
frame.method("one_picture")
