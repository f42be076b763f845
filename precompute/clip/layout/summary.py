"""The shown images: their layouts, and their neighbours in the embedding space itself."""

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from precompute.cli.progress import bar, console
from precompute.clip.alignment.maps import Alignment
from precompute.clip.alignment.measure import AlignmentEvidence
from precompute.clip.alignment.methods import NONE, PROCRUSTES, SHUFFLED
from precompute.clip.inputs.embeddings import Embeddings
from precompute.clip.layout.measure import UmapSetting, fit_layouts
from precompute.clip.modality_gap.measure import measure_gap
from precompute.data.image_set import drawing_order
from precompute.settings import ClipSettings
from store.schema import ArraySpec
from store.schema.clip import layout as layout_schema

STATES = (NONE, PROCRUSTES, SHUFFLED)  # of the images; no method here moves texts
N_NEAREST = 6  # stored per shown image and modality


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
    found: Embeddings,
    shown: NDArray[np.int64],
    evidence: AlignmentEvidence,
    settings: ClipSettings,
) -> dict[ArraySpec, NDArray]:
    """Lay out the shown images in every state with all texts, in one fit each."""
    images, held_out = found.images[shown], found.held_out
    states = np.stack([_moved(evidence, name, images) for name in STATES])
    gap = measure_gap(
        found.images[held_out], found.labels[held_out], found.texts, found.class_prompts
    )
    pairs = zip(settings.umap_neighbours, settings.umap_min_dist, strict=True)
    umaps = [UmapSetting(*pair) for pair in pairs]
    with bar("layouts", 3 + len(umaps), "layouts") as advance:
        layouts = fit_layouts(states, found.texts, gap.vector, umaps, settings.seed, advance)
    return nearest_arrays(images, found.texts) | {
        layout_schema.SHOWN_IMAGE: shown,
        layout_schema.STATE: np.array(STATES),
        layout_schema.LAYOUT: np.array([layout.name for layout in layouts]),
        layout_schema.LAYOUT_ABOUT: np.array([layout.about for layout in layouts]),
        layout_schema.LAYOUT_IMAGE: np.stack([layout.images for layout in layouts]),
        layout_schema.LAYOUT_TEXT: np.stack([layout.texts for layout in layouts]),
        layout_schema.TRUSTWORTHINESS: np.array([layout.trustworthiness for layout in layouts]),
        layout_schema.NEIGHBOUR_RECALL: np.array([layout.neighbour_recall for layout in layouts]),
    }


def nearest_arrays(images: NDArray, texts: NDArray) -> dict[ArraySpec, NDArray]:
    """Return the nearest shown images and texts of each shown image, by cosine, nearest first."""
    n_images = min(N_NEAREST, len(images) - 1)
    others = NearestNeighbors(n_neighbors=n_images, metric="cosine", algorithm="brute").fit(images)
    image_distance, image = others.kneighbors()  # without itself
    words = NearestNeighbors(
        n_neighbors=min(N_NEAREST, len(texts)), metric="cosine", algorithm="brute"
    ).fit(texts)
    text_distance, text = words.kneighbors(images)
    return {
        layout_schema.NEAREST_IMAGE: image,
        layout_schema.NEAREST_IMAGE_COSINE: 1 - image_distance,
        layout_schema.NEAREST_TEXT: text,
        layout_schema.NEAREST_TEXT_COSINE: 1 - text_distance,
    }


def _moved(evidence: AlignmentEvidence, name: str, images: NDArray) -> NDArray:
    fitted = evidence.maps[name]
    assert isinstance(fitted, Alignment)
    return fitted.move_images(images)
