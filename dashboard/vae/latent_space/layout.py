"""The VAE's test images in the plane: PCA of every posterior mean, or UMAP of some."""

import streamlit as st

from dashboard.charts import scatter
from dashboard.loaders import Study
from dashboard.ui import page as ui_page
from dashboard.ui import pickers
from store.schema.vae import latent_space, reconstructions


def section(study: Study) -> None:
    """Draw the picker and one layout, coloured by class."""
    st.subheader("Do classes lie apart?", anchor=False)
    names = study.read(latent_space.LAYOUT).tolist()
    chosen = pickers.pick_few("Layout", [name.upper() for name in names], "map")
    row = [name.upper() for name in names].index(chosen)
    trust = float(study.read(latent_space.TRUSTWORTHINESS)[row])
    if names[row] == "umap":
        rows = study.read(latent_space.SHOWN_IMAGE)
        xy, axes = study.read(latent_space.UMAP_XY), ("UMAP 1", "UMAP 2")
        warning = "UMAP keeps neighbours, not distances: the space between islands means nothing."
    else:
        rows = scatter.spread_rows(study.size("image"))
        xy = study.read(latent_space.PCA_XY)[rows]
        shares = study.read(latent_space.PCA_VARIANCE_SHARE)
        axes = tuple(
            f"principal component {number} ({share:.0%} of variance)"
            for number, share in enumerate(shares, start=1)
        )
        warning = "PCA is a rotation: what lies across these two directions is not seen."
    st.caption(
        f"{len(rows):,} test images, posterior means. {warning} Trustworthiness {trust:.3f} "
        f"(1 is perfect). Click a class in the legend to see it alone."
    )
    names_of = study.class_names
    classes = [names_of[label] for label in study.read(reconstructions.LABEL)[rows]]
    about = f"Test images by class in a {chosen} of their posterior means."
    points = scatter.points_frame(xy, classes)
    ui_page.show(study, scatter.class_scatter, points, study.class_names, (axes[0], axes[1]), about)
