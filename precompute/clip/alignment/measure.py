"""Each alignment method on held-out images: accuracy, gap, cosine, retrieval, and what flipped.

And what a map is worth beyond its fit: other templates, classes left out, fewer images.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from precompute.cli.progress import Advance, bar
from precompute.clip.alignment.maps import STEPS, Alignment, FitSet, fit_set, shift_along_gap
from precompute.clip.alignment.methods import METHODS, SHOT_METHODS, Fitted
from precompute.clip.bootstrap import Resamples, resample_classes
from precompute.clip.inputs.embeddings import Embeddings, RandomStreams
from precompute.clip.modality_gap.measure import estimate_gap, gap_floor, measure_gap
from precompute.clip.modality_gap.metrics import Clouds
from precompute.clip.modality_gap.retrieval import estimate_retrieval, score_blocks
from precompute.clip.modality_gap.separability import separability
from precompute.statistics import UNDEFINED, Estimate, PairedTest, holm, paired_test, share
from store.schema.clip import names

N_PARTS = 2  # the classes are cut in two: each half is left out once
N_CUTS = 5  # anew so many times: which classes are left out matters more than which images
LEAST_CLASSES = 2 * N_PARTS  # a choice among one class would be right by itself


@dataclass(frozen=True)
class AlignedGeometry:
    """What a map does to both clouds; NaN for classifiers, which read no text."""

    gap: Estimate = UNDEFINED
    matched_cosine: Estimate = UNDEFINED
    floor: float = np.nan  # least gap that one more rotation could reach
    retrieval: tuple[Estimate, ...] = (UNDEFINED,) * len(names.RETRIEVALS)
    separability: float = np.nan
    other_templates: Estimate = UNDEFINED
    unseen: Estimate = UNDEFINED  # among classes left out
    unseen_among_all: Estimate = UNDEFINED


NO_GEOMETRY = AlignedGeometry()


@dataclass(frozen=True)
class MethodEvidence:
    """One method on held-out images."""

    predicted: NDArray[np.int64]  # (held out,)
    accuracy: Estimate
    difference: Estimate  # accuracy less that without a map
    against_none: PairedTest  # first: none; second: the method
    adjusted_p: float  # over all methods and baselines (Holm 1979); NaN for controls
    geometry: AlignedGeometry


@dataclass(frozen=True)
class Shots:
    """Held-out accuracy of maps that were fitted on few images per class."""

    methods: tuple[str, ...]  # (M,)
    per_class: tuple[int, ...]  # (S,) the last is all of them
    accuracy: NDArray  # (M, S, draws)
    crossing: NDArray[np.int64]  # (M,) fewest images from which the mean is not below none; -1

    def rows(self) -> NDArray:
        """Return (M, S, 3): mean, lowest and highest of the draws."""
        draws = self.accuracy
        return np.stack([draws.mean(axis=-1), draws.min(axis=-1), draws.max(axis=-1)], axis=-1)


@dataclass(frozen=True)
class AlignmentEvidence:
    """What the claim about Procrustes rests on."""

    methods: Mapping[str, MethodEvidence]
    maps: Mapping[str, Fitted]
    against_shuffled: PairedTest  # first: the fit on shuffled pairs; second: Procrustes
    shots: Shots
    sweep: NDArray  # (steps, 3): gap, accuracy, loss
    floor: float
    n_fit: int
    n_held_out: int


def compare_methods(
    embeddings: Embeddings,
    shots: tuple[int, ...],
    n_draws: int,
    resamples: Resamples,
    streams: RandomStreams,
) -> AlignmentEvidence:
    """Fit every method on the fit rows and judge it on the held-out rows."""
    fit = fit_set(embeddings, embeddings.split.rows(names.FIT))
    maps: dict[str, Fitted] = {}
    geometry: dict[str, AlignedGeometry] = {}
    of_classes = resample_classes(embeddings, streams)
    with bar("alignment", len(METHODS), "methods") as advance:
        for name, method in METHODS.items():
            maps[name] = method.fit(fit, streams)
            geometry[name] = _geometry(
                name, maps[name], embeddings, fit, resamples, of_classes, streams
            )
            advance(1, name)
    with bar("few shots", n_draws * (len(shots) + 1), "fits") as advance:
        curve = few_shots(embeddings, shots, n_draws, streams, advance)
    images, labels = embeddings.judged
    predicted = {name: one.predict(images, embeddings.class_prompts) for name, one in maps.items()}
    return AlignmentEvidence(
        methods=_judge(predicted, labels, geometry, resamples),
        maps=maps,
        against_shuffled=paired_test(
            predicted[names.PROCRUSTES_SHUFFLED] == labels, predicted[names.PROCRUSTES] == labels
        ),
        shots=curve,
        sweep=_sweep(embeddings, fit),
        floor=gap_floor(images, embeddings.texts),
        n_fit=len(fit.labels),
        n_held_out=len(labels),
    )


def _judge(
    predicted: Mapping[str, NDArray],
    labels: NDArray,
    geometry: Mapping[str, AlignedGeometry],
    resamples: Resamples,
) -> dict[str, MethodEvidence]:
    right = {name: labelled == labels for name, labelled in predicted.items()}
    tests = {name: paired_test(right[names.NONE], labelled) for name, labelled in right.items()}
    controls = [name for name in METHODS if METHODS[name].role == names.CONTROL_ROLE]
    family = [name for name in METHODS if name not in (names.NONE, *controls)]
    adjusted = dict(zip(family, holm([tests[name].p_value for name in family]), strict=True))
    return {
        name: MethodEvidence(
            predicted[name],
            share(int(right[name].sum()), len(labels)),
            resamples.estimate_mean(right[name].astype(float) - right[names.NONE]),
            tests[name],
            adjusted.get(name, np.nan),
            geometry[name],
        )
        for name in METHODS
    }


def _geometry(
    name: str,
    fitted: Fitted,
    embeddings: Embeddings,
    fit: FitSet,
    resamples: Resamples,
    of_classes: Resamples,
    streams: RandomStreams,
) -> AlignedGeometry:
    if not isinstance(fitted, Alignment):
        return NO_GEOMETRY
    held_out, labels = embeddings.judged
    images, texts = fitted.move_images(held_out), fitted.move_texts(embeddings.texts)
    prompts = fitted.move_texts(embeddings.class_prompts)
    clouds = Clouds(images, labels, texts, embeddings.text_labels, prompts, embeddings.main_style)
    sample = clouds.sample(streams.stream("sample"))
    sides = separability(sample.images, sample.labels, sample.texts, sample.text_labels)
    in_float32 = images.astype(np.float32), texts.astype(np.float32)
    gap = estimate_gap(images, labels, texts, prompts, resamples)
    among_unseen, among_all = unseen_classes(name, embeddings, fit, resamples, streams)
    return AlignedGeometry(
        gap=gap.distance,
        matched_cosine=gap.matched_cosine,
        floor=gap_floor(images, texts),
        retrieval=estimate_retrieval(*in_float32, labels, embeddings.text_labels, of_classes),
        separability=sides.value,
        other_templates=other_templates(fitted, embeddings, held_out, labels, resamples),
        unseen=among_unseen,
        unseen_among_all=among_all,
    )


def _sweep(embeddings: Embeddings, fit: FitSet) -> NDArray:
    """Return gap, accuracy and contrastive loss of held-out images at each of STEPS (steps, 3).

    The loss is the mean -log of the softmax share that the own class's prompt gets, at the model's
    own logit scale; NaN where that is unknown.
    """
    images, labels = embeddings.judged
    rows = []
    for step in STEPS:
        moved = shift_along_gap(fit, step)
        shifted, prompts = moved.move_images(images), moved.move_texts(embeddings.class_prompts)
        gap = measure_gap(shifted, labels, moved.move_texts(embeddings.texts), prompts).distance
        logits = embeddings.logit_scale * (shifted @ prompts.T)
        accuracy = float((np.argmax(shifted @ prompts.T, axis=1) == labels).mean())
        peak = logits.max(axis=1, keepdims=True)
        total = np.log(np.exp(logits - peak).sum(axis=1)) + peak[:, 0]
        own = logits[np.arange(len(labels)), labels]
        rows.append((gap, accuracy, float((total - own).mean())))
    return np.array(rows)


def other_templates(
    fitted: Alignment,
    embeddings: Embeddings,
    images: NDArray,
    labels: NDArray,
    resamples: Resamples,
) -> Estimate:
    """Return the accuracy with templates that the map was not fitted on, averaged over them.

    images: (N, D); labels: (N,).
    """
    others = np.delete(embeddings.by_template, embeddings.main, axis=0)
    if not len(others):
        return UNDEFINED
    texts = others.reshape(-1, others.shape[-1])
    right = np.empty(len(labels))
    for rows in score_blocks(len(labels), len(texts)):
        scores = fitted.order(images[rows], texts)
        predicted = scores.reshape(-1, *others.shape[:2]).argmax(axis=-1)  # (rows, T - 1)
        right[rows] = (predicted == labels[rows, None]).mean(axis=1)
    return resamples.estimate_mean(right)


def unseen_classes(
    name: str, embeddings: Embeddings, fit: FitSet, resamples: Resamples, streams: RandomStreams
) -> tuple[Estimate, Estimate]:
    """Return the accuracy on classes that the map never met.

    The classes are cut in two at random; a map fitted on one half is judged on the held-out images
    of the other, so that every held-out image is judged once by each of N_CUTS cuts.

    Returns choosing among the unseen classes alone, and among all classes; means over the cuts,
    with intervals over images.
    """
    n_classes = len(embeddings.class_names)
    if n_classes < LEAST_CLASSES:
        return UNDEFINED, UNDEFINED
    images, labels = embeddings.judged
    right, rng = np.zeros((2, len(labels))), streams.stream("folds")
    cuts = [np.array_split(rng.permutation(n_classes), N_PARTS) for _ in range(N_CUTS)]
    for unseen in chain.from_iterable(cuts):
        fitted_on = np.setdiff1d(np.arange(n_classes), unseen)
        fitted = METHODS[name].fit(fit.of_classes(fitted_on), streams)
        rows = np.isin(labels, unseen)
        among = fitted.predict(images[rows], embeddings.class_prompts[unseen])
        right[0, rows] += unseen[among] == labels[rows]
        right[1, rows] += fitted.predict(images[rows], embeddings.class_prompts) == labels[rows]
    among_unseen, among_all = right / N_CUTS
    return resamples.estimate_mean(among_unseen), resamples.estimate_mean(among_all)


def few_shots(
    embeddings: Embeddings,
    wanted: tuple[int, ...],
    n_draws: int,
    streams: RandomStreams,
    advance: Advance,
) -> Shots:
    """Fit on so many images per class, drawn n_draws times; the smaller draws lie in the larger.

    Settings that a method chooses are chosen on all select images, as with the full fit.
    """
    rows = embeddings.split.rows(names.FIT)
    labels = embeddings.labels[rows]
    counts = np.bincount(labels, minlength=len(embeddings.class_names))
    per_class = (*sorted(k for k in wanted if k < counts.min()), int(counts.max()))
    images, truth = embeddings.judged
    accuracy = np.empty((len(SHOT_METHODS), len(per_class), n_draws))
    rng = streams.stream("shots")
    for draw in range(n_draws):
        order = _ranks_within(labels, rng)
        for shot, most in enumerate(per_class):
            fit = fit_set(embeddings, rows[order < most])
            for row, name in enumerate(SHOT_METHODS):
                fitted = METHODS[name].fit(fit, streams)
                predicted = fitted.predict(images, embeddings.class_prompts)
                accuracy[row, shot, draw] = (predicted == truth).mean()
            advance(1, "")
    still = METHODS[names.NONE].fit(fit_set(embeddings, rows), streams)
    line = float((still.predict(images, embeddings.class_prompts) == truth).mean())
    return Shots(SHOT_METHODS, per_class, accuracy, _crossings(per_class, accuracy, line))


def _ranks_within(labels: NDArray, rng: np.random.Generator) -> NDArray[np.int64]:
    """Number the rows of each class from 0 in a random order (n,)."""
    ranks = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        ranks[rows] = rng.permutation(len(rows))
    return ranks


def _crossings(per_class: tuple[int, ...], accuracy: NDArray, line: float) -> NDArray[np.int64]:
    """Return the fewest shots from which each method's mean stays at the line or above; or -1."""
    above = accuracy.mean(axis=-1) >= line - 1e-12
    stays = np.logical_and.accumulate(above[:, ::-1], axis=1)[:, ::-1]
    return np.array([per_class[int(np.argmax(row))] if row.any() else -1 for row in stays])
