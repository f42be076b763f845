"""How much of each patch a method holds responsible: one map per picture and method.

Every map is raw and non-negative, on its method's own scale; only the order of its patches and
ratios within it compare between methods.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from precompute.compute.batches import BatchRunner
from precompute.compute.shards import Arrays
from precompute.vit.attention.relevance import class_relevance
from precompute.vit.model.classifier import ImageClassifier
from precompute.vit.model.forward import CLS, AttentionReading, forward_readout, read_attention
from store.schema.vit.names import CLASS_SPECIFIC, CLS_ATTENTION, ROLLOUT, VALUE_WEIGHTED

GRADIENT_IMAGES = 16  # at most, in one backward pass: ViT-B/16 keeps about 75 MB of each


def attribute(classifier: ImageClassifier, pixel_values: Tensor, runner: BatchRunner) -> Arrays:
    """Return one map (n, rows, cols) float32 per name in ATTRIBUTIONS.

    pixel_values: (n, C, H, W) on the model's device.
    """

    @torch.inference_mode()
    def forward(batch: slice) -> Arrays:
        reading = read_attention(classifier.network, pixel_values[batch], with_rollout=True)
        maps = attention_maps(reading)
        readout = {"readout": reading.readout.cpu().numpy()}
        return {name: lay_out(rows, classifier) for name, rows in maps.items()} | readout

    seen = dict(runner.run(len(pixel_values), forward))
    readout = torch.from_numpy(seen.pop("readout"))
    return {**seen, CLASS_SPECIFIC: class_specific(classifier, pixel_values, readout, runner)}


def class_specific(
    classifier: ImageClassifier, pixel_values: Tensor, readout: Tensor, runner: BatchRunner
) -> NDArray[np.float32]:
    """Return the maps (n, rows, cols) of what feeds each picture's own label.

    readout: (n, R), what the model said of these pictures.
    """
    directions = own_directions(classifier, readout)

    def backward(batch: slice) -> Arrays:
        direction = directions[batch].to(classifier.device)
        found = class_relevance(classifier.network, pixel_values[batch], direction)
        return {CLASS_SPECIFIC: lay_out(found, classifier)}

    gradients = BatchRunner(min(runner.batch_size, GRADIENT_IMAGES))
    return gradients.run(len(pixel_values), backward)[CLASS_SPECIFIC]


def attention_maps(reading: AttentionReading) -> dict[str, Tensor]:
    """Return the maps that need no gradient, over all tokens: (B, T) each."""
    assert reading.rollout is not None  # callers ask for it
    last = reading.cls_rows[:, -1]
    return {
        CLS_ATTENTION: last.mean(dim=1),
        ROLLOUT: reading.rollout[:, CLS],
        VALUE_WEIGHTED: (last * reading.value_norms[:, -1]).mean(dim=1),
    }


def own_directions(classifier: ImageClassifier, readout: Tensor) -> Tensor:
    """Return the direction (n, R) of the readout that says what each picture is.

    With a classifier it is 1 at the picture's own label. Without one it leads from the feature of
    an empty picture to the picture's own: the gradient of the cosine to one's own feature is zero,
    for no small change can raise it.
    """
    if classifier.has_classifier:
        return torch.nn.functional.one_hot(readout.argmax(dim=-1), readout.shape[-1]).float()
    with torch.inference_mode():
        empty = forward_readout(classifier.network, classifier.empty_picture(), None)
    return readout - empty.cpu()


def lay_out(rows: Tensor, classifier: ImageClassifier) -> NDArray[np.float32]:
    """Keep the patch columns of (..., T) and lay them out: (..., rows, cols)."""
    patches = rows[..., classifier.n_prefix :].unflatten(-1, classifier.grid)
    return patches.float().cpu().numpy()
