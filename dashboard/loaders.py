"""The only caller of `store`: finds reports, opens their stores once, reads small slices."""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from numpy.typing import NDArray

from store.errors import SchemaMismatch, StoreError, StoreMissing
from store.reader import Store
from store.records import Claim, Provenance
from store.schema import STUDIES, ArraySpec
from store.trial import open_tried

DATA_VARIABLE = "THREE_LENSES_DATA"
DEFAULT_DATA = Path(__file__).resolve().parents[1] / "store" / "data"
FIRST_REPORT = "embedded"
SECOND_REPORT = "second-seed"  # the first one's ViT study with other draws, to compare
PHOTOGRAPHS_REPORT = "photographs"  # a real model on real photographs; the ViT study alone
STUDY_NAMES = tuple(STUDIES)  # vit, vae, clip


@dataclass(frozen=True)
class FileKey:
    """One published file; a republished one has another key, so no cache can serve old bytes."""

    path: str
    study: str
    mtime_ns: int
    size: int
    inode: int


@dataclass(frozen=True)
class Study:
    """One study of the chosen report, open for reading."""

    key: FileKey

    @property
    def store(self) -> Store:
        """Return the open store."""
        return _open(self.key)

    @property
    def name(self) -> str:
        """Return 'vit', 'vae' or 'clip'."""
        return self.key.study

    @property
    def provenance(self) -> Provenance:
        """Return where the numbers come from."""
        return self.store.provenance

    @property
    def class_names(self) -> tuple[str, ...]:
        """Return the classes by label index."""
        return self.store.class_names

    def claim(self, claim_id: str) -> Claim | None:
        """Return a claim by its id, or None where the store makes no such claim."""
        return next((claim for claim in self.store.claims if claim.id == claim_id), None)

    def size(self, dim: str) -> int:
        """Return the size of an axis."""
        return self.store.size(dim)

    def has(self, *specs: ArraySpec) -> bool:
        """Say whether every one of these datasets is in the store."""
        return all(self.store.has(spec) for spec in specs)

    def read(self, spec: ArraySpec, *index: int) -> NDArray:
        """Read a dataset, of its spec's shape, or the part under an index on its first axes."""
        return _read(self.key, spec, tuple(int(part) for part in index))

    def estimates(self) -> dict[ArraySpec, NDArray]:
        """Return the datasets whose last axis is an estimate's value, low and high end."""
        every = STUDIES[self.name].arrays
        held = [spec for spec in every if spec.dims[-1:] == ("estimate",) and self.has(spec)]
        return {spec: self.read(spec) for spec in held}

    def row(self, spec: ArraySpec, name: str) -> int:
        """Return the row of a dataset of names that holds this one.

        Raises SchemaMismatch: no row does, so the page that needs it has nothing to show.
        """
        names = self.read(spec).tolist()
        if name not in names:
            fact = f"{spec.path!r} does not name {name!r}"
            raise SchemaMismatch(self.store.path, fact, "it among the names")
        return names.index(name)

    def setting(self, name: str) -> Any:
        """Return a setting that the study was run with.

        Raises SchemaMismatch: the store does not say.
        """
        settings = self.provenance.settings
        if name not in settings:
            fact = f"its settings do not say {name!r}"
            raise SchemaMismatch(self.store.path, fact, "every setting of the study")
        return settings[name]

    def class_name(self, label: int) -> str:
        """Return a class's name, or words that say that there is none."""
        return self.class_names[label] if 0 <= label < len(self.class_names) else "no label"


def cached(max_entries: int) -> Any:
    """Keep what a function of studies returned and drew, for so many different arguments."""
    return st.cache_data(
        show_spinner=False,
        max_entries=max_entries,
        hash_funcs={Study: repr, FileKey: repr, ArraySpec: lambda spec: spec.path},
    )


def data_folder() -> Path:
    """Return the folder of reports: THREE_LENSES_DATA, or the repository's own."""
    return Path(os.environ.get(DATA_VARIABLE) or DEFAULT_DATA)


def find_reports() -> dict[str, Path]:
    """Return every folder that holds a store, by name; the embedded report first."""
    try:
        folders = [folder for folder in data_folder().iterdir() if any(folder.glob("*.h5"))]
    except OSError:
        return {}
    ordered = sorted(folders, key=lambda folder: (folder.name != FIRST_REPORT, folder.name))
    return {readable_name(folder): folder for folder in ordered}


def readable_name(folder: Path) -> str:
    """Return a folder's name on one line of Unicode, which it need not be."""
    name = folder.name.encode("utf-8", "backslashreplace").decode()
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in name)


def chosen_report() -> str:
    """Return the name that the report picker holds; empty where there is no report."""
    reports = find_reports()
    chosen = st.session_state.get("report") or st.query_params.get("report")
    return chosen if chosen in reports else next(iter(reports), "")


def load_study(study: str, report: str = "") -> Study:
    """Open one study of a report that `find_reports` gave; of the chosen one if none is named.

    Raises StoreError: one of its subclasses, which says what is wrong and what to do.
    """
    reports = find_reports()
    if not reports:
        raise StoreMissing(data_folder() / "<report>" / f"{study}.h5", "there is no report yet")
    folder = reports[report or chosen_report()]  # a folder found above, never the URL's text
    path = folder / f"{study}.h5"
    key = _file_key(path, study)
    if key is None:
        fact = f"this report holds no {study} study"
        name = shlex.quote(readable_name(folder))
        raise StoreMissing(path, fact, next_step=f"make precompute ONLY={study} NAME={name}")
    _open(key)
    return Study(key)


def load_all(report: str = "") -> tuple[dict[str, Study], list[StoreError]]:
    """Open every study of a report; return those that open, and why others do not."""
    studies: dict[str, Study] = {}
    faults: list[StoreError] = []
    for study in STUDY_NAMES:
        try:
            studies[study] = load_study(study, report)
        except StoreError as error:
            faults.append(error)
    return studies, faults


def studies_here() -> tuple[str, ...]:
    """Return the studies that the chosen report has, whole or not; all where there is no report."""
    report = chosen_report()
    return tuple(key.study for key in report_state(report)) if report else STUDY_NAMES


def reports_with(study: str) -> list[str]:
    """Return the reports that have a study."""
    return [name for name, folder in find_reports().items() if (folder / f"{study}.h5").exists()]


def report_state(report: str) -> tuple[FileKey, ...]:
    """Return the keys of the files that a report, of `find_reports`, consists of now."""
    folder = find_reports()[report]
    keys = (_file_key(folder / f"{study}.h5", study) for study in STUDY_NAMES)
    return tuple(key for key in keys if key is not None)


def _file_key(path: Path, study: str) -> FileKey | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return FileKey(str(path), study, status.st_mtime_ns, status.st_size, status.st_ino)


# An evicted store is not closed here: another session may be reading it. It closes when the
# last reader lets go of it.
@st.cache_resource(show_spinner=False, max_entries=24, hash_funcs={FileKey: repr})
def _open(key: FileKey) -> Store:
    return open_tried(Path(key.path), key.study)


@cached(max_entries=1000)
def _read(key: FileKey, spec: ArraySpec, index: tuple[int, ...]) -> NDArray:
    return _open(key).read(spec, *index)
