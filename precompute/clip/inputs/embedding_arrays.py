"""The arrays in a file of embeddings: read, none unknown or missing, each of the right shape.

`embedding_file` says what such a file holds.
"""

import difflib
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from precompute.clip.alignment.maps import unit_rows
from precompute.errors import InputError

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


def read_arrays(file: Path) -> dict[str, NDArray]:
    """Return the arrays by their names, embeddings in unit rows of float32.

    Raises:
        InputError: it cannot be read, or an array is unknown, missing, or of another shape or type.
    """
    try:
        raw = _read_npz(file) if file.suffix == ".npz" else _read_parquet(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{file.name}: cannot be read: {reason}. Save it again.") from error
    known = dict.fromkeys((*NEEDED, *KINDS["image"], *KINDS["text"], "class_names", *SINGLE))
    _refuse_unknown(raw, tuple(known), file.name)
    if missing := [name for name in NEEDED if name not in raw]:
        raise InputError(f"{file.name}: {missing[0]!r} is missing. It needs {', '.join(NEEDED)}.")
    _require_rows(raw, file.name)
    for name in ("image_embeddings", "text_embeddings"):
        raw[name] = _unit(raw[name], name, file.name)
    _require_one_space(raw["image_embeddings"], raw["text_embeddings"], file.name)
    return raw


def _read_npz(file: Path) -> dict[str, NDArray]:
    if not zipfile.is_zipfile(file):
        raise ValueError("it is no .npz archive, or is cut short")
    with np.load(file, allow_pickle=False) as archive:
        return {name: np.asarray(archive[name]) for name in archive.files}


def _read_parquet(file: Path) -> dict[str, NDArray]:
    rows = pd.read_parquet(file)
    needed = ("kind", "embedding", "label")
    known = (*needed, "template", "name", "split")
    absent = [name for name in known if name not in rows]
    # A table may have columns of other uses, but none that looks like one of ours misspelt.
    others = [str(name) for name in rows if name not in known]
    alike = [name for name in others if difflib.get_close_matches(name, absent, n=1)]
    _refuse_unknown(alike, known, file.name)
    if missing := [name for name in needed if name not in rows]:
        raise InputError(
            f"{file.name}: column {missing[0]!r} is missing. It needs {', '.join(needed)}."
        )
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


def _require_rows(raw: dict[str, NDArray], file: str) -> None:
    """Refuse arrays that have not one entry per image or text, or per file."""
    for kind, names in KINDS.items():
        n_rows = len(np.atleast_1d(raw[f"{kind}_embeddings"]))
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
        if name in raw and raw[name].size != 1:
            raise InputError(f"{file}: {name} holds {raw[name].size} values. Give one.")


def _unit(rows: NDArray, name: str, file: str) -> NDArray[np.float32]:
    """Return unit rows, or refuse what has no directions to compare."""
    if rows.dtype.kind not in "fiu" or rows.ndim != 2 or not len(rows) or rows.shape[1] < 2:
        raise InputError(
            f"{file}: {name} is {rows.dtype} of shape {rows.shape}, expected numbers in (rows, "
            f"dimensions), at least one row and two dimensions. Save what the model returns."
        )
    exact = rows.astype(np.float64)
    usable = np.isfinite(exact).all(axis=1) & exact.any(axis=1)
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
    return unit.astype(np.float32)


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
