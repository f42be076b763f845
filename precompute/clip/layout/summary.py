"""The shown images: their layouts, and their neighbours in the embedding space itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import svd
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from precompute.cli.progress import Advance, bar, console
from precompute.clip.alignment.maps import Alignment
from precompute.clip.alignment.measure import AlignmentEvidence
from precompute.clip.inputs.embeddings import Embeddings
from precompute.clip.modality_gap.measure import gap_coordinate, measure_gap
from precompute.clip.modality_gap.retrieval import nearest
from precompute.clip.settings import ClipSettings
from precompute.data.image_set import drawing_order
from precompute.layouts import fit_tsne, fit_umap
from precompute.statistics import percent
from store.schema import ArraySpec
from store.schema.clip import layout as layout_schema
from store.schema.clip import names

N_NEAREST = 6  # stored per shown image and modality
N_NEIGHBOURS = 15  # of both quality figures
QUALITY_ROWS = 2500  # rows that they look at: both compare every row with every other


@dataclass(frozen=True)
class Layout:
    """One layout of a joint fit; unitless."""

    name: str  # pca, svd, gap axis, or umap with its settings
    about: str
    images: NDArray  # (states, S, 2)
    texts: NDArray  # (T, 2)
    trustworthiness: float  # Venna & Kaski 2001; 1 is perfect
    neighbour_recall: float  # share of the nearest neighbours that are nearest in the layout too


def fit_layouts(
    states: NDArray,
    texts: NDArray,
    gap_vector: NDArray,
    perplexities: Sequence[float],
    umaps: Sequence[tuple[int, float]],
    seed: int,
    advance: Advance,
) -> list[Layout]:
    """Fit PCA, uncentred SVD, the gap axis, each t-SNE and each UMAP on all rows together.

    Separate fits could not be compared: each has its own arbitrary frame. In one fit, what moves
    between two states was moved by the map.

    states: (states, S, D) the same images before and after maps, unit rows. texts: (T, D), all
    distinct: repeats would make false blobs. gap_vector: (D,) mean image minus mean text, before
    any map. perplexities: a t-SNE each. umaps: neighbours and min_dist, one layout each.

    Raises ValueError: fewer than 4 rows.
    """
    rows = np.vstack([*states, texts]).astype(np.float32)
    if len(rows) < 4:
        raise ValueError(f"{len(rows)} rows are too few for a layout.")
    judged = np.random.default_rng(seed).permutation(len(rows))[:QUALITY_ROWS]
    layouts = []

    def keep(name: str, xy: NDArray, about: str) -> None:
        *images, words = np.split(xy, [len(states[0]) * (n + 1) for n in range(len(states))])
        quality = _quality(rows[judged], xy[judged])
        layouts.append(Layout(name, about, np.stack(images), words, *quality))
        advance(1, name)

    keep(names.PCA, *_pca(rows))
    keep(names.SVD, *_svd(rows))
    keep(names.GAP_AXIS, *_gap_axis(rows, gap_vector))
    for wanted in perplexities:
        advance(0, "fitting t-SNE")
        perplexity = min(wanted, (len(rows) - 1) / 3)  # it looks at three times as many rows
        about = (
            f"t-SNE, cosine, perplexity {perplexity:g}, started from PCA, seed {seed}; distances "
            f"between islands and their sizes mean nothing"
        )
        keep(f"{names.TSNE} {wanted:g}", fit_tsne(rows, perplexity, seed, metric="cosine"), about)
    for wanted, min_dist in umaps:
        advance(0, "compiling and fitting UMAP")
        n_neighbours = min(wanted, len(rows) - 1)
        about = (
            f"UMAP, cosine, {n_neighbours} neighbours, min_dist {min_dist:g}, started from "
            f"PCA, seed {seed}; distances between islands and their sizes mean nothing"
        )
        xy = fit_umap(rows, n_neighbours, min_dist, seed, metric="cosine")
        keep(f"{names.UMAP} {wanted}, {min_dist:g}", xy, about)
    return layouts


def _pca(rows: NDArray) -> tuple[NDArray, str]:
    pca = PCA(n_components=2, svd_solver="full")  # the exact solver: no random start
    xy = pca.fit_transform(rows)
    first, second = pca.explained_variance_ratio_
    return xy, f"PCA, centred; the axes hold {percent(first)} and {percent(second)} of the variance"


def _svd(rows: NDArray) -> tuple[NDArray, str]:
    left, singular, axes = svd(rows.astype(np.float64), full_matrices=False)
    # The sign of a singular vector is arbitrary: the largest entry is made positive.
    signs = np.sign(np.take_along_axis(axes[:2], np.abs(axes[:2]).argmax(1)[:, None], axis=1))[:, 0]
    first, second = np.square(singular[:2]) / np.square(singular).sum()
    about = (
        f"SVD without centring (Liang et al. 2022); the axes hold {percent(first)} and "
        f"{percent(second)} of the squared length"
    )
    return left[:, :2] * singular[:2] * signs, about


def _gap_axis(rows: NDArray, gap_vector: NDArray) -> tuple[NDArray, str]:
    along = gap_coordinate(rows, gap_vector)
    unit = gap_vector / np.linalg.norm(gap_vector)
    across = PCA(n_components=1, svd_solver="full").fit_transform(rows - np.outer(along, unit))
    about = "First axis: the gap vector's direction, in the embedding's own length. Second: PCA of "
    return np.column_stack([along, across[:, 0]]), f"{about}what lies across it"


def _quality(rows: NDArray, xy: NDArray) -> tuple[float, float]:
    """Return trustworthiness and neighbour recall at N_NEIGHBOURS or fewer."""
    n_neighbours = min(N_NEIGHBOURS, (len(rows) - 1) // 2)  # defined below half the rows
    trusted = trustworthiness(rows, xy, n_neighbors=n_neighbours, metric="cosine")
    true, in_layout = (
        nearest(n_neighbours, points, metric).kneighbors(return_distance=False)
        for points, metric in ((rows, "cosine"), (xy, "euclidean"))
    )
    shared = [len(np.intersect1d(a, b)) for a, b in zip(true, in_layout, strict=True)]
    return float(trusted), float(np.mean(shared)) / n_neighbours


def draw_shown(embeddings: Embeddings, settings: ClipSettings) -> NDArray[np.int64]:
    """Draw the images (S,) that layouts show, from held-out rows only, in order."""
    n_shown = settings.n_shown
    rows = embeddings.held_out
    if n_shown > len(rows):
        console.print(f"  {len(rows)} images are held out, fewer than n_shown = {n_shown}")
        return rows
    order = drawing_order(len(embeddings.images), settings.seed)
    return np.sort(order[np.isin(order, rows)][:n_shown])


def layout_arrays(
    embeddings: Embeddings,
    laid_out: NDArray[np.int64],
    evidence: AlignmentEvidence,
    settings: ClipSettings,
) -> dict[ArraySpec, NDArray]:
    """Lay out the shown images (S,) in every state with all texts, in one fit each."""
    images, (judged, labels) = embeddings.images[laid_out], embeddings.judged
    fitted = [evidence.maps[name] for name in names.STATES]
    states = np.stack([one.move_images(images) for one in fitted if isinstance(one, Alignment)])
    gap = measure_gap(judged, labels, embeddings.texts, embeddings.class_prompts)
    umaps = list(zip(settings.umap_neighbours, settings.umap_min_dist, strict=True))
    perplexities = settings.tsne_perplexities
    with bar("layouts", 3 + len(perplexities) + len(umaps), "layouts") as advance:
        layouts = fit_layouts(
            *(states, embeddings.texts, gap.vector, perplexities, umaps, settings.seed), advance
        )
    return nearest_arrays(images, embeddings.texts) | {
        layout_schema.SHOWN_IMAGE: laid_out,
        layout_schema.STATE: np.array(names.STATES),
        layout_schema.LAYOUT: np.array([layout.name for layout in layouts]),
        layout_schema.LAYOUT_ABOUT: np.array([layout.about for layout in layouts]),
        layout_schema.LAYOUT_IMAGE: np.stack([layout.images for layout in layouts]),
        layout_schema.LAYOUT_TEXT: np.stack([layout.texts for layout in layouts]),
        layout_schema.TRUSTWORTHINESS: np.array([layout.trustworthiness for layout in layouts]),
        layout_schema.NEIGHBOUR_RECALL: np.array([layout.neighbour_recall for layout in layouts]),
    }


def nearest_arrays(images: NDArray, texts: NDArray) -> dict[ArraySpec, NDArray]:
    """Return the images (S, D) and texts (T, D) nearest to each image by cosine, in order."""
    others = nearest(min(N_NEAREST, len(images) - 1), images)
    image_distance, image = others.kneighbors()  # without itself
    text_distance, text = nearest(min(N_NEAREST, len(texts)), texts).kneighbors(images)
    return {
        layout_schema.NEAREST_IMAGE: image,
        layout_schema.NEAREST_IMAGE_COSINE: 1 - image_distance,
        layout_schema.NEAREST_TEXT: text,
        layout_schema.NEAREST_TEXT_COSINE: 1 - text_distance,
    }
