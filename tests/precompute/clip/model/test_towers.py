"""Which model is meant, what it is, and that it prepares batches as open_clip does pictures."""

import json
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import open_clip
import pytest
import torch
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image

from precompute.clip.model.towers import (
    batch_preprocess,
    find_model,
    identify,
    load_model,
    refuse_long_prompts,
)
from precompute.errors import InputError
from precompute.settings import load_profile
from tests.support.pretend_gpu import pretend_gpu
from tests.support.stand_ins import save_clip

EMBEDDED, FULL = load_profile("embedded").study("clip"), load_profile("full").study("clip")
CPU = torch.device("cpu")


def folder_settings(folder):
    return replace(EMBEDDED, model=f"local-dir:{folder}")


def test_openai_weights_without_quickgelu_are_refused_with_the_fix():
    with pytest.raises(InputError, match='model = "ViT-B-32-quickgelu"'):
        find_model(replace(FULL, model="ViT-B-32", pretrained="openai"))


def test_weights_without_quickgelu_refuse_a_network_with_it():
    with pytest.raises(InputError, match="is no tag of ViT-B-32-quickgelu"):
        find_model(replace(FULL, model="ViT-B-32-quickgelu", pretrained="laion2b_s34b_b79k"))


def test_a_folder_said_to_hold_openais_weights_must_have_quickgelu(tmp_path):
    save_clip(tmp_path / "quick")
    result = replace(folder_settings(tmp_path / "quick"), pretrained="openai")
    assert load_model(find_model(result), CPU).quick_gelu
    config = tmp_path / "quick" / "open_clip_config.json"
    changed = json.loads(config.read_text())
    changed["model_cfg"]["quick_gelu"] = False
    config.write_text(json.dumps(changed))
    with pytest.raises(InputError, match='Set "quick_gelu": true in model_cfg of its open_clip'):
        load_model(find_model(result), CPU)


@pytest.mark.parametrize(
    ("architecture", "tag", "quick_gelu", "fix"),
    [
        ("ViT-L-14", "laion400m_e32", False, None),  # only ViT-B-32's weights of this tag need it
        ("ViT-L-14", "laion400m_e32", True, '"quick_gelu": false'),
        ("ViT-B-32", "laion400m_e32", False, '"quick_gelu": true'),
        ("ViT-B-32", "laion400m_e32", True, None),
        ("tiny", "laion400m_e32", False, None),  # of no known architecture: the entries differ
        ("tiny", "laion400m_e32", True, None),
        ("tiny", "laion2b_s34b_b79k", True, '"quick_gelu": false'),  # whose entries agree
    ],
)
def test_a_folders_own_architecture_says_whether_its_tag_needs_quickgelu(
    tmp_path, monkeypatch, architecture, tag, quick_gelu, fix
):
    save_clip(tmp_path / "clip")
    config = tmp_path / "clip" / "open_clip_config.json"
    changed = json.loads(config.read_text())
    changed["model_cfg"]["quick_gelu"] = quick_gelu
    config.write_text(json.dumps(changed))
    if architecture != "tiny":  # a small network takes the large one's place in the registry
        known = open_clip.get_model_config
        small = {**changed["model_cfg"], "quick_gelu": False}
        monkeypatch.setattr(
            open_clip,
            "get_model_config",
            lambda name: small if name == architecture else known(name),
        )
    result = find_model(replace(folder_settings(tmp_path / "clip"), pretrained=tag))
    if fix is None:
        assert load_model(result, CPU).quick_gelu == quick_gelu
        return
    with pytest.raises(InputError, match=fix) as caught:
        load_model(result, CPU)
    assert "\n" not in str(caught.value)


def test_quickgelu_is_read_from_the_network_itself(tmp_path):
    save_clip(tmp_path / "quick")
    quick = load_model(find_model(folder_settings(tmp_path / "quick")), CPU)
    assert quick.quick_gelu
    assert quick.preprocessing(False)["quick_gelu"] is True
    config = tmp_path / "quick" / "open_clip_config.json"
    changed = json.loads(config.read_text())
    changed["model_cfg"]["quick_gelu"] = False
    config.write_text(json.dumps(changed))
    assert not load_model(find_model(folder_settings(tmp_path / "quick")), CPU).quick_gelu


def test_a_folder_loads_through_open_clips_own_loader(tmp_path):
    save_clip(tmp_path / "clip")
    ours = load_model(find_model(folder_settings(tmp_path / "clip")), CPU)
    theirs, _, _ = open_clip.create_model_and_transforms(f"local-dir:{tmp_path / 'clip'}")
    images = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        np.testing.assert_allclose(
            ours.network.encode_image(images), theirs.eval().encode_image(images), atol=1e-6
        )
    assert ours.logit_scale == pytest.approx(float(theirs.logit_scale.detach().exp()))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": "ViT-B-33", "pretrained": "openai"}, "not known to open_clip"),
        ({"model": "ViT-B-32", "pretrained": "nobody"}, "is no tag of ViT-B-32"),
        ({"model": "embedded", "pretrained": "openai"}, "leave it empty"),
        ({"model": "local-dir:/no/such/folder"}, "open_clip_config.json is missing"),
    ],
)
def test_a_model_that_cannot_be_found_is_refused_in_one_line(changes, words):
    with pytest.raises(InputError, match=words) as caught:
        find_model(replace(EMBEDDED, **changes))
    assert "\n" not in str(caught.value)


def test_damaged_weights_are_refused_in_one_line(tmp_path):
    save_clip(tmp_path / "clip")
    weights = tmp_path / "clip" / "open_clip_model.safetensors"
    before = identify(find_model(folder_settings(tmp_path / "clip"))).digest
    weights.write_bytes(weights.read_bytes()[:1000])
    result = find_model(folder_settings(tmp_path / "clip"))
    assert identify(result).digest != before
    with pytest.raises(InputError, match="open_clip cannot load it") as caught:
        load_model(result, CPU)
    assert "\n" not in str(caught.value)


def test_a_prompt_that_the_tokenizer_would_cut_is_refused(tmp_path):
    save_clip(tmp_path / "clip")
    model = load_model(find_model(folder_settings(tmp_path / "clip")), CPU)
    refuse_long_prompts(model, ["a photo of a cat"])
    with pytest.raises(InputError, match="has 102 tokens, the model reads 77"):
        refuse_long_prompts(model, ["a photo of a cat", "cat " * 100])


OPENAI = {"size": (224, 224), "mode": "RGB", "mean": (0.48, 0.45, 0.4), "std": (0.26, 0.25, 0.27)}
OPENAI |= {"interpolation": "bicubic", "resize_mode": "shortest", "fill_color": 0}


@pytest.mark.parametrize("shape", [(96, 96, 3), (300, 240, 3), (97, 131, 1)])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
@pytest.mark.parametrize("machine", [nullcontext, pretend_gpu])
def test_a_batch_equals_open_clips_own_transform(shape, interpolation, machine):
    settings = OPENAI | {"interpolation": interpolation}
    pixels = np.random.default_rng(0).integers(0, 256, (2, *shape), np.uint8)
    theirs = image_transform_v2(PreprocessCfg(**settings), is_train=False)
    expected = torch.stack([theirs(Image.fromarray(one.squeeze())) for one in pixels])
    with machine() as gpu:
        ours = batch_preprocess(settings)(pixels, gpu or CPU).cpu()
    assert ours.shape == expected.shape
    grey_level = 1 / 255 / 0.25
    off = (ours - expected).abs()
    assert off.max() < 2.5 * grey_level  # each of two passes may round to either side
    assert off.mean() < 0.05 * grey_level


@pytest.mark.parametrize(
    "change", [{"resize_mode": "squash"}, {"interpolation": "nearest"}, {"size": (224, 200)}]
)
def test_preprocessing_of_another_kind_is_left_to_open_clip(change):
    assert batch_preprocess(OPENAI | change) is None
