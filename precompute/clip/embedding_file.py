"""A file of embeddings made elsewhere, by any model: read and checked.

An .npz holds
    image_embeddings (N, D), image_labels (N,) class indices or names,
    text_embeddings (T, D), text_labels (T,), text_templates (T,) such as "a photo of a {}",
and may hold class_names (K,), image_names (N,), prompts (T,), thumbnails (N, H, W, 1 or 3) uint8,
image_splits (N,) of "fit", "select" and "held out", logit_scale and model. A text that occurs more
than once, with one embedding and class, is kept once.

A Parquet file has one row per image or text: kind ("image" or "text"), embedding (a list), label (a
class's name), and for a text template; it may have name (an image's, or the whole text) and split.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from precompute.clip.alignment import unit_rows
from precompute.clip.split import FIT, HELD_OUT, SELECT
from precompute.errors import InputError

SUFFIXES = (".npz", ".parquet")
NEEDED = ("image_embeddings", "image_labels", "text_embeddings", "text_labels", "text_templates")
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
    try:
        raw = _read_npz(file) if file.suffix == ".npz" else _read_parquet(file)
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{file.name}: cannot be read: {reason}") from error
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    return _checked(raw, file.name), digest


def _read_npz(file: Path) -> dict[str, NDArray]:
    with np.load(file, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _read_parquet(file: Path) -> dict[str, NDArray]:
    rows = pd.read_parquet(file)
    raw: dict[str, NDArray] = {}
    for kind in ("image", "text"):
        part = rows[rows["kind"] == kind]
        raw[f"{kind}_embeddings"] = np.stack(part["embedding"].to_numpy())
        raw[f"{kind}_labels"] = part["label"].to_numpy(str)
        for column in ("name", "split", "template"):
            if column in part and part[column].notna().all():
                raw[f"{kind}_{column}s"] = part[column].to_numpy(str)
    if "text_names" in raw:
        raw["prompts"] = raw.pop("text_names")
    return raw


def _checked(raw: Mapping[str, NDArray], file: str) -> EmbeddingFile:
    if missing := [name for name in NEEDED if name not in raw]:
        raise InputError(f"{file}: {missing[0]!r} is missing. It needs {', '.join(NEEDED)}.")
    images, texts = (_unit(raw[f"{kind}_embeddings"], kind, file) for kind in ("image", "text"))
    if images.shape[1] != texts.shape[1]:
        raise InputError(
            f"{file}: images have {images.shape[1]} dimensions and texts {texts.shape[1]}."
        )
    class_names = _class_names(raw)
    labels = _indices(raw["image_labels"], class_names, len(images), file)
    text_labels = _indices(raw["text_labels"], class_names, len(texts), file)
    templates = tuple(map(str, raw["text_templates"]))
    filled = [
        template.replace("{}", class_names[label])
        for template, label in zip(templates, text_labels, strict=True)
    ]
    prompts = tuple(map(str, raw.get("prompts", filled)))
    _require_one_meaning(prompts, texts, text_labels, file)
    given = raw.get("image_names", np.char.mod("image %d", np.arange(len(images))))
    model: Any = raw.get("model", file)
    return EmbeddingFile(
        images,
        labels,
        texts,
        text_labels,
        templates,
        prompts,
        class_names,
        tuple(map(str, given)),
        _splits(raw.get("image_splits"), len(images), file),
        raw.get("thumbnails"),
        float(raw.get("logit_scale", np.nan)),
        str(model),
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


def _unit(rows: NDArray, kind: str, file: str) -> NDArray[np.float32]:
    bad = rows.ndim != 2 or not np.isfinite(rows.astype(np.float64)).all()
    if bad or not np.linalg.norm(rows, axis=1).all():
        raise InputError(
            f"{file}: {kind}_embeddings must be finite (rows, dimensions) and no row 0; "
            f"their shape is {rows.shape}."
        )
    return unit_rows(rows).astype(np.float32)


def _class_names(raw: Mapping[str, NDArray]) -> tuple[str, ...]:
    if "class_names" in raw:
        return tuple(map(str, raw["class_names"]))
    return tuple(sorted({str(label) for label in raw["image_labels"]}))


def _indices(
    labels: NDArray, class_names: tuple[str, ...], n_rows: int, file: str
) -> NDArray[np.int64]:
    """Return class indices (n_rows,) of labels that are names or indices already."""
    if labels.dtype.kind in "iu":
        index = labels.astype(np.int64)
    else:
        number = {name: row for row, name in enumerate(class_names)}
        index = np.array([number.get(str(label), -1) for label in labels], np.int64)
    if len(index) != n_rows or index.min() < 0 or index.max() >= len(class_names):
        raise InputError(
            f"{file}: labels must name one of {len(class_names)} classes for each of {n_rows} rows."
        )
    return index


def _splits(splits: NDArray | None, n_rows: int, file: str) -> NDArray[np.uint8] | None:
    if splits is None:
        return None
    if len(splits) != n_rows or not set(map(str, splits)) <= set(PARTS):
        raise InputError(
            f"{file}: image_splits must be one of {', '.join(PARTS)} for each of {n_rows} images."
        )
    return np.array([PARTS[str(part)] for part in splits], np.uint8)
