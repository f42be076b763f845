"""Labels by prompt: accuracy, recall and confusion per wording, and wordings on the same images.

A wording is one template, or one list of templates averaged into an ensemble.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from precompute.clip.inputs.embeddings import Embeddings
from precompute.clip.inputs.templates import ABOUT
from precompute.statistics import Estimate, PairedTest, holm, paired_test, share, unit_rows
from store.schema import ArraySpec
from store.schema.clip import prompts as schema
from store.schema.clip.names import PHOTO_STYLE, PLAIN_STYLE


@dataclass(frozen=True)
class PairedWording:
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
    rivals: tuple[PairedWording, ...]  # empty without a template named "photo", or without another


@dataclass(frozen=True)
class _Wordings:
    """Every wording, templates first and ensembles after them."""

    styles: tuple[str, ...]  # (W,)
    texts: tuple[str, ...]  # (W,) the template, or what the ensemble averages
    prompts: NDArray  # (W, K, D), unit rows
    n_templates: int


def prompt_arrays(embeddings: Embeddings) -> tuple[dict[ArraySpec, NDArray], PromptEvidence]:
    """Predict every image with every wording (W, N), and compare wordings on the scored images."""
    wordings = _wordings(embeddings)
    predicted = np.stack([nearest_prompt(embeddings.images, p) for p in wordings.prompts])
    labels = embeddings.labels[embeddings.scored]
    right = predicted[:, embeddings.scored] == labels
    accuracy = [share(int(n), len(labels)) for n in right.sum(axis=1)]
    rivals = _rivals(wordings, embeddings.templates.members[0], right, accuracy)
    rows = np.arange(len(wordings.styles))
    arrays = _class_arrays(predicted[:, embeddings.scored], labels, len(embeddings.class_names))
    arrays |= _pair_arrays(wordings, embeddings.templates.members[0], right)
    arrays |= _rival_arrays(rivals, embeddings.main, len(rows))
    arrays |= {
        schema.WORDING: np.array(wordings.texts),
        schema.STYLE: np.array(wordings.styles),
        schema.WORDING_ENSEMBLE: rows >= wordings.n_templates,
        schema.PREDICTED: predicted.astype(np.int16),
        schema.N_CORRECT: right.sum(axis=1),
        schema.N_IMAGES: np.full(len(rows), right.shape[1]),
        schema.ACCURACY: np.array([estimate.row() for estimate in accuracy]),
        schema.TEMPLATE: np.array(embeddings.templates.templates),
        schema.TEMPLATE_LIST: np.array(embeddings.templates.lists),
        schema.TEMPLATE_MEMBER: embeddings.templates.members,
    }
    return arrays, _evidence(embeddings, wordings, accuracy, rivals, len(labels))


def _wordings(embeddings: Embeddings) -> _Wordings:
    lists = embeddings.templates.ensembles
    names = [embeddings.templates.lists[row] for row in lists]
    single = embeddings.by_template
    averaged = [ensemble(single, embeddings.templates.members[row]) for row in lists]
    return _Wordings(
        styles=(*embeddings.templates.styles, *(f"ensemble {name}" for name in names)),
        texts=(
            *embeddings.templates.templates,
            *(f"mean of {ABOUT.get(name, name)}" for name in names),
        ),
        prompts=np.concatenate([single, np.reshape(averaged, (-1, *single.shape[1:]))]),
        n_templates=len(embeddings.templates.templates),
    )


def _class_arrays(predicted: NDArray, labels: NDArray, n_classes: int) -> dict[ArraySpec, NDArray]:
    confusion = np.stack([count_confusion(labels, row, n_classes) for row in predicted])
    totals = confusion[0].sum(axis=1)
    recall = [
        [share(int(cells[c, c]), int(totals[c])).row() if totals[c] else (np.nan,) * 3
         for c in range(n_classes)]
        for cells in confusion
    ]  # fmt: skip
    return {schema.CONFUSION: confusion, schema.RECALL: np.array(recall)}


def _pair_arrays(
    wordings: _Wordings, own: NDArray[np.bool_], right: NDArray[np.bool_]
) -> dict[ArraySpec, NDArray]:
    """Compare every two of the settings' own templates and the ensembles."""
    ensembles = range(wordings.n_templates, len(wordings.styles))
    pairs = list(combinations([*np.flatnonzero(own).tolist(), *ensembles], 2))
    tests = [paired_test(right[a], right[b]) for a, b in pairs]
    counts = np.array([test.counts() for test in tests], np.int64)
    return {
        schema.PAIR: np.array(pairs, np.int64).reshape(-1, 2),
        schema.PAIR_COUNTS: counts.reshape(-1, 4),
        schema.PAIR_P_VALUE: np.array([test.p_value for test in tests], np.float64),
    }


def _rivals(
    wordings: _Wordings, own: NDArray[np.bool_], right: NDArray[np.bool_], accuracy: list[Estimate]
) -> tuple[PairedWording, ...]:
    if PHOTO_STYLE not in wordings.styles:
        return ()
    photo = wordings.styles.index(PHOTO_STYLE)
    others = [row for row in range(len(wordings.styles)) if row != photo]
    tests = [paired_test(right[photo], right[row]) for row in others]
    adjusted = holm([test.p_value for test in tests])
    return tuple(
        PairedWording(
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
    rivals: tuple[PairedWording, ...], photo: int, n_wordings: int
) -> dict[ArraySpec, NDArray]:
    """Return the 2 x 2 counts and adjusted p-value against photo; NaN for photo itself."""
    counts, p_values = np.zeros((n_wordings, 4), np.int64), np.full(n_wordings, np.nan)
    others = [row for row in range(n_wordings) if row != photo]
    for row, rival in zip(others, rivals, strict=False):
        counts[row], p_values[row] = rival.test.counts(), rival.p_value
    return {schema.AGAINST_PHOTO_COUNTS: counts, schema.AGAINST_PHOTO_P_VALUE: p_values}


def _evidence(
    embeddings: Embeddings,
    wordings: _Wordings,
    accuracy: list[Estimate],
    rivals: tuple[PairedWording, ...],
    n_images: int,
) -> PromptEvidence:
    singles = accuracy[: wordings.n_templates]
    values = [estimate.value for estimate in singles]
    best = int(np.argmax(values))
    plain = singles[wordings.styles.index(PLAIN_STYLE)] if PLAIN_STYLE in wordings.styles else None
    return PromptEvidence(
        photo=accuracy[embeddings.main],
        plain=plain,
        n_images=n_images,
        n_templates=wordings.n_templates,
        lowest=singles[int(np.argmin(values))],
        highest=singles[best],
        highest_template=wordings.texts[best],
        rivals=rivals,
    )


def ensemble(by_template: NDArray, member: NDArray[np.bool_]) -> NDArray:
    """Average unit prompts over a list's templates and scale to length 1, as open_clip does.

    by_template: (T, K, D). member: (T,) which templates the list names. Returns (K, D), float64.
    """
    return unit_rows(by_template[member].mean(axis=0, dtype=np.float64))


def nearest_prompt(images: NDArray, class_prompts: NDArray) -> NDArray[np.int64]:
    """Return the label (N,) whose prompt has the largest cosine with each image (N, D).

    class_prompts: (K, D), unit rows. The model's logit scale is left out: it changes no argmax.
    """
    return np.argmax(images @ class_prompts.T, axis=1)


def count_confusion(labels: NDArray, predicted: NDArray, n_classes: int) -> NDArray[np.int64]:
    """Count images (K, K) by true class (row) and predicted class (column)."""
    cells = labels.astype(np.int64) * n_classes + predicted
    return np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)
