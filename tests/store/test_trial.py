"""A file is tried in a process of its own: no crafted one ends or stops this process."""

import os
import shutil
import threading
import time

import numpy as np
import pytest

from store import trial
from store.errors import StoreEmpty, StoreError, StoreHostile
from store.trial import open_tried, verify_tried
from store.verify import verify
from tests.support import hostile_structure

N_MUTATIONS = 10_000 if os.environ.get("THREE_LENSES_LONG") else 20


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(trial, "SECONDS", 2)


def test_a_whole_store_passes(report):
    assert verify_tried(report / "vit.h5") == verify(report / "vit.h5")
    with open_tried(report / "vit.h5", "vit") as store:
        assert store.claims


def test_the_child_gives_the_same_error(copy_of):
    path = copy_of("vit")
    path.write_bytes(b"")
    with pytest.raises(StoreEmpty) as caught:
        verify_tried(path)
    assert str(caught.value) == (
        f"{path}: the file has 0 bytes, expected a store. Rebuild it with `make precompute`."
    )


@pytest.mark.parametrize("change", [hostile_structure.own_child, hostile_structure.own_sibling])
def test_a_structure_without_end_is_refused_in_one_line(change, copy_of):
    path = copy_of("vit")
    change(path)
    with pytest.raises(StoreHostile, match="crashed, or took more than") as caught:
        open_tried(path)
    assert "\n" not in str(caught.value)


def test_the_verdict_is_kept_until_the_file_changes(report, copy_of):
    path = copy_of("vit")
    hostile_structure.own_sibling(path)
    with pytest.raises(StoreHostile):
        open_tried(path)
    started = time.monotonic()
    with pytest.raises(StoreHostile):
        open_tried(path)
    assert time.monotonic() - started < 0.5
    shutil.copy(report / "vit.h5", path)
    open_tried(path).close()


def test_other_files_are_read_while_one_hangs(report, copy_of, monkeypatch):
    monkeypatch.setattr(trial, "SECONDS", 5)
    path, refused = copy_of("vit"), []
    hostile_structure.own_sibling(path)

    def hang():
        with pytest.raises(StoreHostile):
            open_tried(path)
        refused.append(time.monotonic())

    hanging = threading.Thread(target=hang)
    hanging.start()
    open_tried(report / "clip.h5").close()
    assert not refused
    hanging.join()


def test_memory_is_bounded(report, monkeypatch):
    trial._verdict.cache_clear()
    monkeypatch.setattr(trial, "MEMORY_BYTES", 2**16)
    with pytest.raises(StoreError):
        open_tried(report / "vae.h5")
    trial._verdict.cache_clear()


def test_a_helper_that_was_ended_is_started_again(report):
    verify_tried(report / "vit.h5")
    process = trial._helper().process
    process.kill()
    process.wait()
    trial._verdict.cache_clear()
    assert verify_tried(report / "vit.h5").study == "vit"


@pytest.mark.endurance
@pytest.mark.timeout(36_000)
@pytest.mark.parametrize("study", ["vit", "clip"])
def test_no_change_of_structure_ends_or_stops_this_process(study, copy_of):
    path, whole = copy_of(study), copy_of(study).read_bytes()
    rng, counts = np.random.default_rng(0), {"read": 0, "refused": 0}
    for _ in range(N_MUTATIONS // 2):
        path.write_bytes(whole)
        hostile_structure.mutate(path, rng)
        try:
            with open_tried(path) as store:
                for place in store.datasets:
                    store.read_stored(place)
            counts["read"] += 1
        except StoreError:
            counts["refused"] += 1
    print(study, counts)  # noqa: T201  `make endurance` shows it
    assert counts["refused"]
