"""Labels by prompt: accuracy, recall and confusion per wording, and wordings on the same images.

A wording is one template, or one list of templates averaged into an ensemble.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from precompute.clip.inputs.embeddings import Embeddings
from precompute.clip.inputs.templates import ABOUT
from precompute.clip.prompts.measure import (
    MAIN_STYLE,
    PLAIN_STYLE,
    count_confusion,
    ensemble,
    holm,
    nearest_prompt,
)
from precompute.statistics import Estimate, PairedTest, paired_test, share
from store.schema import ArraySpec
from store.schema.clip import prompts as prompts_schema


@dataclass(frozen=True)
class Rival:
    """The photo template against one other wording, on the same images."""

    style: str
    accuracy: Estimate
    test: PairedTest  # first: photo; second: the rival
    p_value: float  # exact McNemar, adjusted over all other wordings (Holm 1979)
    own: bool  # one of the templates that the settings spell out
    ensemble: bool


@dataclass(frozen=True)
class PromptEvidence:
    """What the claim about prompts rests on."""

    photo: Estimate
    plain: Estimate | None
    n_images: int
    n_templates: int
    lowest: Estimate  # of single templates
    highest: Estimate
    highest_template: str
    rivals: tuple[Rival, ...]  # empty without a template named "photo", or without another


@dataclass(frozen=True)
class _Wordings:
    """Every wording, templates first and ensembles after them."""

    styles: tuple[str, ...]  # (W,)
    texts: tuple[str, ...]  # (W,) the template, or what the ensemble averages
    prompts: NDArray  # (W, K, D), unit rows
    n_templates: int


def prompt_arrays(found: Embeddings) -> tuple[dict[ArraySpec, NDArray], PromptEvidence]:
    """Predict every image with every wording, and compare wordings on the scored images."""
    wordings = _wordings(found)
    predicted = np.stack([nearest_prompt(found.images, p) for p in wordings.prompts])
    labels = found.labels[found.scored]
    right = predicted[:, found.scored] == labels
    accuracy = [share(int(n), len(labels)) for n in right.sum(axis=1)]
    rivals = _rivals(wordings, found.templates.members[0], right, accuracy)
    arrays = _wording_arrays(wordings, predicted, right, accuracy)
    arrays |= _class_arrays(predicted[:, found.scored], labels, len(found.class_names))
    arrays |= _pair_arrays(wordings, found.templates.members[0], right)
    arrays |= _rival_arrays(rivals, found.main, len(wordings.styles))
    arrays |= {
        prompts_schema.TEMPLATE: np.array(found.templates.templates),
        prompts_schema.TEMPLATE_LIST: np.array(found.templates.lists),
        prompts_schema.TEMPLATE_MEMBER: found.templates.members,
    }
    return arrays, _evidence(found, wordings, accuracy, rivals, len(labels))


def _wordings(found: Embeddings) -> _Wordings:
    lists = found.templates.ensembles
    names = [found.templates.lists[row] for row in lists]
    averaged = [ensemble(found.by_template, found.templates.members[row]) for row in lists]
    return _Wordings(
        styles=(*found.templates.styles, *(f"ensemble {name}" for name in names)),
        texts=(
            *found.templates.templates,
            *(f"mean of {ABOUT.get(name, name)}" for name in names),
        ),
        prompts=np.concatenate([found.by_template, np.reshape(averaged, (-1, *_shape(found)))]),
        n_templates=len(found.templates.templates),
    )


def _shape(found: Embeddings) -> tuple[int, int]:
    return found.by_template.shape[1], found.by_template.shape[2]


def _wording_arrays(
    wordings: _Wordings, predicted: NDArray, right: NDArray[np.bool_], accuracy: list[Estimate]
) -> dict[ArraySpec, NDArray]:
    rows = np.arange(len(wordings.styles))
    return {
        prompts_schema.WORDING: np.array(wordings.texts),
        prompts_schema.STYLE: np.array(wordings.styles),
        prompts_schema.WORDING_ENSEMBLE: rows >= wordings.n_templates,
        prompts_schema.PREDICTED: predicted.astype(np.int16),
        prompts_schema.N_CORRECT: right.sum(axis=1),
        prompts_schema.N_IMAGES: np.full(len(rows), right.shape[1]),
        prompts_schema.ACCURACY: np.array([estimate.row() for estimate in accuracy]),
    }


def _class_arrays(predicted: NDArray, labels: NDArray, n_classes: int) -> dict[ArraySpec, NDArray]:
    confusion = np.stack([count_confusion(labels, row, n_classes) for row in predicted])
    totals = confusion[0].sum(axis=1)
    recall = [
        [share(int(cells[c, c]), int(totals[c])).row() if totals[c] else (np.nan,) * 3
         for c in range(n_classes)]
        for cells in confusion
    ]  # fmt: skip
    return {prompts_schema.CONFUSION: confusion, prompts_schema.RECALL: np.array(recall)}


def _pair_arrays(
    wordings: _Wordings, own: NDArray[np.bool_], right: NDArray[np.bool_]
) -> dict[ArraySpec, NDArray]:
    """Compare every two of the settings' own templates and the ensembles."""
    ensembles = range(wordings.n_templates, len(wordings.styles))
    pairs = list(combinations([*np.flatnonzero(own).tolist(), *ensembles], 2))
    tests = [paired_test(right[a], right[b]) for a, b in pairs]
    return {
        prompts_schema.PAIR: np.array(pairs, np.int64).reshape(-1, 2),
        prompts_schema.PAIR_COUNTS: np.array([test.counts() for test in tests], np.int64).reshape(
            -1, 4
        ),
        prompts_schema.PAIR_P_VALUE: np.array([test.p_value for test in tests], np.float64),
    }


def _rivals(
    wordings: _Wordings, own: NDArray[np.bool_], right: NDArray[np.bool_], accuracy: list[Estimate]
) -> tuple[Rival, ...]:
    if MAIN_STYLE not in wordings.styles:
        return ()
    photo = wordings.styles.index(MAIN_STYLE)
    others = [row for row in range(len(wordings.styles)) if row != photo]
    tests = [paired_test(right[photo], right[row]) for row in others]
    adjusted = holm([test.p_value for test in tests])
    return tuple(
        Rival(
            style=wordings.styles[row],
            accuracy=accuracy[row],
            test=test,
            p_value=p,
            own=row < wordings.n_templates and bool(own[row]),
            ensemble=row >= wordings.n_templates,
        )
        for row, test, p in zip(others, tests, adjusted, strict=True)
    )


def _rival_arrays(
    rivals: tuple[Rival, ...], photo: int, n_wordings: int
) -> dict[ArraySpec, NDArray]:
    """Return the 2 x 2 counts and adjusted p-value against photo; NaN for photo itself."""
    counts, p_values = np.zeros((n_wordings, 4), np.int64), np.full(n_wordings, np.nan)
    others = [row for row in range(n_wordings) if row != photo]
    for row, rival in zip(others, rivals, strict=False):
        counts[row], p_values[row] = rival.test.counts(), rival.p_value
    return {
        prompts_schema.AGAINST_PHOTO_COUNTS: counts,
        prompts_schema.AGAINST_PHOTO_P_VALUE: p_values,
    }


def _evidence(
    found: Embeddings,
    wordings: _Wordings,
    accuracy: list[Estimate],
    rivals: tuple[Rival, ...],
    n_images: int,
) -> PromptEvidence:
    singles = accuracy[: wordings.n_templates]
    values = [estimate.value for estimate in singles]
    best = int(np.argmax(values))
    plain = singles[wordings.styles.index(PLAIN_STYLE)] if PLAIN_STYLE in wordings.styles else None
    return PromptEvidence(
        photo=accuracy[found.main],
        plain=plain,
        n_images=n_images,
        n_templates=wordings.n_templates,
        lowest=singles[int(np.argmin(values))],
        highest=singles[best],
        highest_template=wordings.texts[best],
        rivals=rivals,
    )
