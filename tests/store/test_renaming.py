"""A dataset that was renamed is found in the files that hold it under its former path."""

import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from store.errors import SchemaMismatch
from store.inspect.diff import diff
from store.inspect.summary import fingerprint
from store.reader import open_store
from store.records import StoreContents
from store.schema import STUDIES
from store.schema.clip.alignment import SHOT_DRAW_ACCURACY
from store.schema.common import COMMON
from store.verify import verify
from store.writer import publish

ARCHIVED = Path(__file__).resolve().parents[1] / "archives" / "format-1" / "clip.h5"
OLD, NEW = "alignment/shot_drawn", "alignment/shot_draw_accuracy"


def contents_of(file: Path) -> StoreContents:
    with open_store(file, "clip") as store:
        specs = [s for s in STUDIES["clip"].arrays if s not in COMMON and store.has(s)]
        arrays = {spec: store.read(spec) for spec in specs}
        return StoreContents(
            arrays, store.claims, store.skipped, store.class_names, store.provenance
        )


@pytest.fixture
def renewed(tmp_path: Path) -> Path:
    """What the archived file holds, written by today's writer."""
    publish(tmp_path / "clip.h5", contents_of(ARCHIVED))
    return tmp_path / "clip.h5"


def paths_of(file: Path) -> set[str]:
    with h5py.File(file) as opened:
        return {path for path in (OLD, NEW) if path in opened}


def test_an_archived_file_is_read_by_its_old_path():
    assert paths_of(ARCHIVED) == {OLD}
    with h5py.File(ARCHIVED) as file:
        stored = file[OLD][...]
    with open_store(ARCHIVED, "clip") as store:
        assert store.has(SHOT_DRAW_ACCURACY)
        np.testing.assert_array_equal(store.read(SHOT_DRAW_ACCURACY), stored)
        np.testing.assert_array_equal(store.read(SHOT_DRAW_ACCURACY, 1), stored[1])


def test_a_renaming_changes_neither_content_hash_nor_fingerprint(renewed):
    assert paths_of(renewed) == {NEW}
    assert verify(renewed).content_hash == verify(ARCHIVED).content_hash
    assert fingerprint(renewed) == fingerprint(ARCHIVED)
    assert f"\n{OLD} " in fingerprint(renewed)


def test_diff_takes_both_paths_for_one_dataset(renewed):
    assert diff(renewed, ARCHIVED) == []
    assert diff(ARCHIVED, renewed) == []


def test_a_changed_value_under_the_new_path_is_named_by_it(renewed, tmp_path):
    contents = contents_of(renewed)
    contents.arrays[SHOT_DRAW_ACCURACY] -= np.float32(0.1)
    publish(tmp_path / "moved.h5", contents)
    (difference,) = diff(tmp_path / "moved.h5", ARCHIVED)
    assert (difference.kind, difference.place) == ("values", NEW)


def test_a_claim_may_rest_on_a_former_path(tmp_path):
    contents = contents_of(ARCHIVED)
    claims = tuple(replace(claim, evidence=OLD) for claim in contents.claims)
    publish(tmp_path / "clip.h5", replace(contents, claims=claims))  # it verifies what it wrote
    with open_store(tmp_path / "clip.h5") as store:
        assert {claim.evidence for claim in store.claims} == {OLD}


@pytest.mark.parametrize("source", ["archived", "renewed"])
def test_a_file_with_both_paths_is_refused_in_one_line(source, renewed, tmp_path):
    both = tmp_path / "both.h5"
    shutil.copyfile(ARCHIVED if source == "archived" else renewed, both)
    with h5py.File(both, "r+") as file:
        (there,) = {OLD, NEW} & {f"alignment/{name}" for name in file["alignment"]}
        file.copy(there, OLD if there == NEW else NEW)
    with pytest.raises(SchemaMismatch) as caught:
        open_store(both)
    assert str(caught.value) == (
        f"{both}: it holds one dataset twice, at {NEW!r} and at {OLD!r}, expected one of the two. "
        "Rebuild it with `make precompute`."
    )


def test_no_former_path_is_in_use():
    for study in STUDIES.values():
        former = [path for spec in study.arrays for path in spec.former_paths]
        assert len(set(former)) == len(former)
        assert not set(former) & set(study.by_path())
