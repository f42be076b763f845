"""Which pictures the study trains on and which it holds out, and what it cannot be run on."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from precompute.errors import InputError
from precompute.job import JobContext
from precompute.report import is_current
from precompute.settings import load_profile
from precompute.vae import job
from precompute.vae.job import training_run_key
from precompute.vae.training.images import open_images, open_parts, refuse_unfit
from store.writer import publish
from tests.support.made_up_stores import make_contents
from tests.support.stand_ins import write_stl10

SETTINGS = replace(
    load_profile("embedded").study("vae"),
    latent_dim=2,
    sweep_latent_dims=(2,),
    n_neighbours=3,
    seed=5,
)
CPU = torch.device("cpu")


def write_pictures(folder, n, size=(8, 8)):
    """Grey pictures, each of one shade of its own, in two classes."""
    for number in range(n):
        place = folder / f"class{number % 2}"
        place.mkdir(parents=True, exist_ok=True)
        Image.new("L", size, 2 * number).save(place / f"{number}.png")
    return replace(SETTINGS, images=str(folder))


def test_no_picture_of_a_folder_is_both_trained_on_and_held_out(tmp_path):
    settings = write_pictures(tmp_path, 40)
    train, held_out = open_parts(settings, tmp_path)
    assert (len(train), len(held_out)) == (32, 8)
    assert not set(train.names) & set(held_out.names)
    images = open_images(settings, tmp_path, CPU)
    shades = torch.cat([images.train[:, 0], images.held_out[:, 0]])
    assert len(shades.unique()) == 40
    others = open_parts(replace(settings, seed=6), tmp_path)[1]
    assert others.names != held_out.names
    assert others.digest != held_out.digest


def test_sets_that_come_in_parts_keep_them():
    train, held_out = open_parts(SETTINGS, Path())
    assert (train.name, held_out.name) == ("FashionMNIST train", "FashionMNIST test")


@pytest.mark.parametrize(
    ("n", "size", "says"),
    [(40, (9, 4), "9 by 4 pixels, the VAE study needs square"), (2, (8, 8), "too few pictures")],
)
def test_pictures_that_do_not_fit_are_refused_in_one_line(tmp_path, n, size, says):
    with pytest.raises(InputError, match=says):
        open_images(write_pictures(tmp_path, n, size), tmp_path, CPU)


def test_pictures_with_as_many_pixels_in_another_shape_are_refused(tmp_path):
    settings = write_pictures(tmp_path, 40)
    for file in list(tmp_path.rglob("*.png"))[:20]:
        Image.new("L", (16, 4)).save(file)
    with pytest.raises(InputError, match="differ in size"):
        open_images(settings, tmp_path, CPU)


@pytest.mark.parametrize(
    ("settings", "train", "held_out", "says"),
    [
        ({}, (40, 64), (20, 81), "pictures of one size"),
        ({}, (40, 36), (20, 36), "at least 7 pixels a side, these have 6"),
        ({"sweep_architectures": ("mlp", "convolutional")}, (40, 81), (20, 81), "halved twice"),
        ({"sweep_latent_dims": (2, 50)}, (40, 64), (20, 64), r"as latents \(50\), for the PCA"),
        ({"n_neighbours": 20}, (40, 64), (20, 64), "n_test and sweep_test leave 20"),
        ({"n_neighbours": 10, "sweep_test": 9}, (40, 64), (20, 64), "leave 9"),
    ],
)
def test_settings_that_the_images_cannot_serve_are_refused_before_training(
    settings, train, held_out, says
):
    refuse_unfit(SETTINGS, (40, 64), (20, 64))
    with pytest.raises(InputError, match=says):
        refuse_unfit(replace(SETTINGS, **settings), train, held_out)


def inspected(data, settings):
    context = JobContext(data / "report", "full", "a test", CPU, data)
    return job.inspect(settings, context)


def test_other_training_images_make_another_run(tmp_path):
    """The held-out images are the same: they alone cannot tell a finished run."""
    settings = replace(SETTINGS, images="STL10")
    path = tmp_path / "report" / "vae.h5"
    write_stl10(tmp_path, n_train=2, n_test=1)
    first = inspected(tmp_path, settings)
    made = make_contents("vae")
    provenance = replace(
        made.provenance,
        settings=asdict(settings),
        dataset_digest=first.images.digest,
        model_revision=first.model.revision,
    )
    publish(path, replace(made, provenance=provenance))
    assert is_current(path, "vae", asdict(settings), first)
    pixels = tmp_path / "stl10_binary" / "train_X.bin"
    pixels.write_bytes(bytes(255 - value for value in pixels.read_bytes()))
    second = inspected(tmp_path, settings)
    assert second.images.digest == first.images.digest
    assert not is_current(path, "vae", asdict(settings), second)
    assert training_run_key(settings, second, CPU) != training_run_key(settings, first, CPU)


def test_trainings_of_two_kinds_of_device_are_never_mixed():
    inputs = inspected(Path(), SETTINGS)
    keys = [training_run_key(SETTINGS, inputs, torch.device(kind)) for kind in ("cpu", "cuda")]
    assert keys[0] != keys[1]
