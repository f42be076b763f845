"""Each alignment method on held-out images: accuracy, gap, cosine, retrieval, and what flipped."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precompute.cli.progress import bar
from precompute.clip.alignment.generalisation import (
    Shots,
    few_shots,
    other_templates,
    unseen_classes,
)
from precompute.clip.alignment.maps import STEPS, Alignment, FitSet, shift_along_gap, take_fit
from precompute.clip.alignment.methods import CONTROL, METHODS, NONE, PROCRUSTES, SHUFFLED, Fitted
from precompute.clip.bootstrap import Resamples, resample_classes
from precompute.clip.inputs.embeddings import Draws, Embeddings
from precompute.clip.inputs.split import FIT
from precompute.clip.modality_gap.measure import estimate_gap, gap_floor, measure_gap
from precompute.clip.modality_gap.metrics import Clouds
from precompute.clip.modality_gap.retrieval import RANKS, retrieve
from precompute.clip.modality_gap.separability import separability
from precompute.clip.prompts.measure import holm
from precompute.statistics import UNDEFINED, Estimate, PairedTest, paired_test, share

N_RETRIEVALS = 2 * len(RANKS)  # image to text at each rank, then text to image


@dataclass(frozen=True)
class Moved:
    """What a map does to both clouds; NaN for classifiers, which read no text."""

    gap: Estimate
    matched_cosine: Estimate
    floor: float  # least gap that one more rotation could reach
    retrieval: tuple[Estimate, ...]  # N_RETRIEVALS
    separability: float
    other_templates: Estimate
    unseen: Estimate  # among classes left out
    unseen_among_all: Estimate


NOT_MOVED = Moved(
    UNDEFINED, UNDEFINED, np.nan, (UNDEFINED,) * N_RETRIEVALS, np.nan, *(UNDEFINED,) * 3
)


@dataclass(frozen=True)
class MethodEvidence:
    """One method on held-out images."""

    predicted: NDArray[np.int64]  # (held out,)
    accuracy: Estimate
    difference: Estimate  # accuracy less that without a map
    against_none: PairedTest  # first: none; second: the method
    adjusted_p: float  # over all methods and baselines (Holm 1979); NaN for controls
    moved: Moved


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
    found: Embeddings,
    shots: tuple[int, ...],
    n_draws: int,
    resamples: Resamples,
    draws: Draws,
) -> AlignmentEvidence:
    """Fit every method on the fit rows and judge it on the held-out rows."""
    fit = take_fit(found, found.split.rows(FIT))
    maps: dict[str, Fitted] = {}
    moved: dict[str, Moved] = {}
    of_classes = resample_classes(found, draws)
    with bar("alignment", len(METHODS), "methods") as advance:
        for name, method in METHODS.items():
            maps[name] = method.fit(fit, draws)
            moved[name] = _moved(name, maps[name], found, fit, resamples, of_classes, draws)
            advance(1, name)
    with bar("few shots", n_draws * (len(shots) + 1), "fits") as advance:
        curve = few_shots(found, shots, n_draws, draws, advance)
    images, labels = found.images[found.held_out], found.labels[found.held_out]
    predicted = {name: one.predict(images, found.class_prompts) for name, one in maps.items()}
    return AlignmentEvidence(
        methods=_judge(predicted, labels, moved, resamples),
        maps=maps,
        against_shuffled=paired_test(
            predicted[SHUFFLED] == labels, predicted[PROCRUSTES] == labels
        ),
        shots=curve,
        sweep=_sweep(found, fit),
        floor=gap_floor(images, found.texts),
        n_fit=len(fit.labels),
        n_held_out=len(labels),
    )


def _judge(
    predicted: Mapping[str, NDArray],
    labels: NDArray,
    moved: Mapping[str, Moved],
    resamples: Resamples,
) -> dict[str, MethodEvidence]:
    right = {name: found == labels for name, found in predicted.items()}
    tests = {name: paired_test(right[NONE], found) for name, found in right.items()}
    family = [name for name in METHODS if METHODS[name].role != CONTROL and name != NONE]
    adjusted = dict(zip(family, holm([tests[name].p_value for name in family]), strict=True))
    return {
        name: MethodEvidence(
            predicted[name],
            share(int(right[name].sum()), len(labels)),
            resamples.estimate_mean(right[name].astype(float) - right[NONE]),
            tests[name],
            adjusted.get(name, np.nan),
            moved[name],
        )
        for name in METHODS
    }


def _moved(
    name: str,
    fitted: Fitted,
    found: Embeddings,
    fit: FitSet,
    resamples: Resamples,
    of_classes: Resamples,
    draws: Draws,
) -> Moved:
    if not isinstance(fitted, Alignment):
        return NOT_MOVED
    held_out, labels = found.images[found.held_out], found.labels[found.held_out]
    images, texts = fitted.move_images(held_out), fitted.move_texts(found.texts)
    prompts = fitted.move_texts(found.class_prompts)
    clouds = Clouds(images, labels, texts, found.text_labels, prompts, found.main_style)
    sample = clouds.sample(draws.stream("sample"))
    gap = estimate_gap(images, labels, texts, prompts, resamples)
    return Moved(
        gap=gap.distance,
        matched_cosine=gap.matched_cosine,
        floor=gap_floor(images, texts),
        retrieval=_retrieval(images, labels, texts, found.text_labels, of_classes),
        separability=separability(
            sample.images, sample.labels, sample.texts, sample.text_labels
        ).value,
        other_templates=other_templates(fitted, found, held_out, labels, resamples),
        **dict(
            zip(
                ("unseen", "unseen_among_all"),
                unseen_classes(name, found, fit, resamples, draws),
                strict=True,
            )
        ),
    )


def _retrieval(
    images: NDArray,
    labels: NDArray,
    texts: NDArray,
    text_labels: NDArray,
    of_classes: Resamples,
) -> tuple[Estimate, ...]:
    found = retrieve(images.astype(np.float32), texts.astype(np.float32), labels, text_labels)
    to_text = (share(int(hits.sum()), len(hits)) for hits in found.image_to_text.T)
    return *to_text, *of_classes.estimate_shares(found.text_to_image, text_labels)


def _sweep(found: Embeddings, fit: FitSet) -> NDArray:
    """Return gap, accuracy and contrastive loss of held-out images at each of STEPS (steps, 3).

    The loss is the mean -log of the softmax share that the own class's prompt gets, at the model's
    own logit scale; NaN where that is unknown.
    """
    images, labels = found.images[found.held_out], found.labels[found.held_out]
    rows = []
    for step in STEPS:
        moved = shift_along_gap(fit, step)
        shifted, prompts = moved.move_images(images), moved.move_texts(found.class_prompts)
        gap = measure_gap(shifted, labels, moved.move_texts(found.texts), prompts).distance
        logits = found.logit_scale * (shifted @ prompts.T)
        accuracy = float((np.argmax(shifted @ prompts.T, axis=1) == labels).mean())
        peak = logits.max(axis=1, keepdims=True)
        total = np.log(np.exp(logits - peak).sum(axis=1)) + peak[:, 0]
        own = logits[np.arange(len(labels)), labels]
        rows.append((gap, accuracy, float((total - own).mean())))
    return np.array(rows)
