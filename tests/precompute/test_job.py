"""The key of a run: what it changes with."""

from types import SimpleNamespace

import pytest

from precompute import job
from precompute.job import public, public_settings
from precompute.settings import load_profile


def key_of(images="images", model="model", **changed):
    inputs = SimpleNamespace(
        images=SimpleNamespace(digest=images), model=SimpleNamespace(digest=model)
    )
    return job.run_key(load_profile("embedded").override("vit", **changed).vit, inputs)


def test_the_key_changes_with_settings_images_model_and_code(monkeypatch):
    keys = [key_of(), key_of(seed=1), key_of(images="others"), key_of(model="another")]
    assert key_of() == keys[0]
    monkeypatch.setattr(job, "code_digest", lambda: "another line")
    assert len({*keys, key_of()}) == 5


def test_any_line_or_name_of_the_code_changes_its_digest(tmp_path):
    (tmp_path / "vit").mkdir()
    file = tmp_path / "vit" / "predict.py"
    file.write_text("halved = False\n")
    digests = [job.code_digest(tmp_path)]
    file.write_text("halved = True\n")
    digests.append(job.code_digest(tmp_path))
    file.rename(tmp_path / "vit" / "masking.py")
    digests.append(job.code_digest(tmp_path))
    assert len(set(digests)) == 3
    (tmp_path / "notes.md").write_text("no code")
    assert job.code_digest(tmp_path) == digests[-1]


@pytest.mark.parametrize(
    ("given", "kept"),
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
def test_a_report_keeps_no_folder_above_the_one_that_was_read(given, kept):
    assert public(given) == kept
    assert public_settings({"images": given, "seed": 0}) == {"images": kept, "seed": 0}
