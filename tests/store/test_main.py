"""`python -m store`: exit statuses, words and JSON."""

import errno
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from store.__main__ import main
from store.inspect.summary import fingerprint
from store.schema import STUDIES
from store.writer import publish
from tests.support.made_up_stores import make_contents

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(report, tmp_path):
    return Path(shutil.copytree(report, tmp_path / "made-up"))


def test_verify_reads_a_whole_report(folder, capsys):
    assert main(["verify", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[1].split(",")[0] for line in lines] == [
        " valid vit store",
        " valid vae store",
        " valid clip store",
    ]


def test_verify_checks_the_others_beside_a_folder_without_a_store(folder, tmp_path, capsys):
    (tmp_path / "interrupted").mkdir()
    assert main(["verify", str(tmp_path / "interrupted"), str(folder)]) == 1
    printed = capsys.readouterr().out
    assert "interrupted: this folder holds no store" in printed
    assert printed.count(": valid ") == 3


def test_verify_names_the_damaged_file_and_checks_the_others(folder, capsys):
    (folder / "vae.h5").write_bytes(b"")
    shutil.copy(folder / "vit.h5", folder / "clip.h5")
    assert main(["verify", "--json", str(folder)]) == 1
    answers = json.loads(capsys.readouterr().out)
    assert [answer.get("error") for answer in answers] == [None, "StoreEmpty", "WrongStudy"]
    assert answers[1]["next_step"] == "Rebuild it with `make precompute`."


def test_verify_notices_a_stale_fingerprint(folder, capsys):
    assert main(["fingerprint", str(folder / "vae.h5")]) == 0
    assert main(["verify", str(folder / "vae.h5")]) == 0
    publish(folder / "vae.h5", make_contents("vae", seed=1))
    assert main(["verify", str(folder / "vae.h5")]) == 1
    assert "vae.fingerprint.txt: it is stale" in capsys.readouterr().out


def test_verify_names_a_fingerprint_that_cannot_be_read(folder, capsys, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    beside = folder / "vae.fingerprint.txt"
    os.mkfifo(beside)
    assert main(["verify", str(folder / "vae.h5")]) == 1
    assert "vae.fingerprint.txt: it is no file" in capsys.readouterr().out
    beside.unlink()
    beside.touch()
    monkeypatch.setattr(Path, "read_text", refuse)
    assert main(["verify", str(folder / "vae.h5")]) == 1
    assert "vae.fingerprint.txt: it cannot be read (Permission denied)" in capsys.readouterr().out


@pytest.mark.timeout(20)
def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path, capsys):
    os.mkfifo(tmp_path / "vit.h5")
    assert main(["show", str(tmp_path / "vit.h5")]) == 1
    assert "vit.h5: it is a pipe or a device, expected a file." in capsys.readouterr().out


def test_fingerprint_is_text_that_a_person_can_review(folder):
    assert main(["fingerprint", str(folder)]) == 0
    lines = (folder / "vae.fingerprint.txt").read_text().splitlines()
    assert lines[0] == "study vae"
    assert "claim vae-loss supported value=0.75 low=0.7 high=0.8 n=40 control=0.5" in lines
    survey = next(line for line in lines if line.startswith("latent/posterior_mean"))
    assert survey.startswith("latent/posterior_mean (40, 8) float32 sha256=")
    assert survey.endswith("nan=0")
    publish(folder / "again.h5", make_contents("vae"))
    assert fingerprint(folder / "again.h5") == fingerprint(folder / "vae.h5")


def test_diff_exits_1_on_a_difference_and_0_on_a_note(folder, report, capsys):
    assert main(["diff", str(folder), str(report)]) == 0
    contents = make_contents("vae")
    elsewhere = replace(contents, provenance=replace(contents.provenance, device="NVIDIA T4"))
    publish(folder / "vae.h5", elsewhere)
    assert main(["diff", str(folder), str(report)]) == 0
    assert "note: attribute device: 'NVIDIA T4' against 'CPU'" in capsys.readouterr().out
    publish(folder / "vae.h5", make_contents("vae", seed=1))
    assert main(["diff", "--json", str(folder), str(report)]) == 1
    answers = json.loads(capsys.readouterr().out)
    assert [bool(answer["differences"]) for answer in answers] == [False, True, False]
    assert {"kind", "place", "message"} == set(answers[1]["differences"][0])


def test_diff_exits_2_on_a_store_that_cannot_be_read(folder, report, capsys):
    (folder / "vae.h5").write_bytes(b"")
    assert main(["diff", str(folder / "vae.h5"), str(report / "vae.h5")]) == 2
    assert "vae.h5: the file has 0 bytes, expected a store." in capsys.readouterr().err


def test_diff_goes_on_after_a_store_that_cannot_be_read(folder, report, capsys):
    (folder / "clip.h5").write_bytes(b"")
    publish(folder / "vae.h5", make_contents("vae", seed=1))
    assert main(["diff", str(folder), str(report)]) == 2
    printed = capsys.readouterr()
    assert "clip.h5: the file has 0 bytes" in printed.err
    assert [line.split()[2] for line in printed.out.splitlines() if " against /" in line] == [
        f"{report}/vae.h5:",
        f"{report}/vit.h5:",
    ]
    assert main(["diff", "--json", str(folder), str(report)]) == 2
    answers = json.loads(capsys.readouterr().out)
    assert [answer.get("error") for answer in answers] == ["StoreEmpty", None, None]


def test_diff_refuses_what_cannot_be_compared(folder, report, capsys):
    assert main(["diff", str(report), str(folder / "nowhere")]) == 2
    assert "nowhere: it is no folder, expected a report" in capsys.readouterr().err
    assert main(["diff", str(report / "vit.h5"), str(report / "vae.h5")]) == 2
    assert "vae.h5: it holds study 'vae', expected 'vit'" in capsys.readouterr().err


def test_diff_names_a_study_that_only_one_report_holds(folder, report, capsys):
    (folder / "clip.h5").unlink()
    assert main(["diff", str(folder), str(report)]) == 1
    assert "clip.h5: is missing from the first report" in capsys.readouterr().out


def test_a_fingerprint_that_cannot_be_written_is_one_line(folder, capsys):
    (folder / "vae.fingerprint.txt").mkdir()
    assert main(["fingerprint", str(folder / "vae.h5")]) == 1
    assert "vae.fingerprint.txt: it cannot be written (Is a dir" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["show", "verify", "fingerprint"])
def test_a_newer_format_is_one_line_that_says_what_to_do(command, folder, capsys):
    with h5py.File(folder / "vit.h5", "r+") as file:
        file.attrs.modify("format_version", np.int64(2))
    assert main([command, str(folder / "vit.h5")]) == 1
    assert capsys.readouterr().out == (
        f"{folder / 'vit.h5'}: the file is format 2, this reads <= 1. "
        "Upgrade this program: `git pull && make install`.\n"
    )


def test_a_missing_store_is_one_line(tmp_path, capsys):
    assert main(["show", str(tmp_path / "vit.h5")]) == 1
    assert capsys.readouterr().out == (
        f"{tmp_path}/vit.h5: it cannot be read (No such file or directory). "
        "Build it with `make precompute`.\n"
    )
    assert main(["verify", str(tmp_path)]) == 1
    assert capsys.readouterr().out == (
        f"{tmp_path}: this folder holds no store, expected vit.h5, vae.h5 or clip.h5. "
        "Build it with `make precompute`.\n"
    )


@pytest.mark.parametrize("arguments", [[], ["mend"], ["show"], ["diff", "a.h5"]])
def test_bad_usage_exits_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m store" in capsys.readouterr().err


def test_help_teaches_by_example(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    for command in ("show", "verify", "diff", "fingerprint", "schema"):
        assert f"\n  python -m store {command} " in text


def test_the_command_runs_as_a_program(report):
    command = [sys.executable, "-W", "error", "-m", "store", "verify", str(report / "vit.h5")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    n_datasets = len(STUDIES["vit"].arrays)
    assert f"valid vit store, {n_datasets} datasets" in done.stdout
