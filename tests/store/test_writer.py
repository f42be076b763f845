"""The writer refuses what does not fit, leaves nothing half done, and writes for views."""

import errno
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from store import errors
from store.file import atomic
from store.file.guard import Limits
from store.reader import open_store
from store.schema import STUDIES, ArraySpec, common
from store.schema.vae import reconstructions
from store.schema.vit import masking
from store.writer import chunk_shape, publish
from tests.support.made_up_stores import make_contents

ROOT = Path(__file__).resolve().parents[2]
REFUSED = {
    "missing dataset": (
        {reconstructions.LABEL: None},
        "'test/label' not given, expected every dataset that a vae store must hold",
    ),
    "unknown dataset": (
        {masking.SURVIVAL: np.zeros((1, 1, 1, 1))},
        "'masking/survival' given, expected only the vae schema's own datasets",
    ),
    "a dataset of the records": ({common.CLASS_NAME: np.array(["a"])}, "'labels/name' given"),
    "wrong number of axes": (
        {reconstructions.LABEL: np.zeros((40, 1), int)},
        "'test/label' has shape (40, 1), expected 1 axes ('image',)",
    ),
    "axes of one name, two sizes": (
        {reconstructions.LABEL: np.zeros(39, int)},
        "'test/squared_error' has 40 along 'image', expected 39 as in the datasets before it",
    ),
    "floats for whole numbers": (
        {reconstructions.LABEL: np.zeros(40)},
        "'test/label' was given as float64",
    ),
    "whole numbers for floats": (
        {reconstructions.LATENT_DRIFT: np.zeros(40, int)},
        "was given as int64",
    ),
    "numbers for text": (
        {reconstructions.SPLIT: np.zeros(2)},
        "'training/split' was given as float64",
    ),
    "bytes for text": (
        {reconstructions.SPLIT: np.array([b"a", b"b"])},
        "was given as |S1, expected text",
    ),
    "out of range": (
        {reconstructions.CLASS_AGREES: np.full(40, 256)},
        "'test/class_agrees' spans 256 to 256, expected 0 to 255 (uint8)",
    ),
    "infinity": (
        {reconstructions.LAPLACIAN_RATIO: np.full(40, np.inf)},
        "'test/laplacian_ratio' holds infinity in float32, expected finite values, and NaN",
    ),
    "too large for the stored dtype": (
        {reconstructions.SAMPLE_SECOND_PASS: np.full((4, 28, 28), 1e6)},
        "'samples/second_pass' holds infinity in float16",
    ),
    "a NUL inside text": (
        {reconstructions.SPLIT: np.array(["a\0b", "c"])},
        "holds a NUL character",
    ),
    "half a character": (
        {reconstructions.SPLIT: np.array(["\ud800", "c"])},
        "surrogates not allowed",
    ),
}


@pytest.mark.parametrize(("change", "says"), REFUSED.values(), ids=REFUSED)
def test_contents_that_do_not_fit_are_refused_before_anything_is_written(change, says, tmp_path):
    contents = make_contents("vae")
    arrays = contents.arrays | change
    arrays = {spec: values for spec, values in arrays.items() if values is not None}
    with pytest.raises(errors.SchemaMismatch) as caught:
        publish(tmp_path / "vae.h5", replace(contents, arrays=arrays))
    assert says in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("study", "gan", "the provenance names study 'gan'"),
        ("settings", {"path": Path()}, "is not JSON serializable"),
        ("seed", "zero", "provenance field 'seed' is str, expected int"),
        ("command", "x" * 70_000, "field 'command' has 70000 bytes, expected at most 65472"),
        ("command", "a\0b", "field 'command' holds a NUL character, expected text without one"),
    ],
)
def test_a_provenance_that_does_not_fit_is_refused(field, value, says, tmp_path):
    contents = make_contents("vae")
    wrong = replace(contents, provenance=replace(contents.provenance, **{field: value}))
    with pytest.raises(errors.StoreError) as caught:
        publish(tmp_path / "vae.h5", wrong)
    assert says in str(caught.value)


def test_a_folder_whose_name_is_not_utf8_loses_no_run(tmp_path):
    contents = make_contents("vae")
    command = "python -m precompute run --images " + os.fsdecode(b"caf\xe9")
    named = replace(contents.provenance, command=command, settings={"images": command})
    publish(tmp_path / "vae.h5", replace(contents, provenance=named))
    with open_store(tmp_path / "vae.h5") as store:
        assert store.provenance.command.endswith(r"--images caf\udce9")
        assert store.provenance.settings["images"] == command


def test_more_than_a_reader_takes_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr("store.writer.LIMITS", Limits(total_bytes=2**16))
    with pytest.raises(errors.SchemaMismatch) as caught:
        publish(tmp_path / "vit.h5", make_contents("vit", sizes={"gallery": 24}), "Keep 4 images.")
    assert re.search(r"vit\.h5: its arrays take \d+ MiB, expected at most 0 MiB", str(caught.value))
    assert str(caught.value).endswith("MiB. Keep 4 images.")
    assert list(tmp_path.iterdir()) == []


def test_a_text_longer_than_a_reader_takes_is_refused(tmp_path):
    contents = make_contents("vae")
    arrays = contents.arrays | {reconstructions.SPLIT: np.array(["x" * 70_000, "y"])}
    with pytest.raises(errors.SchemaMismatch) as caught:
        publish(tmp_path / "vae.h5", replace(contents, arrays=arrays))
    assert "'training/split' has a text of 70000 bytes, expected at most 65536" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_what_fails_when_it_is_read_back_carries_the_stores_own_name(tmp_path, monkeypatch):
    def refuse(temporary, _):
        raise errors.StoreDamaged(temporary, "a fact", "another", "Do this.")

    monkeypatch.setattr("store.writer.verify", refuse)
    with pytest.raises(errors.StoreDamaged) as caught:
        publish(tmp_path / "vae.h5", make_contents("vae"))
    assert str(caught.value) == f"{tmp_path}/vae.h5: a fact, expected another. Do this."


def test_a_claim_without_its_evidence_is_refused(tmp_path):
    contents = make_contents("vae")
    claim = replace(contents.claims[0], evidence="training/nothing")
    with pytest.raises(errors.SchemaMismatch, match="rests on 'training/nothing'"):
        publish(tmp_path / "vae.h5", replace(contents, claims=(claim,)))
    assert list(tmp_path.iterdir()) == []


def test_flags_may_be_booleans(tmp_path):
    contents = make_contents("vae")
    arrays = contents.arrays | {reconstructions.CLASS_AGREES: np.ones(40, bool)}
    publish(tmp_path / "vae.h5", replace(contents, arrays=arrays))


@pytest.mark.parametrize("fault", [KeyboardInterrupt, MemoryError, errors.StoreDamaged("x", "y")])
def test_a_failure_while_writing_leaves_the_old_file_alone(fault, copy_of, monkeypatch):
    path = copy_of("vae")
    before = path.read_bytes()

    def fail(*_):
        raise fault

    monkeypatch.setattr("store.writer.verify", fail)
    with pytest.raises(type(fault) if isinstance(fault, Exception) else fault):
        publish(path, make_contents("vae", seed=1))
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_is_one_clear_line(copy_of, monkeypatch):
    path = copy_of("vae")
    before = path.read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("store.file.atomic.os.fsync", full)
    with pytest.raises(errors.StoreUnwritable) as caught:
        publish(path, make_contents("vae", seed=1))
    assert str(caught.value) == (
        f"{path}: it cannot be written (No space left on device). Free space or choose a folder "
        "you may write to, then run the command again."
    )
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_real_limit_on_the_file_size_is_one_clear_line(tmp_path):
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)); "
        "from pathlib import Path; from store.writer import publish; "
        "from tests.support.made_up_stores import make_contents; "
        "publish(Path(sys.argv[1]) / 'vae.h5', make_contents('vae'))"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", script, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "StoreUnwritable: " in done.stderr
    assert "vae.h5: it cannot be written (File too large)" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_read_only_folder_is_one_clear_line(copy_of, unprivileged):
    path = copy_of("vae")
    path.parent.chmod(0o555)
    try:
        with unprivileged(), pytest.raises(errors.StoreUnwritable) as caught:
            publish(path, make_contents("vae", seed=1))
    finally:
        path.parent.chmod(0o755)
    assert "it cannot be written (Permission denied)" in str(caught.value)


def test_a_folder_in_the_way_is_one_clear_line(tmp_path):
    (tmp_path / "vae.h5").mkdir()
    with pytest.raises(errors.StoreUnwritable, match=r"Is a directory"):
        publish(tmp_path / "vae.h5", make_contents("vae"))
    assert [path.name for path in tmp_path.iterdir()] == ["vae.h5"]


def test_what_a_killed_writer_left_is_cleared_away(tmp_path):
    old, fresh = tmp_path / ".vae.h5.1.tmp", tmp_path / ".vae.h5.2.tmp"
    old.touch()
    fresh.touch()
    hour_ago = time.time() - atomic.ABANDONED_SECONDS - 1
    os.utime(old, (hour_ago, hour_ago))
    publish(tmp_path / "vae.h5", make_contents("vae"))
    assert sorted(path.name for path in tmp_path.iterdir()) == [".vae.h5.2.tmp", "vae.h5"]


def test_every_dataset_is_compressed_and_has_a_checksum(report):
    for study in STUDIES:
        with h5py.File(report / f"{study}.h5", "r", locking=False) as file:
            for spec in STUDIES[study].arrays:
                dataset = file[spec.path]
                if dataset.shape and dataset.size:
                    assert (dataset.compression, dataset.compression_opts) == ("gzip", 4)
                    assert dataset.shuffle
                    assert dataset.fletcher32


@pytest.mark.parametrize(
    ("shape", "dtype", "view_axes", "expected"),
    [
        ((64, 12, 12, 14, 14), "float16", 1, (1, 12, 12, 14, 14)),  # one image's maps: 56 kB
        ((8000, 28, 28), "float16", 1, (10, 28, 28)),  # 1.5 kB a picture: ten to a chunk
        ((16, 224, 224, 3), "uint8", 1, (1, 224, 224, 3)),  # 147 kB
        ((4, 1024, 1024), "float64", 1, (1, 128, 1024)),  # 8 MiB: split into 1 MiB
        ((10_000, 512), "float32", 0, (128, 512)),  # rows of 2 kB: 256 kB
        ((10,), "int32", 0, (10,)),
        ((3, 5), "int16", 2, (3, 5)),
        ((), "float32", 0, None),
        ((0, 4), "float32", 0, None),
    ],
)
def test_a_chunk_is_what_one_view_shows(shape, dtype, view_axes, expected):
    spec = ArraySpec("a", tuple(map(str, range(len(shape)))), dtype, "", view_axes=view_axes)
    chunk = chunk_shape(spec, np.broadcast_to(np.zeros((), dtype), shape))
    assert chunk == expected
