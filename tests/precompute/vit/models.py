"""A small random ViT in two forms: with our attention, and with transformers' eager one."""

import torch
from transformers import ViTConfig, ViTForImageClassification

from precompute.vit.attention import ATTENTION_NAME

LAYERS, HEADS, PATCHES = 3, 2, 16
TOKENS = PATCHES + 1


def make_twins(folder):
    """Return the same weights loaded with our attention and with eager attention."""
    torch.manual_seed(0)
    config = ViTConfig(
        hidden_size=16,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=32,
        image_size=32,
        patch_size=8,
        num_labels=5,
        initializer_range=0.4,  # sharp attention: an even one would hide mistakes
    )
    ViTForImageClassification(config).save_pretrained(folder)
    return tuple(
        ViTForImageClassification.from_pretrained(folder, attn_implementation=name)
        .requires_grad_(False)
        .eval()
        for name in (ATTENTION_NAME, "eager")
    )


def pictures(n, seed=0):
    """Return random pixel values (n, 3, 32, 32)."""
    return torch.randn(n, 3, 32, 32, generator=torch.Generator().manual_seed(seed))
