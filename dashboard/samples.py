"""The VAE's sample pictures: one in detail, and all of them at a glance."""

import streamlit as st

from dashboard import frame, pickers
from dashboard.charts import pictures, reconstruction
from dashboard.loaders import Study
from store.schema import vae

SIDE = 148  # px; four fit beside the controls, two on a phone


def one_sample(study: Study) -> None:
    """Draw a picked sample: original, reconstruction, difference, encoded again."""
    evidence, controls = st.columns([2.3, 1], gap="large")
    with controls:
        names = _class_names(study)
        walls = [_thumbnail(study, row) for row in range(len(names))]
        row = pickers.pick_picture("Test picture", names, walls, "sample")
    with evidence, st.container(horizontal=True, gap="small"):
        four = reconstruction.four_pictures(*_three(study, row))
        for title, picture in zip(reconstruction.PICTURE_TITLES, four, strict=True):
            uri = pictures.uri(pictures.enlarged(picture, SIDE))
            about = f"{title} of test picture {row + 1}, {names[row]}"
            with st.container(width=SIDE, gap="xsmall"):
                st.markdown(f"**{title}**")
                st.image(uri, width=SIDE, alt=about)
    with evidence:
        st.caption("Difference: orange where the original is brighter, blue where the copy is.")
        measured = {
            "sharpness ratio": vae.LAPLACIAN_RATIO,
            "squared error": vae.SQUARED_ERROR,
            "squared error, PCA": vae.PCA_SQUARED_ERROR,
            "latent drift": vae.LATENT_DRIFT,
            "second-pass error ratio": vae.SECOND_PASS_RATIO,
        }
        image = int(study.read(vae.SAMPLE_IMAGE)[row])
        table = {title: [float(study.read(spec)[image])] for title, spec in measured.items()}
        frame.numbers({"test image": [image], **table}, "Figures of this test picture")
        frame.source(study)


def wall_of_samples(study: Study) -> None:
    """Draw every sample: original over reconstruction over second pass."""
    st.subheader("All sample pictures", anchor=False)
    st.caption("Top: original. Middle: reconstruction. Bottom: reconstruction of that.")
    names = _class_names(study)
    tiles = [_tile(study, row) for row in range(len(names))]
    about = [f"Original, reconstruction and second pass: {name}" for name in names]
    st.image(tiles, width=56, alt=about)
    frame.source(study)


def _class_names(study: Study) -> list[str]:
    labels = study.read(vae.LABEL)[study.read(vae.SAMPLE_IMAGE)]
    return [study.class_name(int(label)) for label in labels]


def _three(study: Study, row: int) -> tuple:
    specs = (vae.SAMPLE_PIXELS, vae.SAMPLE_RECONSTRUCTION, vae.SAMPLE_SECOND_PASS)
    return tuple(study.read(spec, row) for spec in specs)


@st.cache_data(show_spinner=False, max_entries=400, hash_funcs={Study: lambda s: repr(s.key)})
def _thumbnail(study: Study, row: int) -> str:
    return pictures.uri(pictures.thumbnail(study.read(vae.SAMPLE_PIXELS, row), 48))


@st.cache_data(show_spinner=False, max_entries=400, hash_funcs={Study: lambda s: repr(s.key)})
def _tile(study: Study, row: int) -> str:
    return reconstruction.tile(*_three(study, row))
