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

import difflib
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from precompute.clip.inputs.table_file import (
    Header,
    npz_headers,
    parquet_columns,
    read_npz,
    read_parquet,
)
from precompute.data.filesystem import sha256_of
from precompute.data.foreign import foreign
from precompute.errors import InputError
from precompute.statistics import unit_rows
from store.schema.clip.names import FIT, HELD_OUT, SELECT

SAME_TEXT = 2e-3  # largest difference of a coordinate that float16 and batches make
PARTS = {"fit": FIT, "select": SELECT, "held out": HELD_OUT}
SUFFIXES = (".npz", ".parquet")
NEEDED = ("image_embeddings", "image_labels", "text_embeddings", "text_labels", "text_templates")
KINDS = {  # arrays with an entry per image or per text
    "image": ("image_labels", "image_names", "image_splits", "thumbnails"),
    "text": ("text_labels", "text_templates", "prompts"),
}
SINGLE = ("logit_scale", "model")
COLUMNS = {  # of a Parquet file, beside kind and embedding -> names of the same in an .npz
    "image": {"label": "image_labels", "name": "image_names", "split": "image_splits"},
    "text": {"label": "text_labels", "name": "prompts", "template": "text_templates"},
}
ALIKE = 1e-6  # largest spread of a coordinate over unit rows that differ by rounding alone


@dataclass(frozen=True)
class EmbeddingFile:
    """What a file holds, checked."""

    images: NDArray[np.float32]  # (N, D), unit rows
    norms: tuple[NDArray[np.float32], NDArray[np.float32]] | None  # (N,), (T,) where not all are 1
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

    Raises InputError: it is missing or cannot be read, or something in it does not fit.
    """
    if file.suffix not in SUFFIXES or not file.is_file():
        raise InputError(
            f"{file}: no such file of embeddings. Give an existing {' or '.join(SUFFIXES)}."
        )
    return _checked(_read_arrays(file), file.name), sha256_of(file)


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
    norms = raw["image_norms"], raw["text_norms"]
    normalised = all(np.abs(lengths - 1).max() < SAME_TEXT for lengths in norms)
    return EmbeddingFile(
        images,
        None if normalised else norms,
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


def _read_arrays(file: Path) -> dict[str, NDArray]:
    """Return the arrays by their names, embeddings (N, D) and (T, D) in unit rows of float32."""
    with foreign(f"{file.name}: cannot be read", "Save it again."):
        raw = _read_parquet(file) if file.suffix == ".parquet" else _read_npz(file)
    _require_rows(raw, file.name)
    for kind in KINDS:
        name = f"{kind}_embeddings"
        raw[name], raw[f"{kind}_norms"] = _unit(raw[name], name, file.name)
    _require_one_space(raw["image_embeddings"], raw["text_embeddings"], file.name)
    return raw


def _read_npz(file: Path) -> dict[str, NDArray]:
    """Return the arrays, once their headers say that they fit together and into memory."""
    if not zipfile.is_zipfile(file):
        raise ValueError("it is no .npz archive, or is cut short")
    with zipfile.ZipFile(file) as archive:
        headers = npz_headers(archive, file.name)
        known = dict.fromkeys((*NEEDED, *KINDS["image"], *KINDS["text"], "class_names", *SINGLE))
        _refuse_unknown(headers, tuple(known), file.name)
        if missing := [name for name in NEEDED if name not in headers]:
            raise InputError(
                f"{file.name}: {missing[0]!r} is missing. It needs {', '.join(NEEDED)}."
            )
        _require_rows(headers, file.name)
        return read_npz(archive)


def _read_parquet(file: Path) -> dict[str, NDArray]:
    columns_here = parquet_columns(file)
    needed = ("kind", "embedding", "label")
    known = (*needed, "template", "name", "split")
    absent = [name for name in known if name not in columns_here]
    # A table may have columns of other uses, but none that looks like one of ours misspelt.
    others = [name for name in columns_here if name not in known]
    alike = [name for name in others if difflib.get_close_matches(name, absent, n=1)]
    _refuse_unknown(alike, known, file.name)
    if missing := [name for name in needed if name not in columns_here]:
        raise InputError(
            f"{file.name}: column {missing[0]!r} is missing. It needs {', '.join(needed)}."
        )
    rows = read_parquet(file, known)
    if len(strange := rows["kind"][~rows["kind"].isin(KINDS)]):
        raise InputError(
            f"{file.name}: kind is {strange.iloc[0]!r} in {len(strange)} rows, expected 'image' or "
            f"'text'. Rename them or leave them out."
        )
    raw: dict[str, NDArray] = {}
    for kind, columns in COLUMNS.items():
        part = rows[rows["kind"] == kind]
        if part.empty:
            raise InputError(f"{file.name}: there is no row of kind {kind!r}. Add them.")
        raw[f"{kind}_embeddings"] = np.stack(part["embedding"].to_numpy())
        for column, name in columns.items():
            n_given = int(part[column].notna().sum()) if column in part else 0
            if 0 < n_given < len(part):
                raise InputError(
                    f"{file.name}: {column} is given for {n_given} of {len(part)} {kind}s. "
                    f"Give it for all of them{'' if name in NEEDED else ' or for none'}."
                )
            if n_given:
                raw[name] = part[column].to_numpy(str)
    return raw


def _refuse_unknown(names: Iterable[str], known: tuple[str, ...], file: str) -> None:
    """Refuse what is misspelt: to drop it in silence might drop a split."""
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(str(name), known, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known)}."
            raise InputError(f"{file}: {name!r} is unknown. {hint}")


def _require_rows(raw: Mapping[str, NDArray | Header], file: str) -> None:
    """Refuse arrays, or what their headers say, without one entry per image, text or file."""
    for kind, names in KINDS.items():
        n_rows = (*raw[f"{kind}_embeddings"].shape, 1)[0]
        for name in names:
            shape = raw[name].shape if name in raw else (n_rows,)
            if name == "thumbnails" and name in raw:
                fits = len(shape) == 4 and shape[-1] in (1, 3) and raw[name].dtype == np.uint8
                wanted = f"uint8 ({n_rows}, height, width, 1 or 3)"
            else:
                fits, wanted = len(shape) == 1, f"({n_rows},)"
            if not fits or shape[0] != n_rows:
                raise InputError(
                    f"{file}: {name} is {raw[name].dtype} of shape {shape}, expected {wanted}, one "
                    f"for each of {kind}_embeddings. Save it so, or leave it out if it may be."
                )
    for name in SINGLE:
        if name in raw and prod(raw[name].shape) != 1:
            raise InputError(f"{file}: {name} holds {prod(raw[name].shape)} values. Give one.")


def _unit(rows: NDArray, name: str, file: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return unit rows and their lengths, or refuse what has no directions to compare."""
    if rows.dtype.kind not in "fiu" or rows.ndim != 2 or not len(rows) or rows.shape[1] < 2:
        raise InputError(
            f"{file}: {name} is {rows.dtype} of shape {rows.shape}, expected numbers in (rows, "
            f"dimensions), at least one row and two dimensions. Save what the model returns."
        )
    exact = rows.astype(np.float64)
    with np.errstate(over="ignore", under="ignore"):
        norms = np.linalg.norm(exact, axis=1)  # which squares, so that tiny numbers become 0
    usable = np.isfinite(norms) & (norms > np.finfo(np.float32).tiny)
    if not usable.all():
        raise InputError(
            f"{file}: {name} row {int(np.argmin(usable))} is 0 or not finite, and "
            f"{int((~usable).sum()) - 1} more are. Leave them out, with their labels."
        )
    unit = unit_rows(exact)
    if np.ptp(unit, axis=0).max() < ALIKE:
        raise InputError(
            f"{file}: the rows of {name} all point one way, so nothing can be told apart by them. "
            f"Check what was saved."
        )
    return unit.astype(np.float32), norms.astype(np.float32)


def _require_one_space(images: NDArray, texts: NDArray, file: str) -> None:
    """Refuse images and texts of two spaces, and rows that were saved as both kinds."""
    if images.shape[1] != texts.shape[1]:
        raise InputError(
            f"{file}: images have {images.shape[1]} dimensions and texts {texts.shape[1]}. "
            f"Save both as one model's towers give them."
        )
    if np.abs(images.mean(axis=0) - texts.mean(axis=0)).max() < ALIKE:
        raise InputError(
            f"{file}: images and texts have one and the same mean, so that no gap has a direction. "
            f"Check that the same rows were not saved as both."
        )
