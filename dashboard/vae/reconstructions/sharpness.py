"""How sharp reconstructions are: two measures, each with a blurred and a sharpened control."""

import streamlit as st

from dashboard.loaders import Study
from dashboard.ui import page as ui_page
from dashboard.vae import sweep
from dashboard.vae.reconstructions import charts
from store.schema import ArraySpec
from store.schema.vae import reconstructions


def section(study: Study) -> None:
    """Draw both sharpness ratios, nearness to the original, and sharpness over the KL weight."""
    st.subheader("How sharp is every reconstruction?", anchor=False)
    st.caption(
        "Sharpness of the copy over that of the original, per test image. The same ratio for a "
        "copy that was blurred and for one that was sharpened on purpose stands beside it."
    )
    matched = (
        reconstructions.MATCHED_RATIO,
        reconstructions.MATCHED_RATIO_BLURRED,
        reconstructions.MATCHED_RATIO_SHARPENED,
    )
    if study.has(*matched):
        st.caption(
            "First at equal contrast, which the claim rests on: a copy that is fainter and no "
            "blurrier keeps 1."
        )
        _ratios(study, *matched, "variance of the Laplacian at equal contrast (log scale)")
    left, right = st.columns(2, gap="large")
    with left:
        controls = (
            reconstructions.LAPLACIAN_RATIO_BLURRED,
            reconstructions.LAPLACIAN_RATIO_SHARPENED,
        )
        axis = "variance of the Laplacian, copy over original (log scale)"
        _ratios(study, reconstructions.LAPLACIAN_RATIO, *controls, axis)
    with right:
        controls = (
            reconstructions.HIGH_FREQUENCY_RATIO_BLURRED,
            reconstructions.HIGH_FREQUENCY_RATIO_SHARPENED,
        )
        axis = "energy above 0.25 cycles/pixel, copy over original (log)"
        _ratios(study, reconstructions.HIGH_FREQUENCY_RATIO, *controls, axis)

    st.subheader("Is sharp the same as near?", anchor=False)
    st.caption(
        "A copy blurred by one pixel stands beside the reconstruction. It is less sharp; where it "
        "is nearer to the original all the same, the reconstruction lost more than sharpness."
    )
    left, right = st.columns(2, gap="large")
    with left:
        _nearness(
            study,
            reconstructions.SSIM,
            reconstructions.SSIM_BLURRED,
            "structural similarity to the original",
        )
    with right:
        _nearness(
            study,
            reconstructions.PSNR,
            reconstructions.PSNR_BLURRED,
            "peak signal-to-noise ratio, dB",
        )

    st.subheader("Does a smaller KL weight sharpen them?", anchor=False)
    st.caption(sweep.training_words(study))
    points = sweep.beta_points(study)
    left, right = st.columns(2, gap="large")
    with left:
        series = {"Laplacian": "laplacian_ratio", "high frequencies": "high_frequency_ratio"}
        sweep.chart(points, sweep.BETA, "median ratio, copy over original", series, zero=True)
    with right:
        sweep.chart(points, sweep.BETA, "mean SSIM", {"VAE": "ssim"})


def _ratios(
    study: Study, own: ArraySpec, blurred: ArraySpec, sharpened: ArraySpec, axis: str
) -> None:
    ratios = charts.ratio_frame(
        reconstruction=study.read(own),
        blurred_on_purpose=study.read(blurred),
        sharpened_on_purpose=study.read(sharpened),
    )
    ui_page.show(study, charts.ratio_chart, ratios, axis, f"Histogram of {axis}")


def _nearness(study: Study, own: ArraySpec, blurred: ArraySpec, axis: str) -> None:
    counts = charts.value_frame(
        reconstruction=study.read(own), blurred_on_purpose=study.read(blurred)
    )
    ui_page.show(study, charts.value_chart, counts, axis, f"Histogram of {axis}")
