"""Half precision against float32: what stays within the tolerances that the schema gives."""

from contextlib import nullcontext

import numpy as np
import pytest
import torch

from precompute import report
from precompute.clip.model.encode import EMBEDDING, encode_images
from precompute.clip.model.towers import find_model, load_model
from precompute.data.registry import load_images
from precompute.errors import SettingsError
from precompute.job import JobContext
from precompute.settings import load_profile
from store.inspect.diff import diff
from store.schema.clip import alignment, modality_gap, prompts
from tests.regression.golden import GOLDENS, PROFILE

CPU = torch.device("cpu")
N_IMAGES = 300


def embed(precision, around=nullcontext):
    model = load_model(find_model(load_profile("embedded").study("clip")), CPU, precision)
    images = load_images("FashionMNIST", "test", None)
    with around():
        return encode_images(model, images, range(N_IMAGES), 100)[EMBEDDING]


def test_float16_embeddings_are_within_the_schemas_tolerance_and_bfloat16_ones_are_not():
    exact, allowed = embed("float32"), prompts.IMAGE_EMBEDDINGS.tolerance
    assert 0 < np.abs(embed("float16") - exact).max() < allowed
    coarse = embed("float32", around=lambda: torch.autocast("cpu", torch.bfloat16))
    assert np.abs(coarse - exact).max() > allowed


def test_a_store_in_float16_agrees_with_one_in_float32(tmp_path):
    """But for steps of one in 99: a pair over a bin's edge, an image over a decision's."""
    profile = load_profile(str(PROFILE)).override("clip", precision="float16")
    context = JobContext(tmp_path / "float16", profile.name, "test", CPU, tmp_path)
    report.run_study("clip", profile, context)
    differences = diff(context.store_path("clip"), GOLDENS / "clip.h5")
    differing = {str(entry).split(":")[0] for entry in differences if not entry.is_note}
    assert differing <= {
        "attribute settings",
        modality_gap.COSINE_DENSITY.path,
        alignment.SHIFT_ACCURACY.path,
    }


def test_another_precision_is_refused():
    with pytest.raises(SettingsError, match=r"precision is 'bfloat16'\. Known: float32, float16"):
        load_profile("embedded").override("clip", precision="bfloat16")
