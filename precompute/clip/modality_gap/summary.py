"""The modality gap on held-out images: its numbers, its control and its histograms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precompute.cli.progress import bar
from precompute.clip.bootstrap import Resamples, resample_classes
from precompute.clip.inputs.embeddings import Embeddings, RandomStreams
from precompute.clip.modality_gap import chance, measure
from precompute.clip.modality_gap.metrics import SAMPLE, Clouds, Metric, draw_rows, measure_all
from precompute.clip.modality_gap.retrieval import texts_inside
from precompute.statistics import Estimate
from store.schema import ArraySpec
from store.schema.clip import modality_gap
from store.schema.clip.names import COSINE_KINDS, MODALITIES, NORMALISED, RAW

N_BINS = 100  # bins of width 0.02 over [-1, 1]
MAX_PAIRS = 200_000  # that are drawn; a share of pairs is then known to +-0.002


@dataclass(frozen=True)
class GapEvidence:
    """What the claim about the gap rests on."""

    metrics: tuple[Metric, ...]
    balanced: Estimate  # distance between the class-balanced means of images and of texts
    by_chance: float  # what 95 in 100 such distances stay below where texts are images
    halves_inside: float  # share of one half of the images inside the cloud of the other
    n_images: int
    n_texts: int
    style: str

    def estimate(self, name: str) -> Estimate:
        """Return one metric's estimate by its name."""
        return next(metric.estimate for metric in self.metrics if metric.name == name)


def gap_arrays(
    embeddings: Embeddings,
    laid_out: NDArray[np.int64],
    resamples: Resamples,
    streams: RandomStreams,
) -> tuple[dict[ArraySpec, NDArray], GapEvidence]:
    """Measure the gap between held-out images and all distinct texts.

    laid_out: (S,) rows of the images that layouts draw. resamples: of the held-out images. Raises
    ValueError: rows are not of unit length; names the worst.
    """
    for name, of_kind in (("image", embeddings.images), ("text", embeddings.texts)):
        measure.require_unit_rows(name, of_kind)
    texts, prompts = (embeddings.texts, embeddings.text_labels), embeddings.class_prompts
    clouds = Clouds(*embeddings.judged, *texts, prompts, embeddings.main_style)
    with bar("modality gap", 2, "steps") as advance:
        of_classes = resample_classes(embeddings, streams)
        metrics = measure_all(clouds, resamples, of_classes, streams.stream("sample"))
        advance()
        histogram = cosine_histogram(*clouds.paired, streams.stream("pairs"))
        advance()
    shown = embeddings.images[laid_out], embeddings.labels[laid_out]
    vector = measure.measure_gap(*clouds.paired).vector
    arrays = {
        modality_gap.METRIC_NAME: np.array([metric.name for metric in metrics]),
        modality_gap.METRIC: np.array([metric.estimate.row() for metric in metrics]),
        modality_gap.METRIC_ABOUT: np.array([metric.about for metric in metrics]),
        modality_gap.METRIC_REASON: np.array([metric.reason for metric in metrics]),
        modality_gap.GAP_VECTOR: vector,
        modality_gap.COSINE_KIND: np.array(COSINE_KINDS),
        modality_gap.COSINE_EDGE: histogram.edges,
        modality_gap.COSINE_DENSITY: histogram.density,
        modality_gap.GAP_AXIS_IMAGE: measure.gap_coordinate(shown[0], vector),
        modality_gap.GAP_AXIS_TEXT: measure.gap_coordinate(embeddings.texts, vector),
        modality_gap.MATCHED_COSINE_SHOWN: measure.pair_columns(*shown, prompts)[:, 0],
    }
    arrays |= _by_scale(embeddings, clouds, resamples)
    gaps = measure.class_gaps(*embeddings.judged, *texts, len(embeddings.class_names), resamples)
    arrays[modality_gap.CLASS_GAP] = np.array([gap.row() for gap in gaps])
    classes = chance.shared_classes(clouds.labels, clouds.text_labels)
    balanced = chance.balanced_gap(*embeddings.judged, *texts, resamples)
    return arrays, GapEvidence(
        metrics=metrics,
        balanced=balanced,
        by_chance=chance.gap_by_chance(*embeddings.judged, classes, streams.stream("chance")),
        halves_inside=halves_inside(clouds.images, streams.stream("halves")),
        n_images=len(clouds.images),
        n_texts=len(embeddings.texts),
        style=embeddings.main_style,
    )


def _by_scale(
    embeddings: Embeddings, clouds: Clouds, resamples: Resamples
) -> dict[ArraySpec, NDArray]:
    """Return the gap of unit rows and, where norms are known, of embeddings as they came."""
    scaled = {NORMALISED: measure.scaled_gap(clouds.images, clouds.texts, resamples)}
    arrays: dict[ArraySpec, NDArray] = {}
    if embeddings.norms is not None:
        of_images, of_texts = embeddings.norms[0][embeddings.held_out], embeddings.norms[1]
        raw = clouds.images * of_images[:, None], clouds.texts * of_texts[:, None]
        scaled[RAW] = measure.scaled_gap(*raw, resamples)
        mean_of_texts = Estimate(float(of_texts.mean()), np.nan, np.nan)  # texts are fixed
        arrays[modality_gap.MODALITY] = np.array(MODALITIES)
        arrays[modality_gap.MEAN_NORM] = np.array(
            [resamples.estimate_mean(of_images).row(), mean_of_texts.row()]
        )
    arrays[modality_gap.SCALE] = np.array(list(scaled))
    arrays[modality_gap.SCALED_GAP] = np.array([estimate.row() for estimate in scaled.values()])
    return arrays


def halves_inside(images: NDArray, rng: np.random.Generator) -> float:
    """Return the share of one half of the images (N, D) inside the cloud of the other half."""
    rows = rng.permutation(draw_rows(len(images), rng))
    return float(texts_inside(images[rows[::2]], images[rows[1::2]]).mean())


@dataclass(frozen=True)
class CosineHistogram:
    """Share of pairs per bin of the cosine, for each kind of pair."""

    edges: NDArray  # (N_BINS + 1,), from -1 to 1
    density: NDArray  # (len(COSINE_KINDS), N_BINS), each row adds up to 1


def cosine_histogram(
    images: NDArray,
    labels: NDArray,
    texts: NDArray,
    class_prompts: NDArray,
    rng: np.random.Generator,
) -> CosineHistogram:
    """Count cosines of all pairs; image-image pairs are drawn, at most MAX_PAIRS.

    So are those of texts, where there are more than SAMPLE.

    images (N, D), texts (T, D) and class_prompts (K, D) have unit rows, N and T >= 2; labels: (N,).
    """
    cosines = images @ class_prompts.T  # (N, K)
    own = np.arange(len(class_prompts)) == np.asarray(labels)[:, None]
    edges = np.linspace(-1, 1, N_BINS + 1)
    of_images = _random_pairs(images, rng)
    if len(texts) > SAMPLE:
        of_texts = _random_pairs(texts, rng)
    else:
        of_texts = (texts @ texts.T)[np.triu_indices(len(texts), k=1)]
    groups = (cosines[own], cosines[~own], of_images, of_texts)
    # Rounding may carry a cosine of 1 just over the last edge, where it would not be counted.
    counts = [np.histogram(np.clip(group, -1, 1), edges)[0] / len(group) for group in groups]
    return CosineHistogram(edges, np.stack(counts))


def _random_pairs(vectors: NDArray, rng: np.random.Generator) -> NDArray:
    """Return the cosines of random pairs of two different rows (N, D)."""
    n_rows = len(vectors)
    n_pairs = min(MAX_PAIRS, n_rows * (n_rows - 1) // 2)
    first = rng.integers(0, n_rows, n_pairs)
    second = (first + rng.integers(1, n_rows, n_pairs)) % n_rows
    return np.concatenate(
        [
            np.einsum("nd,nd->n", vectors[first[rows]], vectors[second[rows]])
            for rows in np.array_split(np.arange(n_pairs), max(1, n_pairs // 20_000))
        ]
    )
