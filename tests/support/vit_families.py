"""Small random ViTs of every family in two forms: with our attention, and with eager attention."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import transformers as tf
from torch import nn

from precompute.vit.model.attention_function import ATTENTION_NAME

LAYERS, HEADS, PATCHES = 3, 2, 16
TOKENS = PATCHES + 1
SHARP = 0.3  # of the random weights: an even attention would hide mistakes
COMMON = {
    "hidden_size": 16,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "image_size": 32,
    "patch_size": 8,
    "initializer_range": SHARP,
}
NARROW = COMMON | {"intermediate_size": 32}
WIDE = {"image_size": (24, 40), "patch_size": 8}  # 3 patches down, 5 across


@dataclass(frozen=True)
class Family:
    """One family of models: how a small random one is made, and what its tokens are."""

    make: Callable[[], tf.PreTrainedModel]
    n_prefix: int = 1
    size: tuple[int, int] = (32, 32)


FAMILIES = {
    "ViT": Family(lambda: tf.ViTForImageClassification(tf.ViTConfig(**NARROW, num_labels=5))),
    "ViT, not square": Family(
        lambda: tf.ViTForImageClassification(tf.ViTConfig(**NARROW | WIDE, num_labels=5)),
        size=(24, 40),
    ),
    "ViT, not square, positions interpolated": Family(
        lambda: tf.ViTForImageClassification(tf.ViTConfig(**NARROW, num_labels=5)), size=(24, 40)
    ),
    "ViT without classifier": Family(lambda: tf.ViTModel(tf.ViTConfig(**NARROW))),
    "DeiT": Family(
        lambda: tf.DeiTForImageClassificationWithTeacher(tf.DeiTConfig(**NARROW, num_labels=5)),
        n_prefix=2,
    ),
    "DINOv2": Family(lambda: tf.Dinov2Model(tf.Dinov2Config(**COMMON, mlp_ratio=2))),
    "DINOv2 with a classifier": Family(
        lambda: tf.Dinov2ForImageClassification(
            tf.Dinov2Config(**COMMON, mlp_ratio=2, num_labels=5)
        )
    ),
    "DINOv2 with registers": Family(
        lambda: tf.Dinov2WithRegistersModel(
            tf.Dinov2WithRegistersConfig(**COMMON, mlp_ratio=2, num_register_tokens=3)
        ),
        n_prefix=4,
    ),
    "BEiT": Family(
        lambda: tf.BeitForImageClassification(
            tf.BeitConfig(**NARROW, num_labels=5, use_relative_position_bias=True)
        )
    ),
    "CLIP's vision tower": Family(lambda: tf.CLIPVisionModel(tf.CLIPVisionConfig(**NARROW))),
}


def save_random(family: Family, folder) -> None:
    """Save a random model of a family with a processor of its size."""
    torch.manual_seed(0)
    network = family.make()
    for name, weight in network.named_parameters():  # what starts as zero or one is made uneven
        if "token" in name or "relative_position_bias_table" in name or "position_emb" in name:
            nn.init.normal_(weight, std=SHARP)
        elif name.endswith(("lambda1", "lambda_1", "lambda_2")):
            nn.init.uniform_(weight, 0.5, 1.5)
    network.save_pretrained(folder)
    height, width = family.size
    processor = tf.ViTImageProcessor(size={"height": height, "width": width})
    processor.save_pretrained(folder)


def load_twin(folder, name=ATTENTION_NAME):
    """Load the model of a folder with one attention, by the class that it was saved as."""
    config = tf.AutoConfig.from_pretrained(folder)
    saved_as = getattr(tf, config.architectures[0])
    network = saved_as.from_pretrained(folder, attn_implementation=name)
    return network.requires_grad_(False).eval()


def make_twins(folder, family="ViT"):
    """Return the same weights loaded with our attention and with eager attention."""
    save_random(FAMILIES[family], folder)
    return load_twin(folder), load_twin(folder, "eager")


def pictures(n, seed=0, size=(32, 32)):
    """Return random pixel values (n, 3, height, width)."""
    return torch.randn(n, 3, *size, generator=torch.Generator().manual_seed(seed))
