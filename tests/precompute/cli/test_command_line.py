"""The command line as a user meets it: separate processes, exit codes, one line per mistake."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import typer
from PIL import Image

from precompute.cli.command_line import command_line
from precompute.cli.exit import one_line_errors
from precompute.cli.options import choose_profile
from precompute.errors import JobFailed
from precompute.preflight.runtime import estimate_vit
from precompute.settings import load_profile

ROOT = Path(__file__).resolve().parents[3]


def precompute(*arguments, env=None):
    return subprocess.run(
        [sys.executable, "-m", "precompute", *arguments],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200", **(env or {})},
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
    result = (
        precompute("run", *arguments, "--device", "cpu")
        if "--device" not in arguments
        else (precompute("run", *arguments))
    )
    assert result.returncode == 2, result.stderr
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not (ROOT / "store" / "data" / "run-full").exists()


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("run --only vae", "run --only vae --profile embedded --device cpu"),
        ("run --profile mine.toml", "run --profile mine.toml --device cpu"),
        ("run --device=cpu --profile=full", "run --device=cpu --profile=full"),
        (
            "run --device=cpu --profile=full --images=/home/ada/cats --vit ~/my-vit",
            "run --device=cpu --profile=full '--images=…/cats' --vit '…/my-vit'",
        ),
    ],
)
def test_the_stored_command_chooses_the_same_profile_and_device_anywhere(
    monkeypatch, typed, stored
):
    monkeypatch.setattr(sys, "argv", ["precompute", *typed.split()])
    assert command_line("embedded", "cpu") == f"python -m precompute {stored}"


def test_a_failed_job_speaks_of_its_own_study_alone(capsys):
    with pytest.raises(typer.Exit), one_line_errors():
        raise JobFailed("vae: it failed.")
    said = " ".join(capsys.readouterr().err.split())
    assert said == "vae: it failed. Nothing of this study was published."


def test_settings_that_depend_on_one_another_may_be_given_in_any_order():
    ratios = ["vit.mask_ratios=[0.5]", "vit.fill_ratios=[0.5]"]
    for given in (ratios, ratios[::-1]):
        chosen = choose_profile("embedded", "cpu", "", "", "", "", given).vit
        assert (chosen.mask_ratios, chosen.fill_ratios) == ((0.5,), (0.5,))


@pytest.mark.parametrize("command", ["check", "run"])
def test_without_network_every_missing_input_is_listed_before_any_work(command, tmp_path):
    result = precompute(
        command,
        *("--profile", "full", "--data", str(tmp_path)),
        env={"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "cache")},
    )
    assert result.returncode == 2
    for name in (
        "google/vit-base-patch16-224",
        "OxfordIIITPet",
        "ViT-B-32-quickgelu/openai",
        "STL10",
    ):
        assert name in result.stderr
    for size in ("346 MB", "811 MB", "605 MB", "2640 MB"):
        assert size in result.stderr
    assert "hf download google/vit-base-patch16-224" in result.stderr
    assert "HF_HOME" in result.stderr


def test_check_says_when_everything_is_here_and_what_the_run_will_take():
    result = precompute("check", "--profile", "embedded", "--device", "cpu")
    assert result.returncode == 0
    # 500 images, each whole thrice, under 168 masks, along 54 points of curves and without 16
    # choices of one region's patches; and the gallery's 24
    taken = r"(\d+ s|\d+\.\d h)"
    n_forward = (
        rf"vit: 120,524 images through the model, about {taken}; \d\.\d GB with batches of 8"
    )
    assert re.search(
        f"On CPU, from a few timed batches of each model:\\n  {n_forward}", result.stderr
    )
    # 10 epochs of 60,000 images, and 2 of 6,000 for 13 points of the sweep with two seeds each
    vae = "vae: 27 VAEs trained on 912,000 images in all, about "
    assert re.search(vae + taken, result.stderr)
    assert "clip: 10,000 images through the model, about" in result.stderr
    assert "Everything is here" in result.stderr
    assert "Next: .venv/bin/python -m precompute run --profile embedded" in result.stderr


def test_check_refuses_what_the_run_would_refuse(tmp_path):
    Image.new("RGB", (32, 32)).save(tmp_path / "one.png")
    (tmp_path / "vit").mkdir()
    (tmp_path / "vit" / "config.json").write_text("{}")
    chosen = ("--images", str(tmp_path), "--vit", str(tmp_path / "vit"), "--device", "cpu")
    result = precompute("check", *chosen, "--profile", "embedded")
    assert result.returncode == 2
    said = " ".join(result.stderr.split())
    assert "preprocessor_config.json is missing. Save the image processor with" in said
    assert "Everything is here" not in said


def test_check_counts_the_pictures_that_there_are(tmp_path):
    Image.new("RGB", (32, 32)).save(tmp_path / "one.png")
    chosen = ("--images", str(tmp_path), "--only", "vit", "--device", "cpu")
    result = precompute("check", *chosen, "--profile", "embedded")
    assert result.returncode == 0, result.stderr
    assert "(1 images)" in result.stderr
    assert "vit: 242 images through the model" in " ".join(result.stderr.split())


def test_the_time_of_a_run_on_all_images_counts_all_of_them():
    settings = load_profile("embedded").vit
    some = estimate_vit(replace(settings, n_images=10), 10_000, torch.device("cpu"))
    every = estimate_vit(replace(settings, n_images=0), 10_000, torch.device("cpu"))
    n_masks = (some.n_forward - 10) // 10  # the gallery holds all ten
    assert every.n_forward == 10_000 * n_masks + settings.n_gallery
