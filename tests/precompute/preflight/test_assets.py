"""`stage` where hub and mirrors are folders, and its copy on a machine without network."""

import hashlib
import shutil
from pathlib import Path

import huggingface_hub
import pytest
from torchvision import datasets
from typer.testing import CliRunner

from precompute.__main__ import app
from precompute.errors import InputError
from precompute.preflight import assets
from precompute.preflight.assets import SUMS, check_sums, refuse_damaged_blobs
from tests.support.stand_ins import FULL, REVISION, Machine, save_vit, write_pets, write_stl10

VIT = FULL["vit"]["model"]


@pytest.fixture
def mirrors(tmp_path, monkeypatch):
    """In place of the network: what the libraries would have fetched, in their own layouts."""
    source = tmp_path / "vit-on-the-hub"
    save_vit(source)

    def snapshot_download(repository, cache_dir, allow_patterns):
        model = cache_dir / f"models--{repository.replace('/', '--')}"
        snapshot = model / "snapshots" / REVISION
        snapshot.mkdir(parents=True)
        (model / "blobs").mkdir()
        (model / "refs").mkdir()
        (model / "refs" / "main").write_text(REVISION)
        if repository != VIT:  # CLIP's weights: here in name only
            (source / "open_clip_model.safetensors").write_bytes(b"weights")
        for file in source.iterdir():
            blob = model / "blobs" / hashlib.sha256(file.read_bytes()).hexdigest()
            shutil.copyfile(file, blob)
            (snapshot / file.name).symlink_to(f"../../blobs/{blob.name}")

    def stl10(self, root, download):
        write_stl10(Path(root), 2, 2)

    def pets(self, root, download):
        write_pets(Path(root), 3)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    monkeypatch.setattr(datasets.STL10, "__init__", stl10)
    monkeypatch.setattr(datasets.OxfordIIITPet, "__init__", pets)
    monkeypatch.setattr(assets, "_reachable", lambda host: True)


def stage(folder):
    result = CliRunner().invoke(app, ["stage", str(folder)], env={"COLUMNS": "200"})
    return result.exit_code, result.output


def test_the_copied_folder_is_all_that_the_other_machine_needs(mirrors, tmp_path):
    code, results = stage(tmp_path / "staged")
    assert code == 0, results
    machine = Machine(tmp_path / "gpu-box")
    shutil.copytree(tmp_path / "staged", machine.root, symlinks=True)
    checked = machine.precompute("check", "--profile", "full", "--only", "vit,vae")
    assert checked.code == 0, checked.output
    assert "Everything is here" in checked.output
    clip = machine.precompute("check", "--profile", "full", "--only", "clip")
    assert "here    clip  ViT-B-32-quickgelu/openai" in clip.output
    assert "open_clip cannot load it" in clip.output  # the mirror's weights are one word
    assert checked.sockets == clip.sockets == []


def test_staging_again_fetches_nothing_and_compares_every_digest(mirrors, tmp_path, monkeypatch):
    staged = tmp_path / "staged"
    assert stage(staged)[0] == 0
    monkeypatch.setattr(assets, "_reachable", lambda host: pytest.fail("asked for network"))
    code, results = stage(staged)
    n_files = len((staged / SUMS).read_text().splitlines())
    assert code == 0, results
    assert f"{n_files} files, {n_files} of them as SHA256SUMS has them" in results
    assert (
        f"HF_HOME={staged}/hf HF_HUB_OFFLINE=1 make precompute PROFILE=full DATA={staged}/data"
        in results
    )


def test_a_file_that_changed_on_the_way_is_named(mirrors, tmp_path):
    staged = tmp_path / "staged"
    assert stage(staged)[0] == 0
    file = staged / "data" / "stl10_binary" / "test_X.bin"
    file.write_bytes(b"\1" + file.read_bytes()[1:])
    code, results = stage(staged)
    assert code == 2
    assert "test_X.bin: does not match its sha256. Copy it again" in results
    file.unlink()
    assert "test_X.bin: is missing" in stage(staged)[1]


def test_a_download_that_is_not_what_the_hub_has_is_refused(tmp_path):
    blobs = tmp_path / "models--a--b" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / hashlib.sha256(b"weights").hexdigest()).write_bytes(b"weights")
    git = hashlib.sha1(b"blob 2\0{}").hexdigest()
    (blobs / git).write_bytes(b"{}")
    refuse_damaged_blobs(tmp_path)
    (blobs / git).write_bytes(b"[]")
    with pytest.raises(InputError, match=f"{git}: its content is not what the hub has"):
        refuse_damaged_blobs(tmp_path)


def test_sums_cannot_point_out_of_the_folder(tmp_path):
    (tmp_path / SUMS).write_text("0" * 64 + "  ../../etc/passwd\n")
    with pytest.raises(InputError, match="lies outside the folder"):
        check_sums(tmp_path)


def test_a_profile_that_needs_nothing_makes_a_folder_with_an_empty_list(tmp_path):
    answer = CliRunner().invoke(app, ["stage", str(tmp_path / "staged"), "--profile", "embedded"])
    assert answer.exit_code == 0, answer.output
    assert (tmp_path / "staged" / SUMS).read_text() == ""


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    answer = CliRunner().invoke(
        app, ["stage", str(tmp_path / "file" / "staged"), "--profile", "embedded"]
    )
    assert answer.exit_code == 2
    assert "cannot be written (Not a directory)" in " ".join(answer.output.split())
