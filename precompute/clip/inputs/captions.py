"""Captions beside the prompts, for images whose attributes can be measured."""

import numpy as np

from precompute.checkpoints import caption_recipe as attributes
from precompute.cli.progress import console
from precompute.clip.inputs.embeddings import NO_CAPTIONS, Captions
from precompute.data.image_set import ImageSet

CAPTIONED = "FashionMNIST"  # the set whose attribute words were measured
KEEP = 0.5  # chance that a caption says an attribute


def write_captions(
    images: ImageSet, source: str, n_captions: int, prompts: list[str], rng: np.random.Generator
) -> Captions:
    """Write distinct captions of random images, none of which is a prompt.

    Args:
        images: the study's images.
        source: their name in the settings.
        n_captions: images that one caption is written for; repeats are dropped.
        prompts: texts that are there already.
        rng: draws images and words.
    """
    if not n_captions:
        return NO_CAPTIONS
    if source != CAPTIONED:
        console.print(f"  no captions: they are known for {CAPTIONED} alone")
        return NO_CAPTIONS
    rows = rng.permutation(len(images))[:n_captions]
    pixels = np.stack([np.asarray(images.read(int(row))) for row in rows])
    written = attributes.write(attributes.describe(pixels), images.labels[rows], rng, KEEP)
    label_of = dict(zip(written.texts, written.labels.tolist(), strict=True))
    texts = tuple(text for text in label_of if text not in set(prompts))
    return Captions(texts, np.array([label_of[text] for text in texts], np.int64))
