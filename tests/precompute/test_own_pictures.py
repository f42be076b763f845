"""A user's own pictures: one command, the claims that make sense, and what is said of the rest."""

import re

import numpy as np
import pytest
from PIL import Image

from precompute.clip import preflight as clip
from precompute.settings import load_profile
from precompute.vae import preflight as vae
from precompute.vit import preflight as vit
from store.reader import open_store
from store.schema.vit import labels
from store.verify import verify
from tests.support.stand_ins import Machine, break_jpeg, save_vit, write_photographs

EMBEDDED = load_profile("embedded")
OWN_CLIP = EMBEDDED.override("clip", model="local-dir:somewhere")


@pytest.fixture
def pictures(tmp_path):
    """A folder as a telephone leaves it: no sub-folders, one picture held upright, one broken."""
    folder = tmp_path / "pictures"
    write_photographs(folder, ("all",), per_class=5)
    for file in (folder / "all").iterdir():
        file.rename(folder / file.name)
    (folder / "all").rmdir()
    break_jpeg(folder / "3.jpg")
    exif = Image.Exif()
    exif[0x0112] = 6
    shades = np.linspace(0, 255, 80, dtype=np.uint8)[None].repeat(40, 0)
    Image.fromarray(shades).save(folder / "upright.jpg", exif=exif)
    return folder


def test_one_command_makes_a_report_of_the_claims_that_fit(pictures, tmp_path):
    machine = Machine(tmp_path)
    save_vit(tmp_path / "my-vit")
    outcome = machine.precompute(
        *("run", "--profile", "embedded", "--name", "mine", "--images", str(pictures)),
        *("--vit", str(tmp_path / "my-vit"), "--set", "vit.n_seeds=1", "--set", "vit.n_gallery=5"),
    )
    assert outcome.code == 0, outcome.output
    assert "vae: left out: it studies Fashion-MNIST, whatever the pictures." in outcome.output
    assert "clip: left out: the embedded CLIP knows ten garments" in outcome.output
    assert "my-vit on pictures (5 images, 1 skipped)" in outcome.output
    for claim in ("vit-outline", "vit-shape"):
        assert re.search(rf"{claim} +undecided +none +none +0 +none", outcome.output)
    folder = machine.reports / "mine"
    assert sorted(file.name for file in folder.glob("*.h5")) == ["vit.h5"]
    verify(folder / "vit.h5", "vit")
    with open_store(folder / "vit.h5", "vit") as store:
        assert [entry.name for entry in store.skipped] == ["3.jpg"]
        assert store.provenance.settings["images"] == "…/pictures"
        assert str(tmp_path) not in store.provenance.command  # a report says not whose machine
        names, pixels = list(store.read(labels.GALLERY_NAME)), store.read(labels.GALLERY_PIXELS)
    upright = pixels[names.index("upright.jpg")].astype(int)
    assert upright[-1].mean() - upright[0].mean() > 150  # left to right became top to bottom


def test_the_embedded_models_know_garments_only(pictures):
    profile = EMBEDDED.override("clip", images=str(pictures))
    assert not vit.unfit(profile.study("vit"))
    assert "Fashion-MNIST" in vae.unfit(profile.study("vae"))
    assert "garments" in clip.unfit(profile.study("clip"))
    assert "garments" in vit.warning(profile.study("vit"))


@pytest.mark.parametrize(
    ("classes", "fits"),
    [(("cat", "dog"), True), (("cat",), False), ((".",), False), (("cat", "dog", "."), True)],
)
def test_clip_needs_two_classes_and_leaves_a_stray_picture_out(tmp_path, classes, fits):
    for name in classes:
        (tmp_path / name).mkdir(exist_ok=True)
        Image.new("RGB", (8, 8)).save(tmp_path / name / "a.png")
    profile = OWN_CLIP.override("clip", images=str(tmp_path))
    assert (not clip.unfit(profile.study("clip"))) == fits
