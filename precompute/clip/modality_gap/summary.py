"""The modality gap on held-out images: its numbers, its control and its histograms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precompute.cli.progress import bar
from precompute.clip.bootstrap import Resamples, resample_classes
from precompute.clip.inputs.embeddings import Draws, Embeddings
from precompute.clip.modality_gap.cosines import KINDS, cosine_histogram
from precompute.clip.modality_gap.measure import (
    gap_coordinate,
    halves_distance,
    measure_gap,
    pair_columns,
    require_unit_rows,
)
from precompute.clip.modality_gap.metrics import Clouds, Metric, draw_rows, measure_all
from precompute.clip.modality_gap.separability import separability
from precompute.statistics import Estimate
from store.schema import ArraySpec
from store.schema.clip import modality_gap

# Clouds are separate when a plane leaves at most one in twenty on the wrong side: two round normal
# clouds reach it once their means lie 3.3 standard deviations apart, and then hardly touch.
SEPARATE = 0.95


@dataclass(frozen=True)
class GapEvidence:
    """What the claim about the gap rests on."""

    metrics: tuple[Metric, ...]
    halves: float  # distance between the means of two random halves of the held-out images
    halves_apart: float  # share of those halves that a plane tells apart; NaN for too few images
    n_images: int
    n_texts: int
    images_beyond: float  # share of images on the image side of the midpoint along the gap
    texts_beyond: float  # share of texts on the text side
    style: str

    def estimate(self, name: str) -> Estimate:
        """Return one metric's estimate by its name."""
        return self.metric(name).estimate

    def metric(self, name: str) -> Metric:
        """Return one metric by its name."""
        return next(metric for metric in self.metrics if metric.name == name)


def gap_arrays(
    found: Embeddings, shown: NDArray[np.int64], resamples: Resamples, draws: Draws
) -> tuple[dict[ArraySpec, NDArray], GapEvidence]:
    """Measure the gap between held-out images and all distinct texts.

    Args:
        found: embeddings, labels and split.
        shown: rows of the images that layouts draw.
        resamples: of the held-out images.
        draws: seeds.

    Raises:
        ValueError: rows are not of unit length; names the worst.
    """
    for name, of_kind in (("image", found.images), ("text", found.texts)):
        require_unit_rows(name, of_kind)
    rows = found.held_out
    clouds = Clouds(
        found.images[rows],
        found.labels[rows],
        found.texts,
        found.text_labels,
        found.class_prompts,
        found.main_style,
    )
    pairs = (clouds.images, clouds.labels, clouds.texts, clouds.prompts)
    with bar("modality gap", 2, "steps") as advance:
        of_classes = resample_classes(found, draws)
        metrics = measure_all(clouds, resamples, of_classes, draws.stream("sample"))
        advance()
        histogram = cosine_histogram(*pairs, draws.stream("pairs"))
        advance()
    vector = measure_gap(*pairs).vector
    of_images = gap_coordinate(clouds.images, vector)
    of_texts = gap_coordinate(found.texts, vector)
    arrays = _metric_arrays(metrics) | {
        modality_gap.GAP_VECTOR: vector,
        modality_gap.COSINE_KIND: np.array(KINDS),
        modality_gap.COSINE_EDGE: histogram.edges,
        modality_gap.COSINE_DENSITY: histogram.density,
        modality_gap.GAP_AXIS_IMAGE: gap_coordinate(found.images[shown], vector),
        modality_gap.GAP_AXIS_TEXT: of_texts,
        modality_gap.MATCHED_COSINE_SHOWN: pair_columns(
            found.images[shown], found.labels[shown], found.class_prompts
        )[:, 0],
    }
    midpoint = (of_images.mean() + of_texts.mean()) / 2
    return arrays, GapEvidence(
        metrics=metrics,
        halves=halves_distance(clouds.images, draws.stream("halves")),
        halves_apart=halves_told_apart(clouds, draws.stream("halves")),
        n_images=len(rows),
        n_texts=len(found.texts),
        images_beyond=float((of_images > midpoint).mean()),
        texts_beyond=float((of_texts < midpoint).mean()),
        style=found.main_style,
    )


def halves_told_apart(clouds: Clouds, rng: np.random.Generator) -> float:
    """Return the share of two random halves of the images told apart: what a plane finds by chance.

    NaN where a half has images of one class alone.
    """
    rows = rng.permutation(draw_rows(len(clouds.images), rng))
    first, second = rows[::2], rows[1::2]
    if len(np.unique(clouds.labels[second])) < 2:  # classes to hold out
        return np.nan
    images, labels = clouds.images, clouds.labels
    return separability(images[first], labels[first], images[second], labels[second]).value


def _metric_arrays(metrics: tuple[Metric, ...]) -> dict[ArraySpec, NDArray]:
    return {
        modality_gap.METRIC_NAME: np.array([metric.name for metric in metrics]),
        modality_gap.METRIC: np.array([metric.estimate.row() for metric in metrics]),
        modality_gap.METRIC_ABOUT: np.array([metric.about for metric in metrics]),
        modality_gap.METRIC_REASON: np.array([metric.reason for metric in metrics]),
    }
