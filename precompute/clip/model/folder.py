"""What is read of a CLIP folder: the fields of open_clip's settings that describe a network."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from precompute.errors import InputError, SettingsError, refuse_unknown
from precompute.preflight.model_files import copied, read_settings

CONFIG, WEIGHTS = "open_clip_config.json", "open_clip_model.safetensors"
TOKENIZER = "tokenizer_config.json"
PARTS = ("model_cfg", "preprocess_cfg")
NETWORK = ("embed_dim", "quick_gelu", "custom_text", "init_logit_scale", "init_logit_bias")
NETWORK += ("nonscalar_logit_scale", "vision_cfg", "text_cfg")
PREPROCESSING = ("mean", "std", "size", "mode", "interpolation", "resize_mode", "fill_color")
TOWER = ("layers", "width", "mlp_ratio", "ls_init_value", "pool_type", "final_ln_after_pool")
TOWER += ("output_tokens", "act_kwargs", "norm_kwargs", "block_type", "qk_norm", "scale_fc")
TOWER += ("scaled_cosine_attn", "scale_heads", "scale_attn_inner", "scale_attn")
VISION = (*TOWER, "head_width", "patch_size", "image_size", "patch_dropout", "attentional_pool")
VISION += ("attn_pooler_queries", "attn_pooler_heads", "no_ln_pre", "pos_embed_type")
VISION += ("timm_model_name", "timm_model_pretrained", "timm_pool", "timm_proj")
VISION += ("timm_proj_bias", "timm_drop", "timm_drop_path")
TEXT = (*TOWER, "context_length", "vocab_size", "heads", "embed_cls", "pad_id", "eos_id")
TEXT += ("no_causal_mask", "proj_bias", "proj_type")
TEXT += ("hf_tokenizer_name", "tokenizer_mode", "tokenizer_kwargs")
TOKENIZER_OPTIONS = ("clean", "strip_sep_token", "language")
TOKENIZER_FIELDS = {"tokenizer_class", "model_max_length", "padding_side", "do_lower_case"}
TOKENIZER_FIELDS |= {"bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token"}
TOKENIZER_FIELDS |= {"mask_token", "additional_special_tokens", "added_tokens_decoder", "legacy"}
TOKENIZER_FIELDS |= {"add_bos_token", "add_eos_token", "add_prefix_space", "extra_ids"}
TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "vocab.json", "merges.txt", "spiece.model")
TIMM_NAME = re.compile(r"\w+(\.\w+)?")  # no "hf-hub:" or "local-dir:" before it


def read_folder(folder: Path, name: str) -> dict[str, Any]:
    """Return open_clip's settings of a folder, every field of them known to describe a network.

    Raises InputError: a field is unknown, or makes a library load something from elsewhere.
    """
    settings = read_settings(folder / CONFIG, name)
    network = _part(settings, "model_cfg", PARTS, f"{name}: {CONFIG}:")
    vision = _part(network, "vision_cfg", NETWORK, f"{name}: {CONFIG} model_cfg:")
    text = _part(network, "text_cfg", NETWORK, f"{name}: {CONFIG} model_cfg:")
    _known(settings.get("preprocess_cfg", {}), PREPROCESSING, f"{name}: {CONFIG} preprocess_cfg:")
    _known(vision, VISION, f"{name}: {CONFIG} vision_cfg:")
    _known(text, TEXT, f"{name}: {CONFIG} text_cfg:")
    options = text.get("tokenizer_kwargs") or {}
    _known(options, TOKENIZER_OPTIONS, f"{name}: {CONFIG} tokenizer_kwargs:")
    if not TIMM_NAME.fullmatch(str(vision.get("timm_model_name", "none"))):
        raise InputError(
            f"{name}: {CONFIG} names the timm model {vision['timm_model_name']!r}, expected a "
            f"plain name of timm's own. Choose another model."
        )
    return settings


def _part(settings: Any, name: str, known: tuple[str, ...], where: str) -> dict[str, Any]:
    """Return an object of the settings, all of whose neighbours are known."""
    _known(settings, known, where)
    if not isinstance(settings.get(name), dict):
        raise InputError(f"{where} {name} is missing. Save the model with open_clip.")
    return settings[name]


def _known(values: Any, known: tuple[str, ...], where: str) -> None:
    if not isinstance(values, dict):
        raise InputError(f"{where} holds no JSON object. Save the model with open_clip.")
    try:
        refuse_unknown(values, known, f"{where} this program reads no field")
    except SettingsError as error:
        raise InputError(str(error)) from None


@contextmanager
def readable_folder(folder: Path, name: str) -> Iterator[Path]:
    """Yield a folder for open_clip: known settings, the weights, and the tokenizer's own tables."""
    settings = {CONFIG: read_folder(folder, name)}
    links = [folder / WEIGHTS]
    if settings[CONFIG]["model_cfg"]["text_cfg"].get("hf_tokenizer_name"):
        links += [folder / file for file in TOKENIZER_FILES if (folder / file).is_file()]
        given = read_settings(folder / TOKENIZER, name)
        settings[TOKENIZER] = {key: given[key] for key in given if key in TOKENIZER_FIELDS}
    with copied(settings, links) as copy:
        yield copy
