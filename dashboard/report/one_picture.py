"""One picture: what each of the three models makes of the same image."""

from collections import Counter

import pandas as pd
import streamlit as st

from dashboard import loaders
from dashboard.charts import image_encoding
from dashboard.clip import images as clip_images
from dashboard.loaders import Study
from dashboard.ui import figures, formatting, page_parts, pickers, pictures
from dashboard.vae.reconstructions import COPY
from dashboard.vit import attention_charts, masking
from dashboard.vit import titles as vit_titles
from store.schema.clip import layout, prompts
from store.schema.clip import names as clip_names
from store.schema.vae import reconstructions
from store.schema.vit import attention, labels, names

SIDE = 148  # px; two fit on a phone
LEAST_STUDIES = 2  # one study alone has its own pages
KEPT_ROWS = {  # study -> the rows of the data set that its store keeps as images
    "vae": reconstructions.SAMPLE_IMAGE,
    "clip": layout.SHOWN_IMAGE,
}


def find_shared(studies: dict[str, Study]) -> dict[str, dict[str, int]]:
    """Return by name the images that at least two studies hold, those that most hold first.

    Each has, by study, its row in that study's gallery, samples or shown images.
    """
    # Names mean the same image only within one data set, so studies of another one are left out.
    digests = Counter(study.provenance.dataset_digest for study in studies.values())
    commonest = next(iter(digests.most_common(1)), ("", 0))[0]
    same = {k: s for k, s in studies.items() if s.provenance.dataset_digest == commonest}
    by_name: dict[str, dict[str, int]] = {}
    for study_name, study in same.items():
        for image, row in _rows_by_name(study, same.get("clip")).items():
            by_name.setdefault(image, {})[study_name] = row
    shared = {
        name: by_name[name] for name in sorted(by_name) if len(by_name[name]) >= LEAST_STUDIES
    }
    return dict(sorted(shared.items(), key=lambda item: -len(item[1])))


def _rows_by_name(study: Study, clip: Study | None) -> dict[str, int]:
    """Return the row of each image that a study keeps whole, by the image's name."""
    # The VAE's store names no image: it counts the data set's images. CLIP's store counts the
    # same and names them, so that a report without CLIP has no name for what the VAE keeps.
    if study.name not in KEPT_ROWS:
        names = study.read(labels.GALLERY_NAME)
    elif clip is None or not clip.has(prompts.IMAGE_NAME):
        return {}
    else:
        of_dataset = clip.read(prompts.IMAGE_NAME)
        if study.size("image") != len(of_dataset):
            return {}
        names = of_dataset[study.read(KEPT_ROWS[study.name])]
    return {name: row for row, name in enumerate(names.tolist())}


def summary(studies: dict[str, Study], rows: dict[str, int]) -> str:
    """Return what each study makes of a picture that it holds at this row, in one sentence."""
    parts = []
    if "vit" in rows:
        study, row = studies["vit"], rows["vit"]
        label = study.class_name(int(study.read(labels.GALLERY_TOP_INDEX, row)[0]))
        parts.append(f"the ViT says {label}")
    if "vae" in rows:
        study = studies["vae"]
        image = int(study.read(reconstructions.SAMPLE_IMAGE)[rows["vae"]])
        ratio = float(study.read(reconstructions.LAPLACIAN_RATIO)[image])
        parts.append(f"the VAE's copy has {ratio:.0%} of its sharpness")
    if "clip" in rows:
        study = studies["clip"]
        image = int(study.read(layout.SHOWN_IMAGE)[rows["clip"]])
        wording = clip_images.wording_of(study, clip_names.PLAIN_STYLE) or 0  # any, where none is
        label = study.class_name(int(study.read(prompts.PREDICTED, wording)[image]))
        parts.append(f"CLIP's nearest prompt names {label}")
    sentence = "; ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}."


def vit_section(study: Study, row: int) -> None:
    """Draw where the ViT's last layer attends, and what it says as patches are hidden."""
    pixels = study.read(labels.GALLERY_PIXELS, row)
    heads = study.read(attention.CLS_ATTENTION, row)[-1].astype("float32")
    mean_attention = heads.mean(axis=0)  # (row, column) of patches
    left, right = st.columns([1, 1.25], gap="large")
    with left:
        st.markdown("**Where it attends**")
        st.caption("CLS attention of the last layer, mean of its heads, on this map's own scale")
        smooth = attention_charts.is_photograph(pixels)
        draw = attention_charts.attention_map
        figures.numbers(*figures.fixed(draw, mean_attention, pixels, smooth=smooth))
    with right:
        st.markdown("**What it says as patches are hidden**")
        what = f"{vit_titles.ARM_TITLES[names.SCATTERED]}, filled: "
        what += vit_titles.FILL_TITLES[names.BLACK]
        st.caption(formatting.escaped(what))
        table = masking.strip(study, row, names.BLACK, SIDE)
        figures.numbers(table, "The first label as patches are hidden")


def vae_section(study: Study, row: int) -> None:
    """Draw what the VAE keeps of the picture, with the figures of this picture."""
    four = image_encoding.copies(*(study.read(part, row) for part in COPY))
    pictures.captioned(list(four.values()), list(four), SIDE)
    st.caption("Difference: orange where the original is brighter, blue where the copy is.")
    measured = {
        "sharpness, copy over original": reconstructions.LAPLACIAN_RATIO,
        "squared error": reconstructions.SQUARED_ERROR,
        "squared error of PCA": reconstructions.PCA_SQUARED_ERROR,
    }
    image = int(study.read(reconstructions.SAMPLE_IMAGE)[row])
    values = {title: [float(study.read(spec)[image])] for title, spec in measured.items()}
    figures.numbers(pd.DataFrame(values), "Figures of this picture")


def clip_section(study: Study, row: int) -> None:
    """Draw which label each wording gives the picture, and the shown pictures nearest to it."""
    image = int(study.read(layout.SHOWN_IMAGE)[row])
    rows = sorted(clip_images.own_wordings(study)) or list(range(study.size("wording")))
    wordings = study.read(prompts.WORDING)
    templates = [formatting.template_title(wordings[row]) for row in rows]
    given = [study.class_name(int(study.read(prompts.PREDICTED, row)[image])) for row in rows]
    left, right = st.columns([1, 1.3], gap="large")
    with left:
        st.markdown("**Which prompt is nearest, by wording**")
        table = pd.DataFrame({"wording": templates, "nearest class": given})
        figures.table(table, "The class whose prompt is nearest, by wording")
    with right:
        st.markdown("**Its nearest pictures**")
        st.caption("Of those in the layout, by cosine of the stored embeddings, nearest first")
        near = [int(other) for other in study.read(layout.NEAREST_IMAGE, row)]
        true = study.read(prompts.IMAGE_LABEL)[study.read(layout.SHOWN_IMAGE)[near]]
        thumbnails = [study.read(layout.THUMBNAIL, other) for other in near]
        pictures.captioned(thumbnails, [study.class_name(int(label)) for label in true], 84)


STUDIES = {  # study -> how it is drawn, where its images are, and what it is asked
    "vit": (vit_section, labels.GALLERY_PIXELS, "Where does the ViT look, and when does it err?"),
    "vae": (vae_section, reconstructions.SAMPLE_PIXELS, "What does the VAE keep?"),
    "clip": (clip_section, layout.THUMBNAIL, "What does CLIP call it, and what is near?"),
}


def main() -> None:
    """Draw the page."""
    st.title("What do three models make of one picture?", anchor=False)
    studies, faults = loaders.load_all()
    shared = find_shared(studies)
    if shared:
        rows_of = list(shared.values())
        everywhere = sum(len(rows) == len(STUDIES) for rows in rows_of)
        finding = st.empty()
        st.caption(
            f"{len(shared)} pictures of this report are kept by more than one study, {everywhere} "
            f"of them by all three."
        )
        first = [next(iter(rows.items())) for rows in rows_of]
        thumbnails = [pictures.thumbnail(studies[s], STUDIES[s][1], row) for s, row in first]
        chosen = rows_of[pickers.pick_picture("Picture", list(shared), thumbnails, "picture")]
        finding.markdown(f"##### {formatting.escaped(summary(studies, chosen))}")
        for study, (draw, _, question) in STUDIES.items():
            st.subheader(question, anchor=False)
            if study in chosen:
                draw(studies[study], chosen[study])
            else:
                title = formatting.STUDY_TITLES[study]
                st.info(f"The {title} study of this report keeps no copy of this picture.")
    elif not faults:
        st.info(
            "The studies of this report looked at different images, so no picture can be shown "
            "through more than one lens. Each study's own pages show its pictures.",
            icon=":material/filter_none:",
        )
    for error in faults:
        page_parts.store_panel(error)


if __name__ == "__main__":
    main()
