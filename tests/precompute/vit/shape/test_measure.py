"""Versions through a model, and the claim on models that are known to go by shape or by texture."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from precompute.compute.batches import BatchRunner
from precompute.data.image_set import ImageSet
from precompute.errors import InputError
from precompute.vit.model.inference import Probe
from precompute.vit.shape import measure
from precompute.vit.shape.claim import shape_claim
from precompute.vit.shape.measure import NOT_RUN, OTHER, OWN, predict_versions, reduced
from precompute.vit.shape.summary import shape_arrays
from store.schema.vit import names, shape

SIDE, N_IMAGES = 32, 40
SETTINGS = SimpleNamespace(seed=0, n_bootstrap=200)
WIDE, TALL, NEITHER = 0, 1, 2
ROWS = np.arange(100, 100 + N_IMAGES)


def stripes(rng):
    """Bright stripes of two pixels, up and down or across, and which way they run."""
    way = int(rng.integers(2))
    along = np.indices((SIDE, SIDE))[1 - way] // 2 % 2
    return np.where(along, 240, 120).astype(np.uint8), way


def scene(row):
    """A wide or a tall object with stripes on black, its mask, its shape and its texture."""
    rng = np.random.default_rng(row)
    form = int(rng.integers(2))
    size = (10, 22) if form == WIDE else (22, 10)
    top, left = (rng.integers(1, SIDE - length) for length in size)
    mask = np.zeros((SIDE, SIDE), bool)
    mask[top : top + size[0], left : left + size[1]] = True
    pattern, way = stripes(rng)
    return np.where(mask, pattern, 0).astype(np.uint8), mask, form, way


def by_shape(pixel_values):
    """Say whether what is not black is wide or tall."""
    lit = pixel_values[:, 0] > 40
    height, width = (lit.any(dim=axis).sum(dim=1) for axis in (2, 1))
    return torch.stack([width > 1.3 * height, height > 1.3 * width, torch.ones_like(height)], 1)


def by_texture(pixel_values):
    """Say which way stripes run, where there are many."""
    across, down = (
        (pixel_values[:, 0].diff(dim=axis).abs() > 60).sum(dim=(1, 2)) for axis in (2, 1)
    )
    lit = (pixel_values[:, 0] > 40).sum(dim=(1, 2))
    return torch.stack(
        [
            (across > 1.5 * down) & (across > 0.3 * lit),
            (down > 1.5 * across) & (down > 0.3 * lit),
            torch.ones_like(lit),
        ],
        1,
    )


@pytest.fixture
def probe_of(monkeypatch):
    """A function that gives a probe of the scenes through a model that is known."""

    def open_probe(model, masks=None):
        def scores(readout):  # the first of the three that is true
            first = readout.to(torch.float32) * torch.tensor([3.0, 2.0, 1.0])
            return first.softmax(dim=-1)

        preprocessor = SimpleNamespace(
            prepare=lambda picture: torch.from_numpy(np.asarray(picture)[None].astype(np.float32)),
            pixels=lambda prepared: prepared.movedim(-3, -1).to(torch.uint8).numpy(),
            prepared=lambda pixels: torch.from_numpy(pixels).movedim(-1, -3).float(),
            region_map=lambda regions: regions,
        )
        classifier = SimpleNamespace(
            preprocessor=preprocessor,
            patch_size_px=(4, 4),
            device=torch.device("cpu"),
            network=model,
            scores=scores,
        )
        images = ImageSet(
            name="scenes",
            digest="0" * 64,
            names=tuple(f"{row}.png" for row in range(N_IMAGES)),
            labels=np.full(N_IMAGES, -1),
            class_names=(),
            read=lambda row: Image.fromarray(scene(row)[0]),
            on_object=masks or (lambda row: scene(row)[1]),
        )
        return Probe(classifier, images, BatchRunner(64))

    monkeypatch.setattr(measure, "forward_readout", lambda model, values, _: model(values))
    return open_probe


def judged(probe, truth):
    """What is measured of a model that names this part of each scene, and the claim on it."""
    measured = predict_versions(probe, range(N_IMAGES), ROWS, 2, seed=0)
    own = np.array([scene(row)[truth] for row in range(N_IMAGES)])
    arrays, evidence = shape_arrays(own, np.full(N_IMAGES, -1), measured, SETTINGS)
    return dict(zip(names.VERSIONS, arrays[shape.VERSION_SURVIVAL][:, 0], strict=True)), (
        shape_claim(evidence)
    )


def test_a_model_of_outlines_keeps_its_label_by_shape_and_loses_it_by_texture(probe_of):
    survival, claim = judged(probe_of(by_shape), truth=2)
    for name in (names.SILHOUETTE, names.EDGES, names.SHUFFLED_FINE, names.SHUFFLED_COARSE):
        assert survival[name] == 1, name
    assert survival[names.TEXTURE_FINE] == survival[names.TEXTURE_COARSE] == 0
    assert survival[names.BACKGROUND_REMOVED] == 1
    assert claim.verdict == "supported"
    assert "shape alone is enough for most pictures, and texture alone is not" in claim.finding


def test_a_model_of_textures_keeps_its_label_by_texture_and_loses_it_by_shape(probe_of):
    survival, claim = judged(probe_of(by_texture), truth=3)
    assert survival[names.TEXTURE_COARSE] > 0.9
    assert survival[names.SILHOUETTE] == 0
    assert survival[names.EDGES] < 0.4  # the blur leaves a trace of the stripes
    assert claim.verdict == "refuted"
    assert "shape alone is not enough for most pictures" in claim.finding


def test_the_control_is_made_with_another_mask_of_equal_area(probe_of, monkeypatch):
    probe, made = probe_of(by_shape), []
    row = measure.VERSION_ROWS[names.SILHOUETTE]
    spied = SimpleNamespace(
        make=lambda pixels, mask, *more: made.append(mask) or row.make(pixels, mask, *more)
    )
    monkeypatch.setattr(measure, "VERSION_ROWS", {**measure.VERSION_ROWS, names.SILHOUETTE: spied})
    predict_versions(probe, range(6), ROWS, 0, seed=0)
    for at, (own, other) in enumerate(zip(made[::2], made[1::2], strict=True)):
        np.testing.assert_array_equal(own, scene(at)[1])
        assert own.sum() == other.sum()
        assert (own != other).any()


def test_draws_follow_the_image_and_the_version_alone(probe_of):
    probe = probe_of(by_texture)
    whole = predict_versions(probe, range(8), ROWS, 8, seed=0)
    part = predict_versions(probe, range(5, 8), ROWS, 8, seed=0)
    np.testing.assert_array_equal(part["predicted"], whole["predicted"][5:])
    np.testing.assert_array_equal(part["pixels"], whole["pixels"][5:])
    other_seed = predict_versions(probe, range(8), ROWS, 8, seed=1)["pixels"]
    differs = (other_seed != whole["pixels"]).any(axis=(0, 2, 3, 4))
    at_random = (names.SHUFFLED_FINE, names.SHUFFLED_COARSE, names.TEXTURE_FINE)
    at_random += (names.TEXTURE_COARSE,)
    assert {name for name, is_other in zip(names.VERSIONS, differs, strict=True) if is_other} == (
        set(at_random)
    )


def test_a_version_that_changes_nothing_and_one_that_leaves_nothing_are_known(probe_of):
    measured = predict_versions(probe_of(by_shape), range(5), ROWS, 0, seed=0)
    changed = dict(zip(names.VERSIONS, measured["changed"].mean(axis=0), strict=True))
    flat = dict(zip(names.VERSIONS, measured["flat"].mean(axis=0), strict=True))
    assert changed.pop(names.BACKGROUND_REMOVED) == 0  # it is black already
    assert set(changed.values()) == {1}
    assert flat.pop(names.OBJECT_REMOVED) == 1
    assert set(flat.values()) == {0}


def test_an_object_without_room_is_left_out_and_no_ones_control(probe_of):
    def masks(row):
        return np.full((SIDE, SIDE), row == 1) if row < 2 else scene(row)[1]

    measured = predict_versions(probe_of(by_shape, masks), range(4), ROWS, 4, seed=0)
    assert (measured["predicted"][:2] == NOT_RUN).all()
    assert (measured["predicted"][2:] != NOT_RUN).all()
    arrays, evidence = shape_arrays(np.zeros(4), np.full(4, -1), measured, SETTINGS)
    assert arrays[shape.SHAPE_IMAGE].tolist() == [2, 3]
    assert arrays[shape.EXAMPLE_IMAGE].tolist() == [2, 3]
    assert (evidence.n_images, evidence.n_left_out) == (2, 2)
    assert "2 images are left out." in shape_claim(evidence).finding


def test_a_mask_of_another_size_is_named(probe_of):
    probe = probe_of(by_shape, lambda row: np.ones((5, 5), bool))
    with pytest.raises(InputError, match=r"0\.png: its object mask is \(5, 5\)"):
        predict_versions(probe, range(2), ROWS, 0, seed=0)


def test_own_and_other_are_the_two_masks_of_the_last_axis(probe_of):
    assert (OWN, OTHER) == (0, 1)
    measured = predict_versions(probe_of(by_shape), range(N_IMAGES), ROWS, 0, seed=0)
    forms = np.array([scene(row)[2] for row in range(N_IMAGES)])
    assert measured["predicted"].shape == (N_IMAGES, len(names.VERSIONS), 2)
    silhouettes = measured["predicted"][:, names.VERSIONS.index(names.SILHOUETTE)]
    assert (silhouettes[:, OWN] == forms).all()
    assert 0.2 < (silhouettes[:, OTHER] == forms).mean() < 0.8  # another object is as often tall


@pytest.mark.parametrize(("side", "reduced_to"), [(28, 28), (112, 112), (224, 112), (300, 100)])
def test_examples_are_reduced_by_a_whole_factor(side, reduced_to):
    assert reduced(np.zeros((2, side, side, 3), np.uint8)).shape == (2, reduced_to, reduced_to, 3)
    bright = np.zeros((1, 224, 224, 1), np.uint8)
    bright[:, ::2] = 200
    assert set(np.unique(reduced(bright))) == {100}
