"""Every number of the modality gap on held-out images, with an interval or the reason for none."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from precompute.clip.bootstrap import Resamples, draw_resamples, normal_interval
from precompute.clip.modality_gap.cloud_shape import (
    covariance,
    covariance_distance,
    effective_rank,
    kernel_distance,
    matrix_root,
    share_along,
    uniformity,
)
from precompute.clip.modality_gap.measure import estimate_gap, measure_gap
from precompute.clip.modality_gap.retrieval import (
    RANKS,
    auroc_parts,
    margin,
    neighbour_mixing,
    retrieve,
)
from precompute.clip.modality_gap.separability import separability
from precompute.statistics import UNDEFINED, Estimate, share

SAMPLE = 4000  # images, and texts, in numbers that look at every pair
FEW = 200  # resamples of numbers that look at every pair
FEWER = 50  # resamples of numbers that need a decomposition each; their spread is known to 10 %
# Two samples of one round cloud, this many rows per dimension each, differ in covariance by a
# twentieth of their variance; by a quarter with two rows per dimension, which is sampling alone.
ROWS_PER_DIMENSION = 10


@dataclass(frozen=True)
class Metric:
    """One number of the gap."""

    name: str
    estimate: Estimate
    about: str
    reason: str = ""  # why it is not defined here; empty where it is


@dataclass(frozen=True)
class Clouds:
    """Held-out images and all distinct texts, unit rows."""

    images: NDArray  # (N, D)
    labels: NDArray[np.int64]  # (N,)
    texts: NDArray  # (T, D)
    text_labels: NDArray[np.int64]  # (T,)
    prompts: NDArray  # (K, D), the prompt that each class is paired with
    style: str  # of that prompt

    @property
    def cosines(self) -> NDArray:
        """Cosine of each image with each class's prompt (N, K)."""
        return self.images @ self.prompts.T

    def sample(self, rng: np.random.Generator) -> "Clouds":
        """Return SAMPLE images and SAMPLE texts drawn at random, or all where there are fewer."""
        rows = draw_rows(len(self.images), rng)
        of_texts = draw_rows(len(self.texts), *rng.spawn(1))
        return replace(
            self,
            images=self.images[rows],
            labels=self.labels[rows],
            texts=self.texts[of_texts],
            text_labels=self.text_labels[of_texts],
        )


def measure_all(
    clouds: Clouds, resamples: Resamples, of_classes: Resamples, rng: np.random.Generator
) -> tuple[Metric, ...]:
    """Return every number, in the order in which a page shows them.

    resamples: of the images. of_classes: of the classes, for texts of one class are nearly alike.
    """
    sample = clouds.sample(rng)
    return (
        *_of_means(clouds, resamples),
        *_of_pairs(clouds, resamples),
        *_of_spread(sample.images, sample.texts, rng),
        *_of_covariances(clouds, rng),
        *_of_neighbours(sample, of_classes, rng),
        *_of_retrieval(clouds, of_classes),
    )


def _of_means(clouds: Clouds, resamples: Resamples) -> list[Metric]:
    found = estimate_gap(clouds.images, clouds.labels, clouds.texts, clouds.prompts, resamples)
    style = clouds.style
    return [
        Metric(
            "gap_distance",
            found.distance,
            "Length of mean image minus mean text, 0 to 2; every distinct text counts once (Liang "
            "et al. 2022).",
        ),
        Metric(
            "centroid_cosine",
            found.centroid_cosine,
            "Cosine between the mean image and the mean of all distinct texts.",
        ),
        Metric(
            "matched_distance",
            found.matched_distance,
            f"L2I: mean distance of an image and its class's prompt, template '{style}'.",
        ),
        Metric(
            "relative_gap",
            found.rmg,
            "RMG: mean dissimilarity (1 - cosine) / 2 of matching pairs over itself plus the mean "
            "within a modality, 0 to 1 (Schrodi et al. 2025); the prompts are the K paired ones.",
        ),
        Metric(
            "matched_cosine",
            found.matched_cosine,
            f"Mean cosine of an image and its class's prompt, template '{style}'.",
        ),
        Metric(
            "unmatched_cosine",
            found.unmatched_cosine,
            f"Mean cosine of an image and the other classes' prompts, template '{style}'.",
        ),
    ]


def _of_pairs(clouds: Clouds, resamples: Resamples) -> list[Metric]:
    cosines, labels = clouds.cosines, clouds.labels
    return [
        Metric(
            "matched_auroc",
            _at_most_1(resamples.estimate_mean(auroc_parts(cosines, labels))),
            "Share of unmatched pairs whose cosine lies below a matched pair's, on average; 0.5 is "
            "chance.",
        ),
        Metric(
            "margin",
            resamples.estimate_mean(margin(cosines, labels)),
            "Mean cosine with the own class's prompt less the largest with another class's.",
        ),
        Metric(
            "alignment",
            resamples.estimate_mean(2 - 2 * cosines[np.arange(len(labels)), labels]),
            "Mean squared distance of an image and its class's prompt (Wang & Isola 2020).",
        ),
    ]


def _at_most_1(estimate: Estimate) -> Estimate:
    """Cut an interval at 1, which the first-order parts of a share near it may overstep."""
    return replace(estimate, high=min(estimate.high, 1.0))


def draw_rows(n_rows: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return all rows, or SAMPLE of them drawn at random where there are more, in order."""
    return np.sort(rng.permutation(n_rows)[:SAMPLE])


def _of_spread(images: NDArray, texts: NDArray, rng: np.random.Generator) -> list[Metric]:
    resamples = draw_resamples(len(images), FEW, rng)
    cosines = images @ images.T
    of_texts = Estimate(float(uniformity(texts @ texts.T)), np.nan, np.nan)
    kernel = kernel_distance(images, texts)
    about = "log of the mean exp(-2 squared distance) of two different"
    return [
        Metric(
            "uniformity_images",
            normal_interval(float(uniformity(cosines)), uniformity(cosines, resamples.counts)),
            f"{about} images; lower is more spread (Wang & Isola 2020).",
        ),
        Metric("uniformity_texts", of_texts, f"{about} texts; texts are fixed, so no interval."),
        Metric(
            "kernel_distance",
            normal_interval(float(kernel), kernel_distance(images, texts, resamples.counts)),
            "Unbiased squared MMD of images and texts, RBF kernel with the median distance "
            "(Gretton et al. 2012); 0 for one cloud.",
        ),
    ]


def _of_covariances(clouds: Clouds, rng: np.random.Generator) -> list[Metric]:
    n_images, dim = clouds.images.shape
    of_images, of_texts = covariance(clouds.images), covariance(clouds.texts)
    gap = measure_gap(clouds.images, clouds.labels, clouds.texts, clouds.prompts).vector
    counts = draw_resamples(n_images, FEWER, rng).counts
    drawn = [covariance(clouds.images, row) for row in counts]
    few = min(len(clouds.texts), n_images)
    needed = ROWS_PER_DIMENSION * dim
    reason = ""
    if few < needed:
        reason = f"a covariance of {few} rows in {dim} dimensions is noise, it takes {needed} rows"
    distance = UNDEFINED
    if not reason:
        root = matrix_root(of_texts)
        distance = normal_interval(
            covariance_distance(of_images, root),
            np.array([covariance_distance(one, root) for one in drawn]),
        )
    rank = "exp(entropy of the singular values' shares) of the centred"
    return [
        Metric(
            "effective_rank_images",
            normal_interval(effective_rank(of_images), np.array([*map(effective_rank, drawn)])),
            f"{rank} images, of at most {dim} (Roy & Vetterli 2007).",
        ),
        Metric(
            "effective_rank_texts",
            Estimate(effective_rank(of_texts), np.nan, np.nan),
            f"{rank} texts, of at most {min(dim, len(clouds.texts) - 1)}; texts are fixed.",
        ),
        Metric(
            "gap_variance_share",
            normal_interval(
                share_along(of_images, gap), np.array([share_along(one, gap) for one in drawn])
            ),
            "Share of the images' variance along the gap vector: 0 where the gap is a shift across "
            "what differs between images.",
        ),
        Metric(
            "frechet_means",
            _squared(clouds, gap, counts),
            "Fréchet distance, the part of the means: squared gap distance.",
        ),
        Metric(
            "frechet_covariances",
            distance,
            "Fréchet distance, the part of the covariances, Tr(A + B - 2 (AB)^½).",
            reason,
        ),
    ]


def _squared(clouds: Clouds, gap: NDArray, counts: NDArray) -> Estimate:
    means = Resamples(counts).means(clouds.images) - clouds.texts.mean(axis=0, dtype=np.float64)
    return normal_interval(float(gap @ gap), np.square(means).sum(axis=1))


def _of_neighbours(sample: Clouds, of_classes: Resamples, rng: np.random.Generator) -> list[Metric]:
    resamples = draw_resamples(len(sample.images), FEW, rng)
    told = separability(sample.images, sample.labels, sample.texts, sample.text_labels)
    return [
        Metric(
            "neighbour_mixing",
            resamples.estimate_mean(neighbour_mixing(sample.images, sample.texts)),
            "Texts among an image's 15 nearest neighbours of both kinds, over what even mixing "
            "gives: 0 apart, 1 mixed.",
        ),
        Metric(
            "separability",
            told.estimate(sample.text_labels, of_classes),
            "Images and texts told apart by a plane that never met their class, mean of both "
            "kinds; 0.5 is chance, less where classes differ in opposite ways. Wilson for images, "
            "bootstrap over classes for texts.",
        ),
    ]


def _of_retrieval(clouds: Clouds, of_classes: Resamples) -> list[Metric]:
    found = retrieve(clouds.images, clouds.texts, clouds.labels, clouds.text_labels)
    about = "{} of their class among the first {} found; {}."
    to_text = [
        Metric(
            f"image_to_text_{rank}",
            share(int(hits.sum()), len(hits)),
            about.format("Images with a text", rank, "Wilson interval"),
        )
        for rank, hits in zip(RANKS, found.image_to_text.T, strict=True)
    ]
    shares = of_classes.estimate_shares(found.text_to_image, clouds.text_labels)
    to_image = [
        Metric(
            f"text_to_image_{rank}",
            estimate,
            about.format("Texts with an image", rank, "bootstrap over classes"),
        )
        for rank, estimate in zip(RANKS, shares, strict=True)
    ]
    return to_text + to_image
