"""Latent space: where test images lie and what each latent changes."""

import pandas as pd
import streamlit as st

from dashboard import navigation
from dashboard.charts import scatter
from dashboard.loaders import Study, cached
from dashboard.ui import page_parts, pickers, pictures
from dashboard.vae import titles, training
from store.schema.vae import latent_space, names, reconstructions


def layout(study: Study) -> None:
    """Draw the picker of layouts and the chosen one, coloured by class."""
    st.subheader("Do classes lie apart?", anchor=False)
    stored = {name.upper(): name for name in study.read(latent_space.LAYOUT).tolist()}
    chosen = pickers.pick_few("Layout", list(stored), "map")
    row = study.row(latent_space.LAYOUT, stored[chosen])
    trust = float(study.read(latent_space.TRUSTWORTHINESS)[row])
    if stored[chosen] == names.UMAP:
        rows = study.read(latent_space.SHOWN_IMAGE)
        xy, axes = study.read(latent_space.UMAP_XY), ("UMAP 1", "UMAP 2")
    else:
        rows = scatter.spread_rows(study.size("image"))
        xy = study.read(latent_space.PCA_XY)[rows]
        shares = study.read(latent_space.PCA_VARIANCE_SHARE)
        axes = [
            f"principal component {number} ({share:.0%} of variance)"
            for number, share in enumerate(shares, start=1)
        ]
    note = titles.LAYOUT_NOTES.get(stored[chosen], "")
    st.caption(
        f"{len(rows):,} test images, posterior means. {note} Trustworthiness {trust:.3f} "
        f"(1 is perfect). Click a class in the legend to see it alone."
    )
    classes = study.class_names
    points = pd.DataFrame(xy.astype("float32"), columns=["x", "y"])
    points["class"] = pd.Categorical([classes[n] for n in study.read(reconstructions.LABEL)[rows]])
    about = f"Test images by class in a {chosen} of their posterior means."
    page_parts.figure(scatter.class_scatter, points, classes, axes, about)


@cached(max_entries=8)
def traversals(study: Study) -> None:
    """Draw one strip of pictures per traversed latent, most KL first."""
    st.subheader("What does each latent change?", anchor=False)
    values = study.read(latent_space.TRAVERSAL_VALUE)
    st.caption(
        f"One latent runs from {values[0]:g} to {values[-1]:g}, left to right; all others stay at "
        f"0. The latent with most KL comes first."
    )
    kl_nats = study.read(latent_space.KL_PER_DIM_NATS)
    for row, latent in enumerate(study.read(latent_space.TRAVERSAL_LATENT).tolist()):
        label, picture = st.columns([1, 5], vertical_alignment="center")
        label.markdown(f"**latent {latent}**, {kl_nats[latent]:.2f} nats")
        frames = list(study.read(latent_space.TRAVERSAL, row))
        pictures.film(frames, f"Decoded pictures along latent {latent}", picture)


def main() -> None:
    """Draw the page."""
    study = page_parts.open_page("latent_space", "What do the latents hold?")
    by_variance = study.read(latent_space.ACTIVE_BY_VARIANCE)
    by_kl = study.read(latent_space.ACTIVE_BY_KL)
    page_parts.statement(
        f"{by_variance.sum()} of {len(by_variance)} latents are in use by the variance of their "
        f"mean, {by_kl.sum()} by their KL; the rest stay at the prior."
    )
    layout(study)
    traversals(study)
    navigation.PAGES["explorer"].link("Move the latents yourself")
    navigation.PAGES["priors"].link("See what each prior makes")

    st.subheader("Which latents carry anything?", anchor=False)
    page_parts.figure(training.latents_chart, *map(study.read, training.OF_LATENTS))


if __name__ == "__main__":
    main()
