"""What a report keeps of settings and commands, and what it says of one without stores."""

import sys

import pytest

from precompute import report
from precompute.errors import InputError
from precompute.publishing import command_line, public, public_settings


@pytest.mark.parametrize(
    ("given", "result"),
    [
        ("/home/ada/cats", "…/cats"),
        ("/home/ada lovelace/cats/", "…/cats/"),
        ("~/cats", "…/cats"),
        ("file:///home/ada/cats", "…/cats"),
        ("local-dir:/home/ada/clip", "local-dir:…/clip"),
        ("vit.images='/home/ada/cats'", "vit.images='…/cats'"),
        ("./data/dinov2-small", "./data/dinov2-small"),
        ("google/vit-base-patch16-224", "google/vit-base-patch16-224"),
        ("https://example.org/some/cats.tar", "https://example.org/some/cats.tar"),
    ],
)
def test_a_report_keeps_no_folder_above_the_one_that_was_read(given, result):
    assert public(given) == result
    assert public_settings({"images": given, "seed": 0}) == {"images": result, "seed": 0}


def test_a_report_without_stores_says_so(tmp_path):
    with pytest.raises(InputError, match="holds no store"):
        report.resummarise(tmp_path / "misspelled")
    assert not list(tmp_path.iterdir())


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
