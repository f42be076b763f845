"""Where attention lies: maps, sinks and concentration of every picture, all maps of the gallery."""

import numpy as np
import torch

from precompute.compute.shards import Arrays
from precompute.vit.attention.attributions import (
    attention_maps,
    class_specific,
    lay_out,
)
from precompute.vit.attention.concentration import half_mass_share, rank_agreement
from precompute.vit.attention.sinks import outlier_patches, sink_measures
from precompute.vit.model.classifier import ImageClassifier
from precompute.vit.model.forward import AttentionReading, read_attention
from precompute.vit.model.inference import Lens
from store.schema.vit.names import ATTRIBUTIONS, CLASS_SPECIFIC

MEAN_MAPS, READOUT = "mean_maps", "readout"


def locate_attention(lens: Lens, rows: range, n_gallery: int) -> Arrays:
    """Return what is measured on each of these pictures; the first n_gallery with every map."""
    classifier, pixel_values = lens.classifier, lens.prepare(rows)

    @torch.inference_mode()
    def forward(batch: slice) -> Arrays:
        reading = read_attention(classifier.network, pixel_values[batch], with_rollout=True)
        maps = attention_maps(reading)
        return {
            **_measured(reading, classifier),
            **_shown(reading, classifier, slice(0, max(n_gallery - batch.start, 0))),
            **{name: lay_out(found, classifier) for name, found in maps.items()},
            READOUT: reading.readout.cpu().numpy(),
        }

    seen = dict(lens.runner.run(len(rows), forward))
    readout = torch.from_numpy(seen.pop(READOUT))
    seen[CLASS_SPECIFIC] = class_specific(classifier, pixel_values, readout, lens.runner)
    maps = np.stack([seen.pop(name) for name in ATTRIBUTIONS], axis=1)  # (n, method, *grid)
    layers = seen.pop(MEAN_MAPS)
    return {
        **seen,
        "maps": maps,
        "gallery_class_specific": maps[:n_gallery, ATTRIBUTIONS.index(CLASS_SPECIFIC)],
        "half_mass": half_mass_share(maps).astype(np.float32),
        "layer_half_mass": half_mass_share(layers).astype(np.float32),
        "agreement": np.stack([rank_agreement(of_one) for of_one in maps]).astype(np.float32),
    }


def _measured(reading: AttentionReading, classifier: ImageClassifier) -> Arrays:
    """Return the sinks (n, measure, L) and the head-mean map of every layer (n, L, *grid)."""
    head_mean = reading.cls_rows.mean(dim=2)
    norms = reading.token_norms[..., classifier.n_prefix :].cpu().numpy()
    sinks = sink_measures(head_mean.cpu().numpy(), outlier_patches(norms), classifier.n_prefix)
    return {"sinks": sinks, MEAN_MAPS: lay_out(head_mean, classifier)}


def _shown(reading: AttentionReading, classifier: ImageClassifier, gallery: slice) -> Arrays:
    """Return the maps of the gallery's pictures that the store keeps for every layer."""
    weighted = reading.cls_rows[gallery] * reading.value_norms[gallery]
    norms = reading.token_norms[gallery]
    outliers = outlier_patches(norms[..., classifier.n_prefix :].cpu().numpy())
    return {
        "gallery_value_weighted": lay_out(weighted, classifier).astype(np.float16),
        "gallery_token_norm": lay_out(norms, classifier),
        "gallery_outlier": outliers.reshape(*outliers.shape[:2], *classifier.grid).astype(np.uint8),
    }
