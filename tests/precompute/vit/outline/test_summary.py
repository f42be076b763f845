"""The outline's verdict on planted maps, on grids large and small."""

from types import SimpleNamespace

import numpy as np
import pytest

from precompute.data.object_masks import region_shares
from precompute.vit.outline.claim import outline_claim
from precompute.vit.outline.measure import shift_contrasts, shift_p_value
from precompute.vit.outline.summary import outline_arrays, shift_level
from store.schema.vit import names, outline
from store.schema.vit.names import DROPPED

N_IMAGES = 60
SETTINGS = SimpleNamespace(seed=0, n_bootstrap=200)


def ring(side):
    """A square of outline with one patch of interior in it."""
    regions = np.full((side, side), 2, np.uint8)
    regions[:3, :3], regions[1, 1] = 0, 1
    return region_shares(regions, (0, 1, 2), side, side)


def judged(side, on_outline, edges_on_outline=0.0):
    """The arrays and the claim where each image's attention prefers its own outline so much.

    edges_on_outline: how much the picture's own edges do.
    """
    rng = np.random.default_rng(0)
    shares = np.stack(
        [np.roll(ring(side), rng.integers(side, size=2), (0, 1)) for _ in range(N_IMAGES)]
    )
    noise = 1 + 0.1 * rng.random((N_IMAGES, side, side))
    predictions = {
        "cls_map": noise + on_outline * shares[..., 0],
        "untrained_map": 1 + 0.1 * rng.random((N_IMAGES, side, side)),
        "edge_map": 1
        + 0.1 * rng.random((N_IMAGES, side, side))
        + edges_on_outline * shares[..., 0],
        "head_maps": noise[:, None, None],
        "region_share": shares,
        "predicted": np.zeros(N_IMAGES, int),
    }
    dropped = {
        "n_dropped": np.ones(N_IMAGES, int),
        "region_predicted": np.zeros((N_IMAGES, 1, len(DROPPED)), int),
        "region_probability": np.ones((N_IMAGES, 1, len(DROPPED))),
    }
    arrays, evidence = outline_arrays(predictions, dropped, SETTINGS)
    return arrays, outline_claim(evidence)


def test_attention_on_the_outline_is_found_on_a_large_grid_and_on_a_small_one():
    arrays, claim = judged(8, on_outline=5)
    assert claim.verdict == "supported"
    assert arrays[outline.BEYOND_SHIFTS][0] == 1
    arrays, claim = judged(4, on_outline=5)
    assert claim.verdict == "supported"  # though no p value on it can be 0.05
    assert np.isnan(arrays[outline.BEYOND_SHIFTS]).all()


def test_attention_that_avoids_the_outline_is_refuted_on_both():
    assert judged(8, on_outline=-0.9)[1].verdict == "refuted"
    assert judged(4, on_outline=-0.9)[1].verdict == "refuted"


def test_attention_that_edges_pass_singles_nothing_out():
    claim = judged(8, on_outline=1, edges_on_outline=9)[1]
    assert claim.verdict == "refuted"
    assert claim.control_name == names.EDGE_MAP


@pytest.mark.parametrize(("side", "level"), [(4, 0), (7, 2 / 49), (8, 3 / 64), (14, 9 / 196)])
def test_the_level_is_what_so_many_shifts_can_reach(side, level):
    assert shift_level(side**2) == pytest.approx(level)
    rng = np.random.default_rng(0)
    maps = rng.gamma(1, size=(1500, side, side))
    p_values = [shift_p_value(shift_contrasts(one, ring(side))) for one in maps]
    assert np.mean(np.array(p_values) <= 0.05) == pytest.approx(level, abs=0.015)
