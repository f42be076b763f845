"""Folders of pictures as people have them: read as they are meant, or named with a reason."""

import os

import numpy as np
import pytest
from PIL import Image

from precompute.data.foreign import quiet
from precompute.data.image_set import pictures_of
from precompute.data.object_masks import INTERIOR, MaskReader


def picture(path, seed, mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (24, 32, 3), np.uint8)
    Image.fromarray(pixels).convert(mode).save(path, "JPEG" if path.suffix == ".jfif" else None)


@pytest.fixture
def folder(tmp_path):
    for seed in range(6):
        picture(tmp_path / "mine" / ("cat" if seed < 3 else "dog") / f"{seed}.png", seed)
    return tmp_path / "mine"


def reasons(images):
    return {one.name: one.reason for one in images.skipped}


@pytest.mark.parametrize("system", [".ipynb_checkpoints", "@eaDir", ".Trash", "__MACOSX"])
def test_folders_of_the_systems_are_no_class(system, folder):
    picture(folder / system / "copy.png", 10)
    picture(folder / "cat" / system / "copy.png", 11)
    images = pictures_of(str(folder))
    assert images.class_names == ("cat", "dog")
    assert set(reasons(images)) == {f"{system}/copy.png", f"cat/{system}/copy.png"}


def test_one_stray_picture_does_not_cost_the_labels(folder):
    picture(folder / "cover.png", 10)
    images = pictures_of(str(folder))
    assert images.class_names == ("cat", "dog")
    assert "has no label" in reasons(images)["cover.png"]


def test_a_pipe_and_a_linked_folder_are_named_and_a_linked_file_is_read(folder, tmp_path):
    os.mkfifo(folder / "cat" / "pipe.png")
    picture(tmp_path / "elsewhere" / "9.png", 9)
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "dog" / "link.png").symlink_to(tmp_path / "elsewhere" / "9.png")
    images = pictures_of(str(folder))
    assert reasons(images) == {
        "cat/pipe.png": "is a pipe or a device, not a picture",
        "linked": "is a link to a folder",
    }
    assert "dog/link.png" in images.names


def test_a_file_under_two_classes_is_said_to_be(folder):
    (folder / "dog" / "again.png").write_bytes((folder / "cat" / "0.png").read_bytes())
    assert reasons(pictures_of(str(folder)))["dog/again.png"].endswith("of another class")


def test_jfif_is_read(tmp_path):
    picture(tmp_path / "mine" / "a.jfif", 0)
    assert pictures_of(str(tmp_path / "mine")).names == ("a.jfif",)


def test_twelve_bits_in_sixteen_are_named(folder):
    values = np.random.default_rng(0).integers(0, 4096, (24, 32), np.uint16)
    Image.fromarray(values).save(folder / "cat" / "deep.png")
    assert "12-bit data" in reasons(pictures_of(str(folder)))["cat/deep.png"]


def test_a_mask_of_0_and_1_has_an_object(tmp_path):
    mask = np.zeros((48, 64), np.uint8)
    mask[12:36, 16:48] = 1
    Image.fromarray(mask).save(tmp_path / "0.png")
    assert (MaskReader(tmp_path, ("0.jpg",)).regions(0) == INTERIOR).sum() > 300


def test_what_a_library_prints_does_not_reach_the_terminal(capfd):
    with quiet():
        os.write(2, b"a library's own noise")
    os.write(2, b"ours")
    assert capfd.readouterr().err == "ours"
