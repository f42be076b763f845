"""The modality gap on held-out images: its numbers, its control and its histograms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precompute.clip.cosines import KINDS, cosine_histogram
from precompute.clip.embeddings import Draws, Embeddings
from precompute.clip.gap import (
    GapEstimates,
    estimate_gap,
    gap_coordinate,
    halves_distance,
    measure_gap,
)
from precompute.progress import bar
from store.schema import ArraySpec, clip


@dataclass(frozen=True)
class GapEvidence:
    """What the claim about the gap rests on."""

    estimates: GapEstimates
    halves: float  # distance between the means of two random halves of the held-out images
    n_images: int
    n_texts: int
    images_beyond: float  # share of images on the image side of the midpoint along the gap
    texts_beyond: float  # share of texts on the text side
    style: str


def gap_arrays(
    found: Embeddings, shown: NDArray[np.int64], draws: Draws
) -> tuple[dict[ArraySpec, NDArray], GapEvidence]:
    """Measure the gap between held-out images and all distinct prompts.

    Args:
        found: embeddings, labels and split.
        shown: rows of the images that layouts draw.
        draws: seed and number of resamples.
    """
    rows = found.held_out
    clouds = (found.images[rows], found.labels[rows], found.texts, found.class_prompts)
    with bar("modality gap", 2, "steps") as advance:
        gap = measure_gap(*clouds)
        estimates = estimate_gap(*clouds, draws.stream("bootstrap"), draws.n_bootstrap)
        advance()
        histogram = cosine_histogram(*clouds, draws.stream("pairs"))
        advance()
    arrays = {
        clip.GAP_VECTOR: gap.vector,
        clip.COSINE_KIND: np.array(KINDS),
        clip.COSINE_EDGE: histogram.edges,
        clip.COSINE_DENSITY: histogram.density,
        clip.GAP_AXIS_IMAGE: gap_coordinate(found.images[shown], gap.vector),
        clip.GAP_AXIS_TEXT: gap_coordinate(found.texts, gap.vector),
    }
    of_images = gap_coordinate(clouds[0], gap.vector)
    of_texts = arrays[clip.GAP_AXIS_TEXT]
    midpoint = (of_images.mean() + of_texts.mean()) / 2
    return arrays | _metric_arrays(estimates, found.main_style), GapEvidence(
        estimates=estimates,
        halves=halves_distance(clouds[0], draws.stream("halves")),
        n_images=len(rows),
        n_texts=len(found.texts),
        images_beyond=float((of_images > midpoint).mean()),
        texts_beyond=float((of_texts < midpoint).mean()),
        style=found.main_style,
    )


def _metric_arrays(estimates: GapEstimates, style: str) -> dict[ArraySpec, NDArray]:
    metrics = (
        (
            "gap_distance",
            estimates.distance,
            "Length of mean image minus mean text, 0 to 2; every distinct prompt of every template "
            "counts once (Liang et al. 2022).",
        ),
        (
            "centroid_cosine",
            estimates.centroid_cosine,
            "Cosine between the mean image and the mean of all distinct prompts.",
        ),
        (
            "matched_cosine",
            estimates.matched_cosine,
            f"Mean cosine of an image and its class's prompt, template '{style}'.",
        ),
        (
            "unmatched_cosine",
            estimates.unmatched_cosine,
            f"Mean cosine of an image and the other classes' prompts, template '{style}'.",
        ),
    )
    return {
        clip.METRIC_NAME: np.array([name for name, _, _ in metrics]),
        clip.METRIC: np.array([estimate.row() for _, estimate, _ in metrics]),
        clip.METRIC_ABOUT: np.array([about for _, _, about in metrics]),
    }
