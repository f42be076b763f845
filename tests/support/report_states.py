"""Reports in the states in which a reader may find them, for the dashboard's tests."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from store.records import StoreContents
from store.schema import TEXT
from store.writer import publish
from tests.support import made_up_stores, stored_names

COMMITTED = Path(__file__).resolve().parents[2] / "store" / "data" / "embedded"
STUDIES = ("vit", "vae", "clip")
HOSTILE_TEXT = "</script><script>window.hacked=1</script><img src=x onerror=hacked=1>"
HOSTILE_LINK = "[a](javascript:hacked=1) ![b](http://127.0.0.1:9/b.png) =1+1"


def committed(folder: Path) -> Path:
    """Return a data folder with a copy of the committed report."""
    shutil.copytree(COMMITTED, folder / "embedded", ignore=shutil.ignore_patterns(".shards"))
    return folder


def photographs(folder: Path) -> Path:
    """Return a data folder with a copy of the photographs report alone: a ViT study."""
    shutil.copytree(COMMITTED.with_name("photographs"), folder / "photographs")
    return folder


def both(folder: Path) -> Path:
    """Return a data folder with a copy of each committed report."""
    return photographs(committed(folder))


def archived(folder: Path) -> Path:
    """Return a data folder with files of the oldest format, which lack all that came since."""
    shutil.copytree(COMMITTED.parents[2] / "tests" / "archives" / "format-1", folder / "embedded")
    return folder


def made_up(folder: Path) -> Path:
    """Return a data folder with a made-up report, which holds every dataset of the schema."""
    return made_up_stores.write_report(folder / "made-up").parent


def oddly_named(folder: Path) -> Path:
    """Return a data folder whose one report has a name that is no Unicode, nor one line."""
    name = os.fsencode(folder) + b"/odd\xff\n\x1b; rm"
    shutil.copytree(os.fsencode(COMMITTED), name)
    return folder


def holding(*contents: StoreContents) -> Callable[[Path], Path]:
    """Return what makes a data folder with a report of these studies."""

    def holding_them(folder: Path) -> Path:
        for made in contents:
            publish(folder / "made-up" / f"{made.provenance.study}.h5", made)
        return folder

    return holding_them


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


def older(folder: Path) -> Path:
    """Return a data folder whose stores were written before the schema was what it is."""
    committed(folder)
    for study in STUDIES:
        with h5py.File(folder / "embedded" / f"{study}.h5", "r+") as file:
            del file["claims/finding"]
    return folder


def linked(folder: Path) -> Path:
    """Return a data folder whose stores point at a file outside of them."""
    committed(folder)
    for study in STUDIES:
        with h5py.File(folder / "embedded" / f"{study}.h5", "r+") as file:
            file["claims/more"] = h5py.ExternalLink("/etc/passwd", "/")
    return folder


def unfinished(folder: Path) -> Path:
    """Return a data folder whose stores were never completed."""
    committed(folder)
    for study in STUDIES:
        with h5py.File(folder / "embedded" / f"{study}.h5", "r+") as file:
            file.attrs["complete"] = 0
    return folder


def emptied(folder: Path) -> Path:
    """Return a data folder whose stores have 0 bytes."""
    committed(folder)
    for study in STUDIES:
        (folder / "embedded" / f"{study}.h5").write_bytes(b"")
    return folder


def not_fetched(folder: Path) -> Path:
    """Return a data folder that holds Git LFS's stand-ins."""
    committed(folder)
    for study in STUDIES:
        pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
        (folder / "embedded" / f"{study}.h5").write_text(pointer)
    return folder


def hostile(folder: Path) -> Path:
    """Return a data folder whose stores are valid and whose every text attacks its reader.

    Of names that a page looks up one attacks, or the page would say that they are not there.
    """
    for study in STUDIES:
        made = made_up_stores.make_contents(study)
        arrays = {
            spec: _attacking(values) if spec.dtype == TEXT else values
            for spec, values in made.arrays.items()
        }
        claims = tuple(
            replace(claim, sentence=HOSTILE_TEXT, finding=HOSTILE_LINK, unit=HOSTILE_TEXT)
            for claim in made.claims
        )
        classes = tuple(f"{HOSTILE_TEXT} {name}" for name in made.class_names)
        provenance = replace(made.provenance, model=HOSTILE_TEXT, dataset=HOSTILE_LINK)
        contents = replace(made, arrays=arrays, claims=claims, class_names=classes)
        contents = replace(contents, provenance=provenance)
        publish(folder / "embedded" / f"{study}.h5", contents)
    return folder


def _attacking(texts: NDArray) -> NDArray:
    """Return an attack in place of every text, or of the second one of stored names."""
    if not set(texts.ravel().tolist()) <= stored_names.all_names():
        return np.full(texts.shape, HOSTILE_TEXT)
    attacked = texts.astype(object)
    attacked[1:2] = HOSTILE_TEXT
    return attacked.astype(str)
