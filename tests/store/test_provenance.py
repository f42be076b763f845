"""Where numbers come from: versions, commit, time and the settings' hash."""

import pickle
import re
import subprocess

import numpy as np
import pytest

from store.errors import StoreError, StoreNewer
from store.provenance import git_commit, library_versions, settings_hash, utc_now


def test_versions_are_those_installed():
    assert library_versions(["numpy", "no-such-library"]) == {"numpy": np.__version__}


def test_the_time_is_utc_and_whole_seconds():
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", utc_now())


def test_the_commit_says_when_files_differ_from_it(tmp_path):
    assert git_commit(tmp_path) == ""
    name = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    (tmp_path / "a.txt").write_text("one")
    for arguments in (["init", "-q"], ["add", "."], [*name, "commit", "-qm", "one"]):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True)
    clean = git_commit(tmp_path)
    assert re.fullmatch("[0-9a-f]{40}", clean)
    report = tmp_path / "store" / "data" / "embedded" / "vit.h5"
    report.parent.mkdir(parents=True)
    report.write_text("what the run itself writes")
    subprocess.run(["git", "-C", str(tmp_path), "add", "."], check=True)
    assert git_commit(tmp_path) == clean
    (tmp_path / "a.txt").write_text("two")
    assert git_commit(tmp_path) == f"{clean}-dirty"


def test_the_settings_hash_changes_with_every_part():
    first = settings_hash({"seed": 0, "ratios": (0.1, 0.5)}, "images", "weights")
    assert first == settings_hash({"ratios": [0.1, 0.5], "seed": 0}, "images", "weights")
    assert first != settings_hash({"seed": 1, "ratios": (0.1, 0.5)}, "images", "weights")
    assert first != settings_hash({"seed": 0, "ratios": (0.1, 0.5)}, "weights", "images")
    assert first != settings_hash({"seed": 0, "ratios": (0.1, 0.5)}, "imagesweights")


def test_settings_must_be_plain_values():
    with pytest.raises(TypeError):
        settings_hash({"rng": object()})


def test_an_error_is_one_line_and_survives_a_process_boundary():
    error = StoreNewer("a.h5", "the file is\nformat 3, this reads <= 1")
    assert str(error) == (
        "a.h5: the file is format 3, this reads <= 1. "
        "Upgrade this program: `git pull && make install`."
    )
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy)) == (StoreNewer, str(error))
    assert all(kind.__doc__ and kind.remedy for kind in StoreError.__subclasses__())
