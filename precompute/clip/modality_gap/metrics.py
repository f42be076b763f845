"""Every number of the modality gap on held-out images, with an interval or the reason for none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from precompute.clip.bootstrap import Resamples, draw_resamples, normal_interval
from precompute.clip.modality_gap import chance, measure, retrieval
from precompute.clip.modality_gap.separability import separability, share_of_texts
from precompute.statistics import (
    UNDEFINED,
    Estimate,
    covariance,
    covariance_distance,
    matrix_root,
)
from store.schema.clip import names

SAMPLE = 4000  # images, and texts, in numbers that look at every pair
FEW = 200  # resamples of numbers that look at every pair
FEWER = 50  # resamples of numbers that need a decomposition each; their spread is known to 10%
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

    @property
    def paired(self) -> tuple[NDArray, NDArray[np.int64], NDArray, NDArray]:
        """What the gap is measured of: images, labels, texts and prompts."""
        return self.images, self.labels, self.texts, self.prompts

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


@dataclass(frozen=True)
class GapData:
    """What the metrics are measured of; what several need is measured once."""

    clouds: Clouds
    resamples: Resamples  # of the images
    of_classes: Resamples  # for texts, of which those of one class are nearly alike
    sample: Clouds
    of_pairs: Resamples  # FEW, of the sampled images
    of_spread: NDArray[np.uint8]  # (FEWER, N) counts of the images
    of_neighbours: Resamples  # FEW, of the sampled images

    @cached_property
    def gap(self) -> measure.GapEstimates:
        """The numbers that are functions of means."""
        return measure.estimate_gap(*self.clouds.paired, self.resamples)

    @cached_property
    def vector(self) -> NDArray:
        """Mean image minus mean text (D,)."""
        return measure.measure_gap(*self.clouds.paired).vector

    @cached_property
    def text_covariance(self) -> NDArray[np.float64]:
        """Covariance of the texts (D, D)."""
        return covariance(self.clouds.texts)

    @cached_property
    def covariances(self) -> list[NDArray[np.float64]]:
        """Covariance of the images, then of each of FEWER resamples of them, (D, D) each."""
        return [covariance(self.clouds.images, row) for row in (None, *self.of_spread)]

    @cached_property
    def retrieval(self) -> dict[str, Estimate]:
        """Both directions at every rank, by the metric's name."""
        clouds = self.clouds
        shares = retrieval.estimate_retrieval(
            clouds.images, clouds.texts, clouds.labels, clouds.text_labels, self.of_classes
        )
        return dict(zip(names.RETRIEVALS, shares, strict=True))


@dataclass(frozen=True)
class GapMetric:
    """How one number of the gap is measured, and what it says."""

    about: str  # may name the {style} of the prompts, the {dim} and the rank of the texts at {most}
    estimate: Callable[[GapData], Estimate]
    reason: Callable[[GapData], str] = lambda data: ""  # why it is not defined; empty where it is


def measure_all(
    clouds: Clouds, resamples: Resamples, of_classes: Resamples, rng: np.random.Generator
) -> tuple[Metric, ...]:
    """Return every number, in the order in which a page shows them.

    resamples: of the images. of_classes: of the classes, for texts of one class are nearly alike.
    """
    sample = clouds.sample(rng)
    n_images, n_sampled = len(clouds.images), len(sample.images)
    data = GapData(
        clouds,
        resamples,
        of_classes,
        sample,
        of_pairs=draw_resamples(n_sampled, FEW, rng),
        of_spread=draw_resamples(n_images, FEWER, rng).counts,
        of_neighbours=draw_resamples(n_sampled, FEW, rng),
    )
    dim = clouds.images.shape[1]
    facts = {"style": clouds.style, "dim": dim, "most": min(dim, len(clouds.texts) - 1)}
    return tuple(
        Metric(name, row.estimate(data), row.about.format(**facts), row.reason(data))
        for name, row in METRICS.items()
    )


def draw_rows(n_rows: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return all rows, or SAMPLE of them drawn at random where there are more, in order: (n,)."""
    return np.sort(rng.permutation(n_rows)[:SAMPLE])


def _auroc(data: GapData) -> Estimate:
    parts = retrieval.auroc_parts(data.clouds.cosines, data.clouds.labels)
    estimate = data.resamples.estimate_mean(parts)
    # The first-order parts of a share near 1 may overstep it.
    return replace(estimate, high=min(estimate.high, 1.0))


def _alignment(data: GapData) -> Estimate:
    labels = data.clouds.labels
    own = data.clouds.cosines[np.arange(len(labels)), labels]
    return data.resamples.estimate_mean(2 - 2 * own)


def _uniformity_images(data: GapData) -> Estimate:
    cosines = data.sample.images @ data.sample.images.T
    resampled = measure.uniformity(cosines, data.of_pairs.counts)
    return normal_interval(float(measure.uniformity(cosines)), resampled)


def _kernel_distance(data: GapData) -> Estimate:
    images, texts = data.sample.images, data.sample.texts
    resampled = measure.kernel_distance(images, texts, data.of_pairs.counts)
    return normal_interval(float(measure.kernel_distance(images, texts)), resampled)


def _of_covariance(data: GapData, statistic: Callable[[NDArray[np.float64]], float]) -> Estimate:
    """Return a statistic of the images' covariance (D, D) with its interval."""
    value, *resampled = map(statistic, data.covariances)
    return normal_interval(value, np.array(resampled))


def _frechet_means(data: GapData) -> Estimate:
    texts = data.clouds.texts.mean(axis=0, dtype=np.float64)
    means = Resamples(data.of_spread).means(data.clouds.images) - texts
    return normal_interval(float(data.vector @ data.vector), np.square(means).sum(axis=1))


def _frechet_covariances(data: GapData) -> Estimate:
    if _too_few_rows(data):
        return UNDEFINED
    root = matrix_root(data.text_covariance)
    return _of_covariance(data, lambda one: covariance_distance(one, root))


def _too_few_rows(data: GapData) -> str:
    n_images, dim = data.clouds.images.shape
    few, needed = min(len(data.clouds.texts), n_images), ROWS_PER_DIMENSION * dim
    if few >= needed:
        return ""
    return f"a covariance of {few} rows in {dim} dimensions is noise, it takes {needed} rows"


def _separability(data: GapData) -> Estimate:
    sample = data.sample
    sides = separability(sample.images, sample.labels, sample.texts, sample.text_labels)
    return sides.estimate(sample.text_labels, data.of_classes)


def _texts_inside(data: GapData) -> Estimate:
    inside = retrieval.texts_inside(data.sample.images, data.sample.texts)
    return share_of_texts(inside, data.sample.text_labels, data.of_classes)


def _gap_direction(data: GapData) -> Estimate:
    clouds = data.clouds
    value = chance.direction_cosine(clouds.images, clouds.labels, clouds.texts, clouds.text_labels)
    return Estimate(value, np.nan, np.nan)


def _retrieval_metric(name: str) -> GapMetric:
    rank = name.rpartition("_")[2]
    asking, interval = (
        ("Images with a text", "Wilson interval")
        if name.startswith(names.IMAGE_TO_TEXT)
        else ("Texts with an image", "bootstrap over classes")
    )
    return GapMetric(
        f"{asking} of their class among the first {rank} found; {interval}.",
        lambda data: data.retrieval[name],
    )


_SPREAD = "log of the mean exp(-2 squared distance) of two different"
_RANK = "exp(entropy of the singular values' shares) of the centred"

METRICS: Mapping[str, GapMetric] = {
    names.GAP_DISTANCE: GapMetric(
        "Length of mean image minus mean text, 0 to 2; every distinct text counts once (Liang "
        "et al. 2022).",
        lambda data: data.gap.distance,
    ),
    names.CENTROID_COSINE: GapMetric(
        "Cosine between the mean image and the mean of all distinct texts.",
        lambda data: data.gap.centroid_cosine,
    ),
    names.MATCHED_DISTANCE: GapMetric(
        "L2I: mean distance of an image and its class's prompt, template '{style}'.",
        lambda data: data.gap.matched_distance,
    ),
    names.RELATIVE_GAP: GapMetric(
        "RMG: mean dissimilarity (1 - cosine) / 2 of matching pairs over itself plus the mean "
        "within a modality, 0 to 1 (Schrodi et al. 2025); the prompts are the K paired ones.",
        lambda data: data.gap.rmg,
    ),
    names.MATCHED_COSINE: GapMetric(
        "Mean cosine of an image and its class's prompt, template '{style}'.",
        lambda data: data.gap.matched_cosine,
    ),
    names.UNMATCHED_COSINE: GapMetric(
        "Mean cosine of an image and the other classes' prompts, template '{style}'.",
        lambda data: data.gap.unmatched_cosine,
    ),
    names.MATCHED_AUROC: GapMetric(
        "Share of unmatched pairs whose cosine lies below a matched pair's, on average; 0.5 is "
        "chance.",
        _auroc,
    ),
    names.MARGIN: GapMetric(
        "Mean cosine with the own class's prompt less the largest with another class's.",
        lambda data: data.resamples.estimate_mean(
            retrieval.margin(data.clouds.cosines, data.clouds.labels)
        ),
    ),
    names.ALIGNMENT: GapMetric(
        "Mean squared distance of an image and its class's prompt (Wang & Isola 2020).", _alignment
    ),
    names.UNIFORMITY_IMAGES: GapMetric(
        f"{_SPREAD} images; lower is more spread (Wang & Isola 2020).", _uniformity_images
    ),
    names.UNIFORMITY_TEXTS: GapMetric(
        f"{_SPREAD} texts; texts are fixed, so no interval.",
        lambda data: Estimate(
            float(measure.uniformity(data.sample.texts @ data.sample.texts.T)), np.nan, np.nan
        ),
    ),
    names.KERNEL_DISTANCE: GapMetric(
        "Unbiased squared MMD of images and texts, RBF kernel with the median distance "
        "(Gretton et al. 2012); 0 for one cloud.",
        _kernel_distance,
    ),
    names.EFFECTIVE_RANK_IMAGES: GapMetric(
        f"{_RANK} images, of at most {{dim}} (Roy & Vetterli 2007).",
        lambda data: _of_covariance(data, measure.effective_rank),
    ),
    names.EFFECTIVE_RANK_TEXTS: GapMetric(
        f"{_RANK} texts, of at most {{most}}; texts are fixed.",
        lambda data: Estimate(measure.effective_rank(data.text_covariance), np.nan, np.nan),
    ),
    names.GAP_VARIANCE_SHARE: GapMetric(
        "Share of the images' variance along the gap vector: 0 where the gap is a shift across "
        "what differs between images.",
        lambda data: _of_covariance(data, lambda one: measure.share_along(one, data.vector)),
    ),
    names.FRECHET_MEANS: GapMetric(
        "Fréchet distance, the part of the means: squared gap distance.", _frechet_means
    ),
    names.FRECHET_COVARIANCES: GapMetric(
        "Fréchet distance, the part of the covariances, Tr(A + B - 2 (AB)^½).",
        _frechet_covariances,
        _too_few_rows,
    ),
    names.NEIGHBOUR_MIXING: GapMetric(
        "Texts among an image's 15 nearest neighbours of both kinds, over what even mixing "
        "gives: 0 apart, 1 mixed.",
        lambda data: data.of_neighbours.estimate_mean(
            retrieval.neighbour_mixing(data.sample.images, data.sample.texts)
        ),
    ),
    names.SEPARABILITY: GapMetric(
        "Images and texts told apart by a plane that never met their class, mean of both "
        "kinds; 0.5 is chance, less where classes differ in opposite ways. Wilson for images, "
        "bootstrap over classes for texts.",
        _separability,
    ),
    names.TEXTS_INSIDE: GapMetric(
        "Texts as near to an image as 95% of images are to another one; bootstrap over classes.",
        _texts_inside,
    ),
    names.GAP_DIRECTION: GapMetric(
        "Mean cosine between the gaps of two classes: 1 where every class shifts the same way.",
        _gap_direction,
        lambda data: "" if len(data.clouds.prompts) > 1 else "there is one class",
    ),
    **{name: _retrieval_metric(name) for name in names.RETRIEVALS},
}
