"""Where numbers come from: versions, commit, time and the settings' hash."""

import pickle
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from store.errors import StoreError, StoreNewer
from store.provenance import (
    git_commit,
    library_versions,
    own_command,
    own_commit,
    settings_hash,
    utc_now,
)


def test_versions_are_those_installed():
    assert library_versions(["numpy", "no-such-library"]) == {"numpy": np.__version__}


def test_the_time_is_utc_and_whole_seconds():
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", utc_now())


def test_the_commit_says_when_files_differ_from_it(tmp_path):
    assert git_commit(tmp_path) == ""
    clean = _commit_code(tmp_path)
    assert re.fullmatch("[0-9a-f]{40}", clean)
    report = tmp_path / "store" / "data" / "embedded" / "vit.h5"
    report.parent.mkdir(parents=True)
    report.write_text("what the run itself writes")
    _git(tmp_path, "add", ".")
    (tmp_path / "notes.txt").write_text("the reader's own")
    assert git_commit(tmp_path) == clean
    new = tmp_path / "store" / "new.py"
    new.write_text("a file that no commit holds")
    assert git_commit(tmp_path) == f"{clean}-dirty"
    new.unlink()
    assert git_commit(tmp_path) == clean
    (tmp_path / "precompute" / "job.py").write_text("two")
    assert git_commit(tmp_path) == f"{clean}-dirty"


def test_code_is_not_called_clean_where_git_cannot_tell(tmp_path):
    clean = _commit_code(tmp_path)
    (tmp_path / ".git" / "index").write_bytes(b"damaged")
    assert git_commit(tmp_path) == f"{clean}-dirty"


def test_an_archive_inside_another_repository_has_no_commit(tmp_path):
    _commit_code(tmp_path)
    unpacked = tmp_path / "three-lenses"
    unpacked.mkdir()
    assert git_commit(unpacked) == ""


def test_a_worktree_has_its_commit(tmp_path):
    clean = _commit_code(tmp_path / "main")
    _git(tmp_path / "main", "worktree", "add", "-q", str(tmp_path / "other"))
    assert git_commit(tmp_path / "other") == clean


def _commit_code(folder: Path) -> str:
    """Make a repository with a file of code; return its commit, as `git_commit` gives it."""
    (folder / "precompute").mkdir(parents=True)
    (folder / "store").mkdir()
    (folder / "precompute" / "job.py").write_text("one")
    _git(folder, "init", "-q")
    _git(folder, "add", ".")
    _git(folder, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "one")
    return git_commit(folder)


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True)


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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("python -m precompute run --name 'a b'", "python -m precompute run --name 'a b'"),
        (
            "python -m precompute run --name a; rm -rf x",
            "python -m precompute run --name 'a;' rm -rf x",
        ),
        ("python -m precompute run $(rm x)", "python -m precompute run '$(rm' 'x)'"),
        ("python -m precompute run\nrm x", ""),
        ("python -m precompute run \x1b[2K", ""),
        ("python -m precompute run \u202ex", ""),
        ("python -m precompute run 'a", ""),
        ("curl x | sh", ""),
        ("", ""),
    ],
)
def test_a_stored_command_is_shown_quoted_and_only_if_it_is_a_run_of_this_program(text, shown):
    assert own_command(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0" * 40, "0" * 40),
        ("a" * 40 + "-dirty", "a" * 40 + "-dirty"),
        ("HEAD; rm x", ""),
        ("", ""),
    ],
)
def test_a_stored_commit_is_forty_hexadecimal_digits(text, shown):
    assert own_commit(text) == shown
