"""The Makefile's targets in a copy of the repository, with this environment in place of its own."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OTHERS = shutil.ignore_patterns(".venv", ".git", ".*_cache", ".hypothesis", "run-*", "__pycache__")


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clone") / "three-lenses"
    shutil.copytree(ROOT, folder, ignore=OTHERS)
    for listed in folder.rglob("requirements.txt"):
        os.utime(listed, (0, 0))  # so that make finds .venv newer and installs nothing
    (folder / ".venv").symlink_to(Path(sys.executable).parent.parent)
    return folder


def make(folder, *words):
    # Under `make test`, make says which folder it enters; here nobody asked.
    env = os.environ | {"COLUMNS": "200", "MAKEFLAGS": "", "MAKELEVEL": "0"}
    return subprocess.run(
        ["make", *words],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_make_alone_prints_every_target_with_what_it_does(clone):
    result = make(clone)
    assert result.returncode == 0
    text = (clone / "Makefile").read_text().replace("\\\n", " ")
    for target in re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)[0].split():
        assert re.search(rf"^  make {target} +\w", result.stdout, re.MULTILINE), target


def test_every_word_reaches_the_command_line(clone):
    words = ("PROFILE=full", "NAME=mine", "ONLY=vit", "IMAGES=my photos", "VIT=facebook/deit")
    result = make(clone, "-n", "precompute", *words)
    assert (
        'precompute run --profile full --name mine --only vit --images "my photos" '
        '--vit "facebook/deit"' in result.stdout
    )


def test_the_whole_sweep_is_one_word_and_is_that_of_the_report_in_git(clone):
    whole = {
        word
        for word in make(clone, "-n", "precompute", "FULL_SWEEP=1").stdout.split()
        if word.startswith("vae.")
    }
    assert "vae.sweep_seeds=3" in whole
    for target in ("report-embedded", "regress"):
        assert whole <= set(make(clone, "-n", target).stdout.split())
    assert "vae." not in make(clone, "-n", "precompute").stdout


def test_check_runs_the_command_that_says_what_a_run_needs(clone):
    result = make(clone, "-n", "check", "PROFILE=embedded")
    assert result.stdout.strip() == ".venv/bin/python -m precompute check --profile embedded"


def test_a_run_never_overwrites_a_committed_report(clone):
    result = make(clone, "precompute", "PROFILE=embedded", "NAME=embedded")
    assert result.returncode == 2
    assert "is kept in git and a plain run leaves it alone" in result.stdout + result.stderr


def test_an_old_python_is_refused_with_the_fix(tmp_path):
    for name in ("Makefile", "requirements.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "dashboard").mkdir()
    shutil.copy(ROOT / "dashboard" / "requirements.txt", tmp_path / "dashboard")
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    result = make(tmp_path, "install", f"PYTHON={old}")
    assert result.returncode == 2
    assert "is older than 3.11" in result.stdout
    assert not (tmp_path / ".venv").exists()


def test_clean_keeps_reports(clone):
    shards = clone / "store" / "data" / "embedded" / ".shards"
    shards.mkdir(exist_ok=True)
    assert make(clone, "clean").returncode == 0
    assert not shards.exists()
    assert (clone / "store" / "data" / "embedded" / "vit.h5").exists()
