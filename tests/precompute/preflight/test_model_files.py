"""Code planted wherever transformers or open_clip would look for it: none of it runs."""

import json
import shlex
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoTokenizer

from precompute.clip.model import towers
from precompute.errors import InputError
from precompute.preflight.model_files import SETTINGS_BYTES, read_settings
from precompute.settings import load_profile
from precompute.vit.model import checkpoint
from precompute.vit.model.classifier import load_classifier
from tests.support.stand_ins import save_clip, save_vit

CPU = torch.device("cpu")
MINE = ("Config", "Model", "Processor", "Tokenizer", "FeatureExtractor")
AUTO_MAP = {
    "AutoConfig": "mine.Config",
    "AutoModel": "mine.Model",
    "AutoModelForImageClassification": "mine.Model",
    "AutoImageProcessor": "mine.Processor",
    "AutoFeatureExtractor": "mine.FeatureExtractor",
    "AutoProcessor": "mine.Processor",
    "AutoTokenizer": ["mine.Tokenizer", None],
}


@pytest.fixture(autouse=True)
def nobody_is_asked(monkeypatch):
    def asked(words=""):
        raise AssertionError(f"somebody was asked: {words}")

    monkeypatch.setattr("builtins.input", asked)


def plant(folder):
    """Put a module with code into a model's folder; return the file that it would make."""
    marker = folder.parent / "the-code-ran"
    text = f"import pathlib\npathlib.Path({str(marker)!r}).touch()\nimport transformers\n"
    bases = ("PretrainedConfig", "PreTrainedModel", "BaseImageProcessor")
    bases += ("PreTrainedTokenizerFast", "FeatureExtractionMixin")
    for name, base in zip(MINE, bases, strict=True):
        text += f"class {name}(transformers.{base}): pass\n"
    (folder / "mine.py").write_text(text)
    (folder / "custom_generate").mkdir()
    (folder / "custom_generate" / "generate.py").write_text(text)
    return marker


def change(file, values):
    before = json.loads(file.read_text()) if file.is_file() else {}
    file.write_text(json.dumps(before | values))


def open_vit(folder):
    found = checkpoint.find_model(str(folder))
    checkpoint.identify(found)
    return load_classifier(found, CPU)


def open_clip_folder(folder):
    settings = replace(load_profile("embedded").study("clip"), model=f"local-dir:{folder}")
    return towers.load_model(towers.find_model(settings), CPU)


@pytest.mark.parametrize(
    ("file", "values"),
    [
        ("config.json", {"auto_map": AUTO_MAP}),
        ("config.json", {"auto_map": AUTO_MAP, "model_type": "mine"}),
        ("config.json", {"auto_map": {"AutoConfig": "other/repository--mine.Config"}}),
        (
            "config.json",
            {"custom_pipelines": {"image": {"impl": "mine.Model", "pt": ["AutoModel"]}}},
        ),
        ("config.json", {"vision_config": {"auto_map": AUTO_MAP}}),
        ("preprocessor_config.json", {"auto_map": AUTO_MAP}),
        ("preprocessor_config.json", {"auto_map": AUTO_MAP, "image_processor_type": "Processor"}),
    ],
)
def test_a_vits_settings_that_ask_for_code_are_refused_by_the_key(tmp_path, file, values):
    save_vit(tmp_path / "vit")
    marker = plant(tmp_path / "vit")
    change(tmp_path / "vit" / file, values)
    with pytest.raises(InputError, match=rf"vit: {file} asks for code of its own") as caught:
        open_vit(tmp_path / "vit")
    assert "\n" not in str(caught.value)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("file", "values"),
    [
        ("processor_config.json", {"auto_map": AUTO_MAP, "processor_class": "Processor"}),
        ("tokenizer_config.json", {"auto_map": AUTO_MAP, "tokenizer_class": "Tokenizer"}),
        ("feature_extractor_config.json", {"auto_map": AUTO_MAP}),
        ("generation_config.json", {"custom_generate": ".", "trust_remote_code": True}),
        ("adapter_config.json", {"base_model_name_or_path": ".", "auto_mapping": AUTO_MAP}),
        ("config.json", {"attn_implementation": "somebody/kernels", "use_kernels": True}),
        ("config.json", {"quantization_config": {"quant_method": "somebody"}}),
        ("config.json", {"transformers_weights": "pytorch_model.bin", "_name_or_path": "a/b"}),
        ("config.json", {"backbone": "a/b", "use_pretrained_backbone": True}),
    ],
)
def test_what_a_vit_needs_not_is_not_read(tmp_path, file, values):
    save_vit(tmp_path / "vit")
    marker = plant(tmp_path / "vit")
    change(tmp_path / "vit" / file, values)
    (tmp_path / "vit" / "pytorch_model.bin").write_bytes(b"a pickle")
    assert open_vit(tmp_path / "vit").n_patches
    assert not marker.exists()


def test_a_family_of_its_own_code_and_one_of_timm_are_refused(tmp_path):
    save_vit(tmp_path / "vit")
    for family, words in (("mine", "has no such"), ("timm_wrapper", "keeps its attention")):
        change(tmp_path / "vit" / "config.json", {"model_type": family})
        with pytest.raises(InputError, match=words):
            open_vit(tmp_path / "vit")


@pytest.mark.parametrize(
    ("part", "values", "words"),
    [
        ("text_cfg", {"tokenizer_kwargs": {"trust_remote_code": True}}, "asks for code of its own"),
        ("text_cfg", {"tokenizer_kwargs": {"tokenizer_file": "/etc/passwd"}}, "no field"),
        ("text_cfg", {"hf_model_name": "./mine", "hf_tokenizer_name": "x"}, "no field"),
        ("vision_cfg", {"timm_model_name": "hf-hub:a/b"}, "plain name of timm's own"),
        ("vision_cfg", {"timm_model_name": "local-dir:/tmp"}, "plain name of timm's own"),
        ("vision_cfg", {"trust_remote_code": True}, "asks for code of its own"),
        ("vision_cfg", {"pretrained_image_path": "a.bin"}, "no field"),
    ],
)
def test_a_clip_folders_settings_that_reach_outside_are_refused(tmp_path, part, values, words):
    save_clip(tmp_path / "clip")
    marker = plant(tmp_path / "clip")
    file = tmp_path / "clip" / "open_clip_config.json"
    settings = json.loads(file.read_text())
    settings["model_cfg"][part] |= values
    file.write_text(json.dumps(settings))
    change(tmp_path / "clip" / "tokenizer_config.json", {"auto_map": AUTO_MAP})
    with pytest.raises(InputError, match=words) as caught:
        open_clip_folder(tmp_path / "clip")
    assert "\n" not in str(caught.value)
    assert not marker.exists()


@pytest.mark.parametrize("values", [{"auto_map": AUTO_MAP}, {"tokenizer_class": "Tokenizer"}])
def test_a_clip_folders_own_tokenizer_runs_no_code(tmp_path, values):
    save_clip(tmp_path / "clip")
    marker = plant(tmp_path / "clip")
    file = tmp_path / "clip" / "open_clip_config.json"
    settings = json.loads(file.read_text())
    settings["model_cfg"]["text_cfg"]["hf_tokenizer_name"] = "x"
    file.write_text(json.dumps(settings))
    change(tmp_path / "clip" / "tokenizer_config.json", values)
    change(tmp_path / "clip" / "config.json", {"auto_map": AUTO_MAP, "model_type": "mine"})
    with pytest.raises(InputError):
        open_clip_folder(tmp_path / "clip")
    assert not marker.exists()


def test_the_planted_code_would_run_where_it_is_trusted(tmp_path, monkeypatch):
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "m"))
    save_vit(tmp_path / "vit")
    marker = plant(tmp_path / "vit")
    change(tmp_path / "vit" / "config.json", {"auto_map": AUTO_MAP, "model_type": "mine"})
    AutoConfig.from_pretrained(tmp_path / "vit", trust_remote_code=True)
    assert marker.exists()


def test_transformers_refuses_what_it_would_ask_about(tmp_path):
    save_vit(tmp_path / "vit")
    marker = plant(tmp_path / "vit")
    change(tmp_path / "vit" / "config.json", {"auto_map": AUTO_MAP, "model_type": "mine"})
    change(tmp_path / "vit" / "tokenizer_config.json", {"auto_map": AUTO_MAP})
    for loader in (AutoConfig, AutoTokenizer):
        with pytest.raises(ValueError, match="custom code"):
            loader.from_pretrained(tmp_path / "vit")
    assert not marker.exists()


def test_pickles_are_refused_with_the_command_that_converts_them(tmp_path):
    save_vit(tmp_path / "vit")
    weights = tmp_path / "vit" / "model.safetensors"
    expected = load_file(weights)
    torch.save(expected, tmp_path / "vit" / "pytorch_model.bin")
    weights.unlink()
    with pytest.raises(InputError, match="are a pickle") as caught:
        open_vit(tmp_path / "vit")
    command = str(caught.value).partition("Convert them: ")[2]
    words = [sys.executable, *shlex.split(command)[1:]]
    subprocess.run(words, check=True, timeout=120)
    assert load_file(weights).keys() == expected.keys()
    assert open_vit(tmp_path / "vit").n_patches


def test_a_clip_folders_pickle_and_an_index_of_pickles_are_refused(tmp_path):
    save_clip(tmp_path / "clip")
    (tmp_path / "clip" / "open_clip_model.safetensors").rename(
        tmp_path / "clip" / "open_clip_pytorch_model.bin"
    )
    with pytest.raises(InputError, match=r"expected open_clip_model\.safetensors"):
        open_clip_folder(tmp_path / "clip")
    save_vit(tmp_path / "vit")
    index = {"weight_map": {"a": "pytorch_model.bin"}}
    change(tmp_path / "vit" / "model.safetensors.index.json", index)
    with pytest.raises(InputError, match=r"names a file that is no \.safetensors"):
        open_vit(tmp_path / "vit")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[]", "no JSON object"),
        (b" " * (SETTINGS_BYTES + 1), "bytes, expected at most"),
    ],
)
def test_settings_that_are_no_json_object_are_refused_in_one_line(tmp_path, content, words):
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        read_settings(tmp_path / "config.json", "vit")
    assert "\n" not in str(caught.value)
