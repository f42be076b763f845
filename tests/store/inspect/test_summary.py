"""`python -m store show`: what people read of a store, and what a terminal must not get."""

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from store.__main__ import main
from store.file.hashing import array_hash
from store.records import Claim
from store.writer import publish
from tests.support.made_up_stores import make_contents

ROOT = Path(__file__).resolve().parents[3]


def test_show_prints_claims_origin_and_the_command_that_rebuilds_it(report, capsys):
    assert main(["show", str(report / "vae.h5")]) == 0
    text = capsys.readouterr().out
    assert "vae-blur: refuted. What the original said about vae-blur." in text
    assert "value    0.75 (0.7 to 0.8) share of images, n = 40; control 0.5" in text
    commit = "0" * 40
    assert (
        f"git checkout {commit} && python -m precompute run --profile embedded --name made-up"
    ) in text
    assert "latent/posterior_mean              float32  40 x 8" in text


def test_show_as_json(report, capsys):
    assert main(["show", "--json", str(report)]) == 0
    stores = json.loads(capsys.readouterr().out)
    assert [store["provenance"]["study"] for store in stores] == ["vit", "vae", "clip"]
    assert stores[0]["claims"][0]["id"] == "vit-label"
    assert {"path", "shape", "dtype", "stored_bytes"} <= set(stores[0]["datasets"][0])


def test_show_says_when_no_commit_holds_the_code(tmp_path, capsys):
    contents = make_contents("vae")
    for commit, row, line in (
        (
            "a" * 40 + "-dirty",
            "a" * 40 + "-dirty",
            "made-up  # its code had changes that no commit",
        ),
        ("", "not recorded", "\n  python -m precompute run"),
    ):
        made = replace(contents.provenance, git_commit=commit)
        publish(tmp_path / "vae.h5", replace(contents, provenance=made))
        assert main(["show", str(tmp_path / "vae.h5")]) == 0
        text = capsys.readouterr().out
        assert f"  commit         {row}\n" in text
        assert line in text


def test_json_holds_no_nan_at_any_depth(tmp_path, capsys):
    contents = make_contents("vae")
    made = replace(contents.provenance, settings={"a": [{"b": math.nan}], "c": (-math.inf, 1.5)})
    publish(tmp_path / "vae.h5", replace(contents, provenance=made))
    assert main(["show", "--json", str(tmp_path / "vae.h5")]) == 0
    document = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert document[0]["provenance"]["settings"] == {"a": [{"b": None}], "c": [None, 1.5]}


def test_control_characters_of_a_stranger_do_not_reach_the_terminal(report, tmp_path, capsys):
    contents = make_contents("vae")
    claim = replace(contents.claims[0], id="\x1b[2Jgone", finding="\x1b[2Jgone", verdict="refuted")
    path = tmp_path / "vae.h5"
    publish(path, replace(contents, claims=(claim,)))
    assert main(["show", str(path)]) == 0
    assert "finding  ?[2Jgone" in capsys.readouterr().out
    assert main(["diff", str(path), str(path)]) == 0
    _turn_interval(path, claim)
    for command in (["show", str(path)], ["diff", str(path), str(report / "vae.h5")]):
        assert main(command) > 0
        printed = "".join(capsys.readouterr())
        assert "claim ?[2Jgone: interval [2.0, 0.8] misses 0.75" in printed
        assert "\x1b" not in printed


def _turn_interval(path: Path, claim: Claim) -> None:
    """Let a claim contradict itself, so that the error names it."""
    with h5py.File(path, "r+", locking=False) as file:
        low = file["claims/low"]
        values = np.full(low.shape, 2.0)
        low[...] = values
        low.attrs["sha256"] = np.bytes_(array_hash(values))


def test_a_terminal_that_lacks_a_letter_shows_another(tmp_path):
    contents = make_contents("vae")
    claim = replace(contents.claims[0], finding="猫 → cat")
    publish(tmp_path / "vae.h5", replace(contents, claims=(claim,)))
    done = subprocess.run(
        [sys.executable, "-m", "store", "show", str(tmp_path / "vae.h5")],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"finding  ? ? cat" in done.stdout
