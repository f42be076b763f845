"""A file of embeddings made elsewhere, by any model: read and checked.

An .npz holds
    image_embeddings (N, D), image_labels (N,) class indices or names,
    text_embeddings (T, D), text_labels (T,), text_templates (T,) such as "a photo of a {}",
and may hold class_names (K,), image_names (N,), prompts (T,), thumbnails (N, H, W, 1 or 3) uint8,
image_splits (N,) of "fit", "select" and "held out", logit_scale and model. Without class_names an
index is its class's name. A text that occurs more than once, with one embedding and class, is kept
once.

A Parquet file has one row per image or text: kind ("image" or "text"), embedding (a list), label (a
class's name), and for a text template; it may have name (an image's, or the whole text) and split,
for all images or all texts alike.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from precompute.clip.inputs.embedding_arrays import SUFFIXES, read_arrays
from precompute.clip.inputs.split import FIT, HELD_OUT, SELECT
from precompute.errors import InputError

SAME_TEXT = 2e-3  # largest difference of a coordinate that float16 and batches make
PARTS = {"fit": FIT, "select": SELECT, "held out": HELD_OUT}


@dataclass(frozen=True)
class EmbeddingFile:
    """What a file holds, checked."""

    images: NDArray[np.float32]  # (N, D), unit rows
    labels: NDArray[np.int64]
    texts: NDArray[np.float32]  # (T, D), unit rows
    text_labels: NDArray[np.int64]
    text_templates: tuple[str, ...]  # (T,)
    prompts: tuple[str, ...]  # (T,)
    class_names: tuple[str, ...]
    names: tuple[str, ...]
    splits: NDArray[np.uint8] | None
    thumbnails: NDArray[np.uint8] | None
    logit_scale: float
    model: str


def open_embeddings(file: Path) -> tuple[EmbeddingFile, str]:
    """Return what a file holds, and its digest.

    Raises:
        InputError: it is missing or cannot be read, or something in it does not fit.
    """
    if file.suffix not in SUFFIXES or not file.is_file():
        raise InputError(
            f"{file}: no such file of embeddings. Give an existing {' or '.join(SUFFIXES)}."
        )
    raw = read_arrays(file)
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    return _checked(raw, file.name), digest


def _checked(raw: Mapping[str, NDArray], file: str) -> EmbeddingFile:
    images, texts = raw["image_embeddings"], raw["text_embeddings"]
    class_names = _class_names(raw, file)
    labels, text_labels = (
        _indices(raw, name, class_names, file) for name in ("image_labels", "text_labels")
    )
    templates = tuple(map(str, raw["text_templates"]))
    filled = [
        template.replace("{}", class_names[label])
        for template, label in zip(templates, text_labels, strict=True)
    ]
    prompts = tuple(map(str, raw.get("prompts", filled)))
    _require_one_meaning(prompts, texts, text_labels, file)
    given = raw.get("image_names", np.char.mod("image %d", np.arange(len(images))))
    return EmbeddingFile(
        images,
        labels,
        texts,
        text_labels,
        templates,
        prompts,
        class_names,
        tuple(map(str, given)),
        _splits(raw.get("image_splits"), file),
        raw.get("thumbnails"),
        _logit_scale(raw, file),
        str(raw["model"].item()) if "model" in raw else file,
    )


def _require_one_meaning(
    prompts: tuple[str, ...], texts: NDArray, labels: NDArray, file: str
) -> None:
    """Refuse a text that is given twice with two embeddings or for two classes."""
    first: dict[str, int] = {}
    for row, prompt in enumerate(prompts):
        before = first.setdefault(prompt, row)
        if np.abs(texts[row] - texts[before]).max() > SAME_TEXT:
            raise InputError(
                f"{file}: the text {prompt!r} has different embeddings in rows {before} and {row}. "
                f"Keep one, or give text_templates with a {{}} for the class, or prompts."
            )
        if labels[row] != labels[before]:
            raise InputError(
                f"{file}: the text {prompt!r} is given for two classes, in rows {before} and "
                f"{row}. Keep one."
            )


def _class_names(raw: Mapping[str, NDArray], file: str) -> tuple[str, ...]:
    """Return the names of the classes; of labels that are numbers, in the order of numbers."""
    given = raw.get("class_names", np.unique(raw["image_labels"]))
    names = tuple(map(str, np.atleast_1d(given)))
    if given.ndim != 1 or len(set(names)) < max(2, len(names)):
        raise InputError(
            f"{file}: the classes are {', '.join(names)[:100]}; the study needs at least two, of "
            f"different names. Give images of another class, or other class_names."
        )
    return names


def _indices(
    raw: Mapping[str, NDArray], name: str, class_names: tuple[str, ...], file: str
) -> NDArray[np.int64]:
    """Return class indices of labels that are names, or indices where class_names are given."""
    labels = raw[name]
    if labels.dtype.kind not in "iuU":
        raise InputError(
            f"{file}: {name} are {labels.dtype}, expected whole numbers or names. Save them so."
        )
    by_row = labels.dtype.kind != "U" and "class_names" in raw
    number = {str(row if by_row else name): row for row, name in enumerate(class_names)}
    index = np.array([number.get(str(label), -1) for label in labels], np.int64)
    if (index < 0).any():
        raise InputError(
            f"{file}: {name} must name one of {len(class_names)} classes; row "
            f"{int(np.argmin(index))} is {str(labels[np.argmin(index)])!r}. Mend it, or give all "
            f"class_names."
        )
    return index


def _splits(splits: NDArray | None, file: str) -> NDArray[np.uint8] | None:
    if splits is None:
        return None
    if strange := sorted(set(map(str, splits)) - set(PARTS)):
        raise InputError(
            f"{file}: image_splits must be one of {', '.join(PARTS)}; {strange[0]!r} is none. "
            f"Rename it."
        )
    return np.array([PARTS[str(part)] for part in splits], np.uint8)


def _logit_scale(raw: Mapping[str, NDArray], file: str) -> float:
    """Return what cosines are multiplied by; NaN where it is not given."""
    if "logit_scale" not in raw:
        return np.nan
    scale = raw["logit_scale"]
    if scale.dtype.kind not in "fiu" or not np.isfinite(scale).all() or scale.item() <= 0:
        raise InputError(
            f"{file}: logit_scale is {scale.item()!r}, expected a number above 0, such as 100. "
            f"Give it, or leave it out."
        )
    return float(scale.item())
