"""A model without classifier names no label, so the pictures themselves stand in for labels.

The label of a picture, masked or not, is then the whole picture whose CLS feature is nearest, and
the score of its own label is the cosine to its own CLS feature.
"""

from dataclasses import replace

import torch

from precompute.compute.shards import Arrays, split_rows
from precompute.vit.model.forward import forward_readout
from precompute.vit.model.inference import Lens


def with_stand_ins(lens: Lens, at_once: int) -> Lens:
    """Return the lens with the population's pictures as labels, if its model has no classifier.

    at_once: pictures read into memory at a time.
    """
    if lens.classifier.has_classifier:
        return lens
    parts = [_features(lens, shard.rows) for shard in split_rows("own", len(lens.images), at_once)]
    named = lens.classifier.with_references(torch.cat(parts), lens.images.names)
    return replace(lens, classifier=named)


def _features(lens: Lens, rows: range) -> torch.Tensor:
    pixel_values = lens.prepare(rows)

    @torch.inference_mode()
    def forward(batch: slice) -> Arrays:
        readout = forward_readout(lens.classifier.network, pixel_values[batch], None)
        return {"readout": readout.cpu().numpy()}

    return torch.from_numpy(lens.runner.run(len(rows), forward)["readout"])
