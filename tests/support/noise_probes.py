"""A probe of a small random ViT over pictures of noise, for tests of what is read of each."""

import numpy as np
import torch
from PIL import Image

from precompute.compute.batches import BatchRunner
from precompute.data.image_set import ImageSet
from precompute.vit.model.checkpoint import find_model
from precompute.vit.model.classifier import load_classifier
from precompute.vit.model.inference import Probe
from tests.support.vit_families import FAMILIES, save_random

N_NOISE = 5


def noise_probe(folder, family, batch_size=3):
    """Return a small random model of a family beside N_NOISE pictures of noise."""
    save_random(FAMILIES[family], folder)
    classifier = load_classifier(find_model(str(folder)), torch.device("cpu"))
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (N_NOISE, 40, 40, 3), np.uint8)
    images = ImageSet(
        name="noise",
        digest="0",
        names=tuple(f"noise-{row}" for row in range(N_NOISE)),
        labels=np.full(N_NOISE, -1),
        class_names=(),
        read=lambda row: Image.fromarray(pixels[row]),
    )
    return Probe(classifier, images, BatchRunner(batch_size))
