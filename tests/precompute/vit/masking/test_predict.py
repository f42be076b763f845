import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from precompute.compute.batches import BatchRunner
from precompute.data.image_set import ImageSet
from precompute.errors import InputError
from precompute.settings import load_profile
from precompute.vit.faithfulness.measure import predict_curves
from precompute.vit.masking.fills import FillSource, fill_pixels, show_fills
from precompute.vit.masking.predict import (
    NOT_RUN,
    MaskPlan,
    load_batch,
    merge_ratios,
    predict_masked,
)
from precompute.vit.model.checkpoint import find_model
from precompute.vit.model.classifier import load_classifier
from precompute.vit.model.forward import forward_readout
from precompute.vit.model.inference import Probe, predict_rows
from precompute.vit.model.token_drop import can_shorten, dropped_readout
from precompute.vit.outline.measure import predict_region_drop, region_masks
from store.schema.vit.names import DROPPED, TOKEN_DROP
from tests.support.vit_families import FAMILIES, pictures, save_random

ARMS = ("centre_block", "random_block", "scattered", "most_attended")
FILLS = ("black", "grey", "mean", "blur", "other_image", TOKEN_DROP)
CHOSEN = {
    "arms": ARMS,
    "fills": FILLS,
    "mask_ratios": (0.1, 0.4),
    "n_seeds": 2,
    "fill_arms": ("centre_block", "scattered"),
    "fill_ratios": (0.4,),
    "n_fill_seeds": 1,
}
COUNTS, ROWS = (2, 7), range(2, 6)
PARTNER = 3  # rows away: half of all images


@pytest.fixture(scope="module")
def lens(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vit")
    save_random(FAMILIES["ViT"], folder)
    pixels = np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), np.uint8)
    images = ImageSet(
        name="noise",
        digest="0" * 64,
        names=tuple(f"{row}.png" for row in range(6)),
        labels=np.zeros(6, np.int64),
        class_names=("noise",),
        read=lambda row: Image.fromarray(pixels[row]),
        skipped=(),
    )
    classifier = load_classifier(find_model(str(folder)), torch.device("cpu"))
    return Probe(classifier, images, BatchRunner(5))


@pytest.fixture(scope="module")
def plan():
    settings = load_profile("embedded").override("vit", **CHOSEN).study("vit")
    return MaskPlan(settings, np.array(COUNTS, np.int32), np.arange(6))


@pytest.fixture(scope="module")
def masked(lens, plan):
    """Whole images, their rankings, and what masking found."""
    predictions = predict_rows(lens, ROWS)
    whole = load_batch(lens, ROWS, predictions["predicted"], predictions["mean_pixel"].mean(axis=0))
    rankings = plan.rankings(ROWS, predictions["cls_map"])
    return predictions, whole, rankings, predict_masked(lens, plan, rankings, whole, n_gallery=2)


def test_every_cell_of_the_design_is_what_the_model_says_of_that_masked_picture(lens, plan, masked):
    result, _, rankings, results = masked
    assert results["predicted"].shape == (4, 2, len(ARMS), 2, len(FILLS))
    for image, *cell in np.ndindex(results["predicted"].shape):
        if not plan.cells()[*cell]:
            continue
        seed, arm, ratio, fill = cell
        hidden = rankings[image, seed, arm] < COUNTS[ratio]
        probability = said_by_hand(lens, ROWS[image], hidden, FILLS[fill], result).softmax(-1)
        assert results["predicted"][image, *cell] == int(probability.argmax())
        own = float(probability[result["predicted"][image]])
        assert abs(results["probability"][image, *cell] - own) < 1e-3


def test_cells_outside_the_design_are_marked_and_never_zero(plan, masked):
    result, run = masked[3], plan.cells()
    assert 0 < run.mean() < 1
    assert (result["predicted"][:, ~run] == NOT_RUN).all()
    assert np.isnan(result["probability"][:, ~run]).all()
    assert np.isnan(result["gallery_top_probability"][:, ~run[0]]).all()


def test_dropped_tokens_are_run_everywhere_and_fills_where_the_settings_say(plan):
    run = plan.cells()  # seed, arm, ratio, fill
    drop = FILLS.index(TOKEN_DROP)
    assert run[0, ..., drop].all()
    result = [arm in ("random_block", "scattered") for arm in ARMS]
    assert (result == run[1, ..., drop].T).all()  # arms fixed but for ties have one seed
    filled = run[..., :drop]
    assert filled[0][np.ix_([0, 2], [1])].all()
    assert filled.sum() == 2 * drop


def test_ratios_that_a_small_grid_cannot_tell_apart_are_merged_with_their_fills():
    ratios = {"mask_ratios": (0.005, 0.02, 0.05, 0.1), "fill_ratios": (0.02, 0.1)}
    settings = load_profile("full").override("vit", **ratios).study("vit")
    merged = merge_ratios(settings, 49)
    assert (merged.mask_ratios, merged.fill_ratios) == ((0.005, 0.05, 0.1), (0.005, 0.1))
    assert merge_ratios(settings, 196) == settings
    with pytest.raises(InputError, match=r"\[vit\] mask_ratios .* must leave at least one"):
        merge_ratios(settings, 1)


def test_the_gallery_holds_the_first_seed_of_the_first_rows(plan, masked):
    _, _, rankings, result = masked
    run = plan.cells()[0]
    np.testing.assert_array_equal(
        result["gallery_top_index"][:, run, 0], result["predicted"][:2, 0][:, run].astype(int)
    )
    np.testing.assert_array_equal(result["gallery_ranking"], rankings[:2, 0])


def said_by_hand(lens, row, hidden, fill, result):
    """Mask by hand: draw on the picture itself, or hide the tokens' keys."""
    classifier = lens.classifier
    picture = np.asarray(lens.images.read(row)).astype(np.float64)
    if fill == TOKEN_DROP:
        keep = torch.from_numpy(np.concatenate([[True], ~hidden.ravel()]))[None]
        return forward_readout(classifier.network, lens.prepare([row]), keep)[0]
    stored = {
        "black": lambda: np.zeros_like(picture),
        "grey": lambda: np.full_like(picture, 127.5),
        "mean": lambda: np.broadcast_to(
            (result["mean_pixel"].mean(axis=0) * 0.5 + 0.5) * 255, picture.shape
        ),
        "blur": lambda: ndimage.gaussian_filter(picture, (8, 8, 0), mode="nearest", truncate=3.0),
        "other_image": lambda: np.asarray(lens.images.read((row + PARTNER) % 6)).astype(np.float64),
    }[fill]()
    where = np.kron(hidden, np.ones((8, 8), bool))[..., None]
    results = np.where(where, stored, picture)
    values = torch.from_numpy((results / 255 - 0.5) / 0.5).float().movedim(-1, 0)[None]
    return forward_readout(classifier.network, values, None)[0]


def test_what_a_fill_shows_is_kept_in_pixels(lens, masked):
    result = show_fills(lens.classifier, masked[1].source.first(2), FILLS)
    assert result.shape == (2, len(FILLS), 32, 32, 3)
    assert set(np.unique(result[:, 0])) == set(np.unique(result[:, -1])) == {0}
    partner = lens.images.read((ROWS[1] + PARTNER) % 6)
    np.testing.assert_array_equal(result[1, 4], np.asarray(partner))


def test_a_fill_without_pixels_is_refused(lens):
    source = FillSource(torch.zeros(1, 3, 32, 32), torch.zeros(1, 3, 32, 32), torch.zeros(3, 1, 1))
    with pytest.raises(ValueError, match="'token_drop' has no pixels"):
        fill_pixels(lens.classifier, source, TOKEN_DROP)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_dropped_patch_has_no_say_and_equals_a_hidden_key(family, tmp_path):
    made = FAMILIES[family]
    save_random(made, tmp_path)
    classifier = load_classifier(find_model(str(tmp_path)), torch.device("cpu"))
    shortens = can_shorten(classifier)
    assert shortens == (family != "BEiT")  # whose layers add a bias for every pair of places
    images = pictures(3, size=made.size)
    hidden = torch.zeros(3, *classifier.grid, dtype=torch.bool)
    hidden.flatten(1).scatter_(1, torch.tensor([[1, 4, 9], [0, 2, 14], [3, 5, 7]]), True)
    dropped = dropped_readout(classifier, images, hidden, shortens)
    pixels = hidden.repeat_interleave(8, 1).repeat_interleave(8, 2)[:, None]
    others = torch.where(pixels, pictures(3, seed=1, size=made.size), images)
    torch.testing.assert_close(
        dropped_readout(classifier, others, hidden, shortens), dropped, atol=2e-5, rtol=1e-5
    )
    whole = forward_readout(classifier.network, images, None)
    assert float((dropped - whole).abs().max()) > 0.01
    masked = dropped_readout(classifier, images, hidden, False)
    averages_patches = family == "DINOv2 with a classifier"  # the masked ones too
    agrees = torch.allclose(dropped, masked, atol=2e-5, rtol=1e-5)
    assert agrees != averages_patches


def test_running_out_of_memory_says_nothing_about_shortening(lens, monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("precompute.vit.model.token_drop.read_attention", full)
    with pytest.raises(torch.OutOfMemoryError):
        can_shorten(lens.classifier)


def test_deletion_by_a_map_is_masking_by_its_order(lens, masked):
    result, whole, _, results = masked
    curves = predict_curves(lens, whole, {"attention": result["cls_map"]}, np.array(COUNTS))
    assert curves.shape == (4, 1, 2, 2)
    arm, drop = ARMS.index("most_attended"), FILLS.index(TOKEN_DROP)
    np.testing.assert_allclose(
        curves[:, 0, 0].astype(float), results["probability"][:, 0, arm, :, drop], atol=1e-3
    )


def test_regions_lose_equally_many_patches_of_their_own():
    shares = np.zeros((4, 4, 3))
    owner = np.array([[0, 0, 0, 2], [0, 1, 1, 2], [0, 1, 1, 2], [2, 2, 2, 2]])
    np.put_along_axis(shares, owner[..., None], 1.0, axis=-1)
    masks = region_masks(shares, 3, np.random.default_rng(0))
    assert masks.shape == (3, len(DROPPED), 4, 4)
    assert (masks.sum(axis=(2, 3)) == 4).all()
    for region in range(3):
        assert (owner[masks[:, region].any(axis=0)] == region).all()
    assert (masks[0, 2] != masks[1:, 2]).any()  # four of seven, drawn anew


def test_a_patch_that_two_regions_cover_alike_belongs_to_none():
    shares = np.zeros((2, 4, 3))
    shares[0, :2, 0] = shares[0, 2:, 1] = shares[1, :2, 2] = 1
    shares[1, 2:] = [0.5, 0.5, 0]
    masks = region_masks(shares, 20, np.random.default_rng(0))
    assert (masks[:, 0].sum(axis=(1, 2)) == 2).all()
    assert not masks[:, :3, 1, 2:].any()


def test_an_image_of_two_regions_drops_nothing(lens, masked):
    result, whole, *_ = masked
    shares = np.zeros((4, 4, 4, 3))
    shares[..., :2, 0], shares[..., 2:, 1] = 1, 1
    shares[0, 0, 0] = [0, 0, 1]
    predictions = predict_region_drop(lens, whole, shares, np.arange(4), n_draws=2, seed=0)
    assert predictions["n_dropped"].tolist() == [1, 0, 0, 0]
    own = np.broadcast_to(result["predicted"][1:, None, None], (3, 2, len(DROPPED)))
    np.testing.assert_array_equal(predictions["region_predicted"][1:], own)
