"""Train the embedded CLIP: an open_clip model on Fashion-MNIST and captions measured from it."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import open_clip
import torch
from open_clip.model import CLIP
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import cosine_similarity, log_softmax, normalize

from precompute.checkpoints import caption_recipe, recipes
from precompute.checkpoints.model_card import TrainingSummary, write_card
from precompute.data import fashion_mnist

MODEL = {
    "embed_dim": 64,
    "vision_cfg": {
        "image_size": 28,
        "timm_model_name": "test_resnet",  # timm's smallest ResNet, 0.4 million weights
        "timm_model_pretrained": False,
        "timm_pool": "avg",
        "timm_proj": "linear",
    },
    "text_cfg": {
        "context_length": 24,
        "vocab_size": 49408,  # open_clip's own tokenizer, which comes with the package
        "width": 48,  # 49,408 rows of 48 float16 numbers are 4.7 MB: the bulk of the file
        "heads": 4,
        "layers": 2,
    },
}
PREPROCESS = {
    "mean": [recipes.MEAN] * 3,
    "std": [recipes.STD] * 3,
    "interpolation": "bicubic",
    "resize_mode": "shortest",
}
PROMPT = "a photo of {}"  # for the accuracy on the card
LARGEST_LOGIT_SCALE = float(np.log(100))  # as in Radford et al. 2021


@dataclass(frozen=True)
class Recipe:
    """How the checkpoint is made."""

    epochs: int = 16
    batch_size: int = 512  # many negatives per step; more would be mostly captions that also hold
    peak: float = 2e-3  # learning rate of AdamW at the top of the cycle
    weight_decay: float = 0.05
    keep_attribute: float = 0.5  # so that short captions are as common as long ones
    seed: int = 0
    n_train: int = 60_000  # fewer only in tests


def train(
    recipe: Recipe, out: Path, device: torch.device, on_step: recipes.OnStep
) -> TrainingSummary:
    """Train, judge with prompts on the test images and save as an open_clip local directory.

    `out` is replaced only when everything went well. Raises JobFailed when the loss diverges.
    """
    started = time.monotonic()
    torch.manual_seed(recipe.seed)
    model = CLIP(**MODEL).to(device)
    _run_epochs(model, recipe, device, on_step)
    model.eval()
    with recipes.whole_folder(out) as draft:
        # float16 halves the file; open_clip copies it into its own float32 weights. Judge those.
        weights = {  # all but a batch norm's step counter, which stays whole
            name: (value.half() if value.is_floating_point() else value).cpu()
            for name, value in model.state_dict().items()
        }
        model.load_state_dict({name: value.to(device).float() for name, value in weights.items()})
        right = _test(model, device)
        weights_file = draft / "open_clip_model.safetensors"
        save_file(weights, weights_file)
        config = {"model_cfg": MODEL, "preprocess_cfg": PREPROCESS}
        (draft / "open_clip_config.json").write_text(json.dumps(config, indent=2) + "\n")
        return write_card("clip", weights_file, recipe, model, right, started, device)


def _run_epochs(model: CLIP, recipe: Recipe, device: torch.device, on_step: recipes.OnStep) -> None:
    """Train on fresh captions each epoch; pictures stay one tensor."""
    rng = np.random.default_rng(recipe.seed)
    generator = torch.Generator().manual_seed(recipe.seed)
    files = fashion_mnist.load("train")
    pixels, labels = files.images[: recipe.n_train], files.labels[: recipe.n_train]
    images, thirds = recipes.normalise(pixels), caption_recipe.describe(pixels)
    tokenizer = _tokenizer()
    optimiser = torch.optim.AdamW(model.parameters(), recipe.peak, weight_decay=recipe.weight_decay)
    batches = len(images) // recipe.batch_size  # a short last batch would have easier negatives
    total = recipe.epochs * batches
    model.train()
    for epoch in range(recipe.epochs):
        order = torch.randperm(len(images), generator=generator)[: batches * recipe.batch_size]
        written = caption_recipe.write(thirds, labels, rng, recipe.keep_attribute)
        for number, rows in enumerate(order.split(recipe.batch_size)):
            step = epoch * batches + number
            optimiser.param_groups[0]["lr"] = recipes.one_cycle(step, total, recipe.peak)
            chosen = rows.numpy()
            batch = caption_recipe.Captions(
                [written.texts[row] for row in chosen],
                written.labels[chosen],
                written.named[chosen],
            )
            true = torch.from_numpy(caption_recipe.holds(batch, thirds[chosen], labels[chosen]))
            pictures = recipes.augment(images[rows], generator).expand(-1, 3, -1, -1)
            loss = _loss(model, pictures.to(device), tokenizer(batch.texts).to(device), true)
            note = recipes.descend(optimiser, loss, epoch, number)
            with torch.no_grad():
                model.logit_scale.clamp_(0, LARGEST_LOGIT_SCALE)
            on_step(step + 1, total, note)


def _tokenizer() -> open_clip.SimpleTokenizer:
    return open_clip.SimpleTokenizer(context_length=MODEL["text_cfg"]["context_length"])


def _loss(model: CLIP, pictures: Tensor, tokens: Tensor, true: Tensor) -> Tensor:
    """Contrastive loss in both directions, with every caption that holds as a target.

    true: (pictures, captions). The target of a row spreads evenly over its true entries; with one
    true entry per row this is CLIP's own loss (Radford et al. 2021).
    """
    image, text, scale = model(pictures, tokens)
    logits = scale * image @ text.T
    target = true.to(logits)
    by_image = -(target / target.sum(1, keepdim=True) * log_softmax(logits, 1)).sum(1).mean()
    by_text = -(target / target.sum(0, keepdim=True) * log_softmax(logits, 0)).sum(0).mean()
    return (by_image + by_text) / 2


@torch.inference_mode()
def _test(model: CLIP, device: torch.device) -> tuple[int, int]:
    """Count test images whose own class prompt is the nearest, and all of them."""
    prompts = [PROMPT.format(name) for name in fashion_mnist.CLASS_NAMES]
    text = normalize(model.encode_text(_tokenizer()(prompts).to(device)), dim=1)

    def cosines(pictures: Tensor) -> Tensor:
        image = model.encode_image(pictures.expand(-1, 3, -1, -1))
        return cosine_similarity(image[:, None], text[None], dim=2)

    return recipes.count_right(cosines, device)
