"""Reports in the states in which a reader may find them, for the dashboard's tests."""

import shutil
from pathlib import Path

import h5py

COMMITTED = Path(__file__).resolve().parents[1] / "store" / "data" / "embedded"
STUDIES = ("vit", "vae", "clip")


def committed(folder: Path) -> Path:
    """Return a data folder with a copy of the committed report."""
    shutil.copytree(COMMITTED, folder / "embedded", ignore=shutil.ignore_patterns(".shards"))
    return folder


def photographs(folder: Path) -> Path:
    """Return a data folder with a copy of the photographs report alone: a ViT study."""
    shutil.copytree(COMMITTED.with_name("photographs"), folder / "photographs")
    return folder


def without_stores(folder: Path) -> Path:
    """Return a data folder in which nothing was ever made."""
    folder.mkdir(exist_ok=True)
    return folder


def damaged(folder: Path) -> Path:
    """Return a data folder whose three stores lost their second half."""
    committed(folder)
    for study in STUDIES:
        path = folder / "embedded" / f"{study}.h5"
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
    return folder


def newer(folder: Path) -> Path:
    """Return a data folder whose stores say that a later version wrote them."""
    committed(folder)
    for study in STUDIES:
        with h5py.File(folder / "embedded" / f"{study}.h5", "r+") as file:
            file.attrs["format_version"] = 99
    return folder
