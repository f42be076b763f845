"""The command line as a user meets it: exit codes, help, one line per mistake."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from precompute.__main__ import app

ROOT = Path(__file__).resolve().parents[2]


def precompute(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "precompute", *arguments],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("command", [[], ["run"], ["check"], ["train"]])
def test_help_teaches(command):
    result = precompute(*command, "--help")
    assert result.returncode == 0
    assert "Usage" in result.stdout
    assert len(result.stdout.splitlines()) > 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--profile", "embeded"], "no profile 'embeded'. Known: embedded, full"),
        (["--only", "vitt"], "--only 'vitt': no such study. Known: vit, vae, clip."),
        (["--images", "/no/such/folder"], "/no/such/folder"),
        (["--name", "../../etc"], "report name '../../etc': use letters, digits"),
        (["--name", "embedded"], "report 'embedded' is kept in git"),
        (["--device", "tpu9"], "device 'tpu9' cannot be used"),
        (["--set", "vit.n_image=3"], "has no setting 'n_image'. Did you mean 'n_images'?"),
        (["--set", "n_images=3"], "write STUDY.KEY=VALUE"),
        (["--vit", "/no/such/model"], "/no/such/model"),
        (
            ["--clip", "hf-hub:a/b"],
            "hf download a/b --local-dir FOLDER; then choose CLIP=local-dir:FOLDER",
        ),
    ],
)
def test_a_mistake_ends_in_one_clear_line(arguments, message):
    device = () if "--device" in arguments else ("--device", "cpu")
    result = CliRunner().invoke(app, ["run", *arguments, *device])
    assert result.exit_code == 2, result.output
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert not (ROOT / "store" / "data" / "run-full").exists()


def test_a_mistake_ends_a_process_in_one_clear_line():
    result = precompute("run", "--only", "vitt", "--device", "cpu")
    assert result.returncode == 2, result.stderr
    assert result.stderr.endswith("--only 'vitt': no such study. Known: vit, vae, clip.\n")
    assert "Traceback" not in result.stderr


def test_check_says_when_everything_is_here_and_what_the_run_will_take():
    result = precompute("check", "--profile", "embedded", "--device", "cpu")
    assert result.returncode == 0
    # 500 images, each whole thrice, under 132 masks, along 54 points of curves and without 8
    # choices of one region's patches; and the gallery's 24
    taken = r"(\d+ s|\d+\.\d h)"
    n_forward = (
        rf"vit: 128,524 images through the model, about {taken}; \d\.\d GB with batches of 8"
    )
    assert re.search(
        f"On CPU, from a few timed batches of each model:\\n  {n_forward}", result.stderr
    )
    # 10 epochs of 15,000 images, and 2 of 6,000 for 13 points of the sweep with two seeds each
    vae = "vae: 37 VAEs trained on 582,000 images in all, about "
    assert re.search(vae + taken, result.stderr)
    assert "clip: 10,000 images through the model, about" in result.stderr
    assert "Everything is here" in result.stderr
    assert "Next: .venv/bin/python -m precompute run --profile embedded" in result.stderr


def check(*arguments):
    return CliRunner().invoke(app, ["check", *arguments])


def test_check_refuses_what_the_run_would_refuse(tmp_path):
    Image.new("RGB", (32, 32)).save(tmp_path / "one.png")
    (tmp_path / "vit").mkdir()
    (tmp_path / "vit" / "config.json").write_text("{}")
    chosen = ("--images", str(tmp_path), "--vit", str(tmp_path / "vit"), "--device", "cpu")
    result = check(*chosen, "--profile", "embedded")
    assert result.exit_code == 2
    line = " ".join(result.stderr.split())
    assert "preprocessor_config.json is missing. Save the image processor with" in line
    assert "Everything is here" not in line


def test_check_counts_the_pictures_that_there_are(tmp_path):
    Image.new("RGB", (32, 32)).save(tmp_path / "one.png")
    chosen = ("--images", str(tmp_path), "--only", "vit", "--device", "cpu")
    result = check(*chosen, "--profile", "embedded")
    assert result.exit_code == 0, result.stderr
    line = " ".join(result.stderr.split())
    assert "(1 images)" in line
    assert "vit: 220 images through the model" in line
