"""The VAE's sample pictures: one in detail, the worst and best, and all of them at a glance."""

import streamlit as st

from dashboard.charts import image_encoding, intervals
from dashboard.loaders import Study, kept
from dashboard.ui import figures, formatting, pickers
from dashboard.ui import page as ui_page
from dashboard.vae.reconstructions import charts
from store.schema.vae import reconstructions, sweep

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
    copies = (sweep.BETA_RECONSTRUCTION, sweep.BETA_SECOND_PASS)
    original = study.read(reconstructions.SAMPLE_PIXELS, row)
    four = charts.four_pictures(original, *(study.read(c, beta, row) for c in copies))
    with evidence, st.container(horizontal=True, gap="small"):
        for title, picture in zip(charts.PICTURE_TITLES, four, strict=True):
            uri = image_encoding.uri(image_encoding.enlarged(picture, SIDE))
            about = f"{title} of test picture {row + 1}, {names[row]}"
            with st.container(width=SIDE, gap="xsmall"):
                st.markdown(f"**{title}**")
                st.image(uri, width=SIDE, alt=about)
    with evidence:
        st.caption("Difference: orange where the original is brighter, blue where the copy is.")
        error, sharp = (
            float(study.read(spec, beta)[row])
            for spec in (sweep.BETA_ERROR, sweep.BETA_LAPLACIAN_RATIO)
        )
        weight = study.read(sweep.BETA)[beta]
        words = f"β {weight:g}: squared error {error:.1f}, {sharp:.2f} of the sharpness kept"
        st.markdown(f"**{formatting.escaped(words)}**")
        st.caption("From the sweep's model at this β, first seed.")
        own = "The same picture under the study's own model"
        figures.numbers(_figures(study, row), own, own)
        ui_page.source(study)


def extremes(study: Study) -> None:
    """Draw the worst and the best reconstructions, and the error of each class."""
    st.subheader("Which pictures and classes come out worst?", anchor=False)
    worst = study.read(reconstructions.EXTREME_IS_WORST)
    images, errors = (
        study.read(reconstructions.EXTREME_IMAGE),
        study.read(reconstructions.SQUARED_ERROR),
    )
    labels = study.read(reconstructions.LABEL)
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
            captions = [formatting.escaped(words) for words in found]
            st.image(tiles, caption=captions, width=84, alt=about)
    table = intervals.estimates_frame(study.class_names, study.read(reconstructions.CLASS_ERROR))
    table = table.sort_values("value", ascending=False, ignore_index=True)
    axis = "mean held-out squared error per image"
    ui_page.show(study, intervals.interval_chart, table, axis, f"{axis}, by class", zero=True)


@kept(8)
def wall_of_samples(study: Study) -> None:
    """Draw every sample: original over reconstruction over second pass."""
    st.subheader("All sample pictures", anchor=False)
    st.caption("Top: original. Middle: reconstruction. Bottom: reconstruction of that.")
    names = _class_names(study)
    tiles = [_tile(study, row) for row in range(len(names))]
    about = [f"Original, reconstruction and second pass: {name}" for name in names]
    st.image(tiles, width=TILE, alt=about)
    ui_page.source(study)


def _pick_beta(study: Study) -> int:
    betas = study.read(sweep.BETA)
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
        "sharpness ratio": reconstructions.LAPLACIAN_RATIO,
        "high-frequency ratio": reconstructions.HIGH_FREQUENCY_RATIO,
        "squared error": reconstructions.SQUARED_ERROR,
        "squared error, PCA": reconstructions.PCA_SQUARED_ERROR,
        "PSNR, dB": reconstructions.PSNR,
        "SSIM": reconstructions.SSIM,
        "latent drift": reconstructions.LATENT_DRIFT,
        "second-pass error ratio": reconstructions.SECOND_PASS_RATIO,
    }
    image = int(study.read(reconstructions.SAMPLE_IMAGE)[row])
    table = {title: [float(study.read(spec)[image])] for title, spec in measured.items()}
    return {"test image": [image], **table}


def _class_names(study: Study) -> list[str]:
    labels = study.read(reconstructions.LABEL)[study.read(reconstructions.SAMPLE_IMAGE)]
    classes = study.class_names
    return [classes[label] for label in labels]


@kept(400)
def _thumbnail(study: Study, row: int) -> str:
    return image_encoding.uri(
        image_encoding.thumbnail(study.read(reconstructions.SAMPLE_PIXELS, row), 48)
    )


@kept(400)
def _tile(study: Study, row: int) -> str:
    specs = (
        reconstructions.SAMPLE_PIXELS,
        reconstructions.SAMPLE_RECONSTRUCTION,
        reconstructions.SAMPLE_SECOND_PASS,
    )
    return charts.tile(*(study.read(spec, row) for spec in specs))


@kept(400)
def _extreme(study: Study, row: int) -> str:
    specs = (reconstructions.EXTREME_PIXELS, reconstructions.EXTREME_RECONSTRUCTION)
    return charts.tile(*(study.read(spec, row) for spec in specs))
