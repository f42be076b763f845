"""Embeddings made elsewhere in place of a model and images: the whole study runs from them.

`embedding_file` says what such a file holds.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from precompute.clip.inputs.embedding_file import SAME_TEXT, EmbeddingFile, open_embeddings
from precompute.clip.inputs.embeddings import Captions, Embeddings, RandomStreams, Source
from precompute.clip.inputs.images import (
    ClipInputs,
    assign_roles,
    refuse_more_than_a_store_holds,
    require_parts,
)
from precompute.clip.inputs.split import Split
from precompute.clip.inputs.templates import Templates
from precompute.clip.settings import ClipSettings
from precompute.data.image_set import ImageSet
from precompute.errors import InputError
from precompute.job import ModelIdentity
from store.schema.clip.names import FILE_LIST, HELD_OUT, OWN_LIST, PHOTO_STYLE, PLAIN_STYLE

MOST_OWN = 3  # templates that are compared one by one, as many as the original report had


def inspect(settings: ClipSettings) -> ClipInputs:
    """Read and check the file; raises InputError where something in it does not fit."""
    return _open(settings).inputs


class _Opened(NamedTuple):
    table: EmbeddingFile
    templates: Templates
    order: NDArray[np.int64]  # of the texts: templates x classes, then the rest
    n_grid: int  # texts before the rest
    inputs: ClipInputs


def _open(settings: ClipSettings) -> _Opened:
    file = Path(settings.embeddings).expanduser()
    table, digest = open_embeddings(file)
    images = ImageSet(
        name=f"embeddings of {file.name}",
        digest=digest,
        names=table.names,
        labels=table.labels,
        class_names=table.class_names,
        read=lambda row: _picture(table, row),
    )
    if table.splits is not None:
        require_parts(images, Split(table.splits), "image_splits")
    templates, order, n_grid = _grid(table, file.name)
    _require_classes_apart(table.texts[order[:n_grid]], templates.templates, file.name)
    counts = (templates.n_wordings, len(order), table.images.shape[1])
    fix = "Give a file with fewer images or templates."
    refuse_more_than_a_store_holds(images, *counts, fix)
    identity = ModelIdentity(table.model, "imported", digest, {})
    return _Opened(table, templates, order, n_grid, ClipInputs(images, identity, 0))


def read(settings: ClipSettings, streams: RandomStreams) -> Source:
    """Return the file's embeddings, with the grid of templates and classes in front."""
    table, templates, order, n_grid, inputs = _open(settings)
    if table.splits is None:
        split, scored = assign_roles(inputs.images, 0, settings, streams.stream("split"))
    else:
        split, scored = Split(table.splits), table.splits == HELD_OUT
    rest = order[n_grid:]
    prompts = [table.prompts[row] for row in order]
    thumbnails, norms = table.thumbnails, table.norms
    return Source(
        Embeddings(
            images=table.images,
            labels=table.labels,
            split=split,
            scored=scored,
            texts=table.texts[order],
            templates=templates,
            class_names=table.class_names,
            captions=Captions(tuple(prompts[n_grid:]), table.text_labels[rest]),
            norms=None if norms is None else (norms[0], norms[1][order]),
            logit_scale=table.logit_scale,
        ),
        table.names,
        prompts,
        {"imported": True, "seen_class_names": settings.seen_class_names},
        None if thumbnails is None else lambda rows: thumbnails[rows],
    )


def _grid(table: EmbeddingFile, file: str) -> tuple[Templates, NDArray[np.int64], int]:
    """Order distinct texts as templates x classes, then the rest, each text once.

    A template without a text of its own for every class is rest.
    """
    n_classes = len(table.class_names)
    rows: list[int] = []
    whole: list[str] = []
    taken: set[str] = set()
    rows_of: dict[str, dict[int, int]] = {}  # template -> class -> row
    for row, (template, label) in enumerate(
        zip(table.text_templates, table.text_labels.tolist(), strict=True)
    ):
        rows_of.setdefault(template, {})[label] = row
    for template, of_class in rows_of.items():
        texts = {table.prompts[row] for row in of_class.values()} - taken
        if len(texts) == n_classes:
            whole.append(template)
            taken |= texts
            rows += [of_class[label] for label in range(n_classes)]
    if not whole:
        raise InputError(
            f"{file}: no template has a text of its own for every class. Give at least one."
        )
    first = {prompt: row for row, prompt in reversed([*enumerate(table.prompts)])}
    rest = [row for prompt, row in first.items() if prompt not in taken]
    return _templates(whole), np.array([*rows, *sorted(rest)], np.int64), len(rows)


def _require_classes_apart(grid: NDArray, templates: tuple[str, ...], file: str) -> None:
    """Refuse a template that has one embedding for every class; grid: (T * K, D)."""
    by_template = grid.reshape(len(templates), -1, grid.shape[1])
    alike = np.ptp(by_template, axis=1).max(axis=1) < SAME_TEXT
    if alike.any():
        raise InputError(
            f"{file}: template {templates[int(np.argmax(alike))]!r} has one embedding for every "
            f"class. Embed the filled prompts, or leave it out."
        )


def _templates(whole: list[str]) -> Templates:
    """Name a file's templates; where there are many, pages spell out a few and list the rest."""
    styles = _styles(whole)
    own = np.ones(len(whole), bool)
    if len(whole) <= MOST_OWN:
        return Templates(tuple(whole), styles, (OWN_LIST,), own[None])
    known = [row for row, style in enumerate(styles) if style in (PHOTO_STYLE, PLAIN_STYLE)]
    others = [row for row in range(len(whole)) if row not in known]
    own[[*known, *others][MOST_OWN:]] = False
    return Templates(
        tuple(whole), styles, (OWN_LIST, FILE_LIST), np.stack([own, np.ones_like(own)])
    )


def _styles(templates: list[str]) -> tuple[str, ...]:
    """Name a bare class name as the report does, and its phrase, or the first that begins so."""
    photos = [name for name in templates if name.startswith("a photo of")]
    photos.sort(key=lambda name: name != "a photo of a {}")  # whole before others
    names = {"{}": PLAIN_STYLE} | dict.fromkeys(photos[:1], PHOTO_STYLE)
    free = {name: style for name, style in names.items() if style not in templates}
    return tuple(free.get(name, name) for name in templates)


def _picture(table: EmbeddingFile, row: int) -> Image.Image:
    if table.thumbnails is None:
        raise InputError("these embeddings came without pictures.")
    return Image.fromarray(table.thumbnails[row].squeeze())
