"""Files from strangers: refused under their own name, quickly, and before their data is read."""

import json
import subprocess
import sys
import zlib
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pytest

from store import errors
from store.file import attributes
from store.reader import open_store
from store.verify import verify
from tests.support.hostile_files import HOSTILE, Hostile
from tests.support.measured_refusals import LIMIT_SECONDS, refusal

ROOT = Path(__file__).resolve().parents[2]
MISMATCHES = [
    ("required dataset", "'gallery/name' is missing, expected a vit dataset"),
    ("axes", "'gallery/name' has axes ('sample',), expected ('gallery',)"),
    ("dtype", "'gallery/label' has dtype int64, expected int32"),
    ("size", "'gallery/label' has 7 along 'gallery', expected 4 as in the datasets before it"),
    ("filters", "'gallery/label' is stored without its filters"),
    ("attribute", "attribute 'seed' is missing, expected int"),
    ("attribute type", "attribute 'seed' is of type float64, expected int"),
]


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.name)
def test_a_hostile_file_is_refused_under_its_own_name(case: Hostile, copy_of):
    copy_of("clip")
    path = copy_of("vit")
    case.breaker(path)
    for attempt in (open_store, verify):
        error, seconds = refusal(partial(attempt, path, "vit"))
        assert seconds < LIMIT_SECONDS
        assert type(error) is case.error
        assert case.says in error.fact
        assert error.path == path
        message = str(error)
        assert message.startswith(f"{path}: ")
        assert message.endswith(error.next_step)
        assert "\n" not in message


@pytest.mark.parametrize("way_in", ["reader", "verify", "dashboard"])
def test_refusing_costs_under_a_second_and_200_mb(way_in, report, tmp_path):
    """In a process of its own, which makes each file first."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.support.measured_refusals",
            way_in,
            str(report),
            str(tmp_path),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert {a["case"]: a["error"] for a in answers} == {c.name: c.error.__name__ for c in HOSTILE}
    assert max(answer["seconds"] for answer in answers) < LIMIT_SECONDS
    assert max(answer["peak_mb"] for answer in answers) < 200


@pytest.mark.parametrize(("what", "says"), MISMATCHES, ids=[what for what, _ in MISMATCHES])
def test_a_file_that_breaks_the_schema_is_refused(what, says, copy_of):
    path = copy_of("vit")
    with h5py.File(path, "r+", locking=False) as file:
        _break_schema(file, what)
    with pytest.raises(errors.SchemaMismatch) as caught:
        open_store(path, "vit")
    assert says in str(caught.value)


def _break_schema(file: h5py.File, what: str) -> None:
    if what == "required dataset":
        del file["gallery/name"]
    elif what == "axes":
        del file["gallery/name"].attrs["dims"]
        attributes.write_on(file["gallery/name"], "dims", "sample")
    elif what == "attribute":
        del file.attrs["seed"]
    elif what == "attribute type":
        file.attrs["seed"] = 0.5
    else:
        dtype = "int64" if what == "dtype" else "int32"
        n_rows = 7 if what == "size" else 4
        filters = {} if what == "filters" else {"compression": "gzip", "shuffle": True}
        del file["gallery/label"]
        file.create_dataset(
            "gallery/label", data=np.zeros(n_rows, dtype), fletcher32=what != "filters", **filters
        )
        attributes.write_on(file["gallery/label"], "dims", "gallery")


@pytest.mark.parametrize("name", sorted({*attributes.KINDS, *attributes.SEAL_KINDS}))
def test_no_root_attribute_may_be_missing(name, copy_of):
    path = copy_of("vae")
    with h5py.File(path, "r+", locking=False) as file:
        del file.attrs[name]
    with pytest.raises((errors.SchemaMismatch, errors.StoreIncomplete)):
        open_store(path, "vae")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("settings", "[" * 50_000, "attribute 'settings' is not JSON"),
        ("settings", "[1, 2]", "attribute 'settings' is a list, expected an object"),
        ("versions", '{"numpy": 2}', "attribute 'versions' holds something else"),
    ],
)
def test_json_in_attributes_is_not_trusted(name, text, says, copy_of, monkeypatch):
    path = copy_of("vae")
    monkeypatch.setattr("store.reader.attributes_hash", lambda values: values["attributes_hash"])
    with h5py.File(path, "r+", locking=False) as file:
        del file.attrs[name]
        attributes.write(file, name, text)
    with pytest.raises(errors.SchemaMismatch, match=says.replace("[", r"\[")):
        open_store(path, "vae")


def test_a_changed_attribute_is_noticed_when_the_file_is_opened(copy_of):
    path = copy_of("vae")
    with h5py.File(path, "r+", locking=False) as file:
        file.attrs.modify("seed", np.int64(7))
    with pytest.raises(errors.StoreDamaged, match="do not match their sha256"):
        open_store(path, "vae")


def test_a_dataset_that_the_schema_does_not_know_is_left_alone(copy_of):
    path = copy_of("vae")
    with h5py.File(path, "r+", locking=False) as file:
        file.create_dataset("later/idea", data=np.arange(3))
    with open_store(path, "vae") as store:
        assert store.size("image") == 40


@pytest.mark.parametrize("filters", [{"fletcher32": True}, {"compression": "gzip"}])
def test_a_short_chunk_of_an_unknown_dataset_does_not_reach_hdf5(filters, copy_of):
    """HDF5 reads past the end of it, and may take the process down."""
    path = copy_of("vae")
    with h5py.File(path, "r+", locking=False) as file:
        idea = file.create_dataset("idea", data=np.zeros(64, "uint8"), chunks=(64,), **filters)
        raw = idea.id.read_direct_chunk((0,))[1]
        short = zlib.compress(b"abcd") if "compression" in filters else raw[60:]
        idea.id.write_direct_chunk((0,), short)
    with open_store(path) as store, pytest.raises(errors.StoreDamaged, match=r"of 4 bytes"):
        store.read_stored("idea")


def test_a_folder_is_not_a_store(tmp_path):
    with pytest.raises(errors.StoreMissing, match="Is a directory"):
        open_store(tmp_path, "vit")
