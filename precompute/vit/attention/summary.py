"""From each picture's measures to the store's arrays and the sentences of the Attention page."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from precompute.compute.shards import Arrays
from precompute.settings import VitSettings
from precompute.statistics import Estimate, percent
from precompute.vit.resampling import ATTENTION, mean_intervals
from store.schema import ArraySpec
from store.schema.vit import attention
from store.schema.vit.names import (
    ATTRIBUTIONS,
    CLASS_SPECIFIC,
    CLS_ATTENTION,
    CLS_SELF_ATTENTION,
    OUTLIER_ATTENTION,
    OUTLIER_SHARE,
    PREFIX_ATTENTION,
    ROLLOUT,
    SINK_MEASURES,
    VALUE_WEIGHTED,
)

METHOD_WORDS = {
    ROLLOUT: "rollout",
    VALUE_WEIGHTED: "value-weighted attention",
    CLASS_SPECIFIC: "class-specific relevance",
}


def attention_arrays(
    seen: Arrays, untrained: NDArray, settings: VitSettings
) -> dict[ArraySpec, NDArray]:
    """Summarise what `locate_attention` measured, with intervals over images.

    untrained: (n,), how concentrated the last layer is with random weights.
    """

    def estimates(values: NDArray) -> NDArray[np.float32]:
        return mean_intervals(values, settings, ATTENTION).astype(np.float32)

    arrays = {
        attention.VALUE_WEIGHTED: seen["gallery_value_weighted"],
        attention.CLASS_SPECIFIC: seen["gallery_class_specific"],
        attention.TOKEN_NORM: seen["gallery_token_norm"],
        attention.OUTLIER: seen["gallery_outlier"],
        attention.ATTRIBUTION: np.array(ATTRIBUTIONS),
        attention.HALF_MASS: seen["half_mass"],
        attention.MEAN_HALF_MASS: estimates(seen["half_mass"]),
        attention.UNTRAINED_HALF_MASS: estimates(untrained),
        attention.LAYER_HALF_MASS: estimates(seen["layer_half_mass"]),
        attention.AGREEMENT: estimates(seen["agreement"]),
        attention.SINK_MEASURE: np.array(SINK_MEASURES),
        attention.SINKS: estimates(seen["sinks"]),
    }
    return arrays | {attention.FINDING: np.array(attention_findings(arrays))}


def attention_findings(arrays: Mapping[ArraySpec, NDArray]) -> tuple[str, str, str]:
    """Say how concentrated attention is, how much of it sinks, and how far methods agree."""
    n_images = len(arrays[attention.HALF_MASS])
    own = Estimate(*arrays[attention.MEAN_HALF_MASS][ATTRIBUTIONS.index(CLS_ATTENTION)].tolist())
    untrained = Estimate(*arrays[attention.UNTRAINED_HALF_MASS].tolist())
    return (
        f"Half of the last layer's CLS attention lies on {percent(own.value)} of the patches "
        f"({_range(own)}, {n_images:,} images); with random weights it takes "
        f"{percent(untrained.value)}, and even attention 50 %.",
        _sink_sentence(arrays[attention.SINKS]),
        _agreement_sentence(arrays[attention.AGREEMENT]),
    )


def _sink_sentence(sinks: NDArray) -> str:
    """Say how much of the last layer's attention goes to outlier patches and to CLS itself."""
    value = dict(zip(SINK_MEASURES, sinks[:, -1, 0].tolist(), strict=True))
    worst = int(sinks[SINK_MEASURES.index(OUTLIER_ATTENTION), :, 0].argmax())
    most = float(sinks[SINK_MEASURES.index(OUTLIER_ATTENTION), worst, 0])
    registers = value[PREFIX_ATTENTION]
    beside = f", {percent(registers)} to registers or a distillation token" if registers else ""
    return (
        f"In the last layer {percent(value[OUTLIER_ATTENTION])} of CLS attention goes to "
        f"outlier patches, which are {percent(value[OUTLIER_SHARE])} of all, and "
        f"{percent(value[CLS_SELF_ATTENTION])} to the CLS token itself{beside}. Outliers draw most "
        f"in layer {worst + 1}: {percent(most)}."
    )


def _agreement_sentence(agreement: NDArray) -> str:
    """Say how alike the other methods rank the patches."""
    first = ATTRIBUTIONS.index(CLS_ATTENTION)
    pairs = [
        f"{METHOD_WORDS[name]} {agreement[first, row, 0]:.2f}"
        for row, name in enumerate(ATTRIBUTIONS)
        if row != first
    ]
    return (
        f"Rank correlation with last-layer CLS attention: {', '.join(pairs)} (1 is the same "
        f"order). A map shows where attention is higher, not what the model uses."
    )


def _range(estimate: Estimate) -> str:
    return f"95 % interval {estimate.low * 100:.1f} to {estimate.high * 100:.1f} %"
