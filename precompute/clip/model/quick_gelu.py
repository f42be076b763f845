"""Whether a checkpoint was trained with QuickGELU, as open_clip's registry of weights tells.

The wrong activation loads without an error and lowers accuracy; open_clip warns at most.
"""

import json
from pathlib import Path
from typing import Any

import open_clip
from open_clip.pretrained import get_pretrained_cfg, list_pretrained_models_by_tag

WITHOUT = "these weights were trained with QuickGELU, the network is built without it."
WITH = "these weights were trained without QuickGELU, the network is built with it."
ARCHITECTURE = ("embed_dim", "vision_cfg", "text_cfg")  # what weights must fit, in a configuration


def trained_with_it(model: str, tag: str) -> bool:
    """Return whether a tag's weights were trained with QuickGELU; the network or the tag says so.

    "ViT-B-32/openai" is a network without it whose tag says that the weights need it.
    """
    said = (_registered(model), get_pretrained_cfg(model, tag))
    return any(bool(one.get("quick_gelu", False)) for one in said)


def trained_in_folder(config: Path, tag: str) -> bool | None:
    """Return the same of a folder's weights, published under a tag; None where entries differ.

    One tag names weights of several architectures, some trained with QuickGELU and some without:
    those of the folder's architecture decide, or all of them where open_clip does not know it.
    """
    try:
        wanted = json.loads(config.read_text(encoding="utf-8"))["model_cfg"]
    except (ValueError, KeyError, TypeError):
        return None  # open_clip says what is wrong with it when it loads the folder
    models = list_pretrained_models_by_tag(tag)
    same = [one for one in models if _architecture(_registered(one)) == _architecture(wanted)]
    trained = {trained_with_it(one, tag) for one in same or models}
    return trained.pop() if len(trained) == 1 else None


def _architecture(config: dict[str, Any]) -> list[Any]:
    return [config.get(part) for part in ARCHITECTURE]


def _registered(model: str) -> dict[str, Any]:
    return open_clip.get_model_config(model) or {}
