"""The VAE's sample pictures: one in detail, the worst and best, and all of them at a glance."""

import streamlit as st

from dashboard import figures, frame, pickers, wording
from dashboard.charts import intervals, pictures, reconstruction
from dashboard.loaders import Study, kept
from store.schema import vae, vae_sweep

SIDE = 148  # px; four fit beside the controls, two on a phone
TILE = 56


def one_sample(study: Study) -> None:
    """Draw a picked sample: original, reconstruction, difference, encoded again, at some beta."""
    evidence, controls = st.columns([2.3, 1], gap="large")
    with controls:
        beta = _pick_beta(study)
        names = _class_names(study)
        walls = [_thumbnail(study, row) for row in range(len(names))]
        row = pickers.pick_picture("Test picture", names, walls, "sample")
    copies = (vae_sweep.BETA_RECONSTRUCTION, vae_sweep.BETA_SECOND_PASS)
    original = study.read(vae.SAMPLE_PIXELS, row)
    four = reconstruction.four_pictures(original, *(study.read(c, beta, row) for c in copies))
    with evidence, st.container(horizontal=True, gap="small"):
        for title, picture in zip(reconstruction.PICTURE_TITLES, four, strict=True):
            uri = pictures.uri(pictures.enlarged(picture, SIDE))
            about = f"{title} of test picture {row + 1}, {names[row]}"
            with st.container(width=SIDE, gap="xsmall"):
                st.markdown(f"**{title}**")
                st.image(uri, width=SIDE, alt=about)
    with evidence:
        st.caption("Difference: orange where the original is brighter, blue where the copy is.")
        error, sharp = (
            float(study.read(spec, beta)[row])
            for spec in (vae_sweep.BETA_ERROR, vae_sweep.BETA_LAPLACIAN_RATIO)
        )
        weight = study.read(vae_sweep.BETA)[beta]
        words = f"β {weight:g}: squared error {error:.1f}, {sharp:.2f} of the sharpness kept"
        st.markdown(f"**{wording.escaped(words)}**")
        st.caption("From the sweep's model at this β, first seed.")
        own = "The same picture under the study's own model"
        figures.numbers(_figures(study, row), own, own)
        frame.source(study)


def extremes(study: Study) -> None:
    """Draw the worst and the best reconstructions, and the error of each class."""
    st.subheader("Which pictures and classes come out worst?", anchor=False)
    worst = study.read(vae.EXTREME_IS_WORST)
    images, errors = study.read(vae.EXTREME_IMAGE), study.read(vae.SQUARED_ERROR)
    labels = study.read(vae.LABEL)
    columns = st.columns(2, gap="large")
    for column, flag, title in zip(columns, (1, 0), ("Worst", "Best"), strict=True):
        rows = [row for row in range(len(worst)) if worst[row] == flag]
        found = [
            f"{study.class_name(int(labels[images[row]]))}, {errors[images[row]]:.1f}"
            for row in rows
        ]
        with column:
            st.markdown(f"**{title}**, original over reconstruction")
            tiles = [_extreme(study, row) for row in rows]
            about = [f"{title} reconstruction: {words}" for words in found]
            captions = [wording.escaped(words) for words in found]
            st.image(tiles, caption=captions, width=84, alt=about)
    table = intervals.estimates_frame(study.class_names, study.read(vae.CLASS_ERROR))
    table = table.sort_values("value", ascending=False, ignore_index=True)
    axis = "mean held-out squared error per image"
    frame.show(study, intervals.interval_chart, table, axis, f"{axis}, by class", zero=True)


@kept(8)
def wall_of_samples(study: Study) -> None:
    """Draw every sample: original over reconstruction over second pass."""
    st.subheader("All sample pictures", anchor=False)
    st.caption("Top: original. Middle: reconstruction. Bottom: reconstruction of that.")
    names = _class_names(study)
    tiles = [_tile(study, row) for row in range(len(names))]
    about = [f"Original, reconstruction and second pass: {name}" for name in names]
    st.image(tiles, width=TILE, alt=about)
    frame.source(study)


def _pick_beta(study: Study) -> int:
    betas = study.read(vae_sweep.BETA)
    order = sorted(range(len(betas)), key=lambda row: betas[row])
    options = [f"{betas[row]:g}" for row in order]
    own = f"{study.setting('kl_weight'):g}"
    start = own if own in options else options[-1]
    pickers.note_unknown("beta", options, "KL weight", start)
    chosen = st.select_slider(
        "KL weight β of the model", options, value=start, key="beta", bind="query-params"
    )
    return order[options.index(chosen)]


def _figures(study: Study, row: int) -> dict[str, list]:
    measured = {
        "sharpness ratio": vae.LAPLACIAN_RATIO,
        "high-frequency ratio": vae.HIGH_FREQUENCY_RATIO,
        "squared error": vae.SQUARED_ERROR,
        "squared error, PCA": vae.PCA_SQUARED_ERROR,
        "PSNR, dB": vae.PSNR,
        "SSIM": vae.SSIM,
        "latent drift": vae.LATENT_DRIFT,
        "second-pass error ratio": vae.SECOND_PASS_RATIO,
    }
    image = int(study.read(vae.SAMPLE_IMAGE)[row])
    table = {title: [float(study.read(spec)[image])] for title, spec in measured.items()}
    return {"test image": [image], **table}


def _class_names(study: Study) -> list[str]:
    labels = study.read(vae.LABEL)[study.read(vae.SAMPLE_IMAGE)]
    classes = study.class_names
    return [classes[label] for label in labels]


@kept(400)
def _thumbnail(study: Study, row: int) -> str:
    return pictures.uri(pictures.thumbnail(study.read(vae.SAMPLE_PIXELS, row), 48))


@kept(400)
def _tile(study: Study, row: int) -> str:
    specs = (vae.SAMPLE_PIXELS, vae.SAMPLE_RECONSTRUCTION, vae.SAMPLE_SECOND_PASS)
    return reconstruction.tile(*(study.read(spec, row) for spec in specs))


@kept(400)
def _extreme(study: Study, row: int) -> str:
    specs = (vae.EXTREME_PIXELS, vae.EXTREME_RECONSTRUCTION)
    return reconstruction.tile(*(study.read(spec, row) for spec in specs))
