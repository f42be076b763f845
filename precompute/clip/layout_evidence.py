"""The shown images and their layouts."""

import numpy as np
from numpy.typing import NDArray

from precompute.clip.alignment import Alignment
from precompute.clip.embeddings import Embeddings
from precompute.clip.layouts import fit_layouts
from precompute.datasets import drawing_order
from precompute.progress import bar, console
from precompute.settings import ClipSettings
from store.schema import ArraySpec, clip


def draw_shown(found: Embeddings, settings: ClipSettings) -> NDArray[np.int64]:
    """Draw the images that layouts show, from held-out rows only, in order."""
    n_shown = settings.n_shown
    rows = found.held_out
    if n_shown > len(rows):
        console.print(f"  {len(rows)} images are held out, fewer than n_shown = {n_shown}")
        return rows
    order = drawing_order(len(found.images), settings.seed)
    return np.sort(order[np.isin(order, rows)][:n_shown])


def layout_arrays(
    found: Embeddings, shown: NDArray[np.int64], alignment: Alignment, settings: ClipSettings
) -> dict[ArraySpec, NDArray]:
    """Lay out the shown images before and after the map, with all texts, in one fit each."""
    before = found.images[shown]
    with bar("layouts", 2, "layouts") as advance:
        layouts = fit_layouts(
            before,
            alignment.move_images(before),
            alignment.move_texts(found.texts),
            settings.umap_neighbours,
            settings.umap_min_dist,
            settings.seed,
            advance,
        )
    return {
        clip.SHOWN_IMAGE: shown,
        clip.LAYOUT: np.array([layout.name for layout in layouts]),
        clip.LAYOUT_ABOUT: np.array([layout.about for layout in layouts]),
        clip.LAYOUT_BEFORE: np.stack([layout.before for layout in layouts]),
        clip.LAYOUT_AFTER: np.stack([layout.after for layout in layouts]),
        clip.LAYOUT_TEXT: np.stack([layout.texts for layout in layouts]),
        clip.TRUSTWORTHINESS: np.array([layout.trustworthiness for layout in layouts]),
    }
