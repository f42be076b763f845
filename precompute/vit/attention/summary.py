"""From each picture's measures to the store's arrays and the sentences of the Attention page."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from precompute.compute.shards import Arrays
from precompute.statistics import Estimate, percent, percent_range
from precompute.vit.attention.measure import ATTRIBUTION_ROWS
from precompute.vit.resampling import ATTENTION, mean_intervals
from precompute.vit.settings import VitSettings
from store.schema import ArraySpec
from store.schema.vit import attention, names

OF_CLS = names.ATTRIBUTIONS.index(names.CLS_ATTENTION)


def attention_arrays(
    measured: Arrays, untrained: NDArray, settings: VitSettings
) -> dict[ArraySpec, NDArray]:
    """Summarise what `locate_attention` measured, with intervals over images.

    untrained: (n,), how concentrated the last layer is with random weights.
    """

    def estimates(values: NDArray) -> NDArray[np.float32]:
        return mean_intervals(values, settings, ATTENTION).astype(np.float32)

    arrays = {
        attention.VALUE_WEIGHTED: measured["gallery_value_weighted"],
        attention.CLASS_SPECIFIC: measured["gallery_class_specific"],
        attention.TOKEN_NORM: measured["gallery_token_norm"],
        attention.OUTLIER: measured["gallery_outlier"],
        attention.ATTRIBUTION: np.array(names.ATTRIBUTIONS),
        attention.HALF_MASS: measured["half_mass"],
        attention.MEAN_HALF_MASS: estimates(measured["half_mass"]),
        attention.UNTRAINED_HALF_MASS: estimates(untrained),
        attention.LAYER_HALF_MASS: estimates(measured["layer_half_mass"]),
        attention.AGREEMENT: estimates(measured["agreement"]),
        attention.SINK_MEASURE: np.array(names.SINK_MEASURES),
        attention.SINKS: estimates(measured["sinks"]),
    }
    return arrays | {attention.FINDING: np.array(attention_findings(arrays))}


def attention_findings(arrays: Mapping[ArraySpec, NDArray]) -> tuple[str, str, str]:
    """Say how concentrated attention is, how much of it sinks, and how far methods agree.

    arrays: as stored, HALF_MASS (N, method) among them.
    """
    n_images = len(arrays[attention.HALF_MASS])
    own = Estimate(*arrays[attention.MEAN_HALF_MASS][OF_CLS].tolist())
    untrained = Estimate(*arrays[attention.UNTRAINED_HALF_MASS].tolist())
    return (
        f"Half of the last layer's CLS attention lies on {percent(own.value)} of the patches. On "
        f"{n_images:,} images: {percent_range(own)}. With random weights it is spread over "
        f"{percent(untrained.value)}; even attention would take 50%.",
        _sink_sentence(arrays[attention.SINKS]),
        _agreement_sentence(arrays[attention.AGREEMENT]),
    )


def _sink_sentence(sinks: NDArray) -> str:
    """Say how much of the last layer's attention goes to outlier patches and to CLS itself."""
    value = dict(zip(names.SINK_MEASURES, sinks[:, -1, 0].tolist(), strict=True))
    by_layer = sinks[names.SINK_MEASURES.index(names.OUTLIER_ATTENTION), :, 0]
    registers = value[names.PREFIX_ATTENTION]
    beside = f", {percent(registers)} to registers or a distillation token" if registers else ""
    return (
        f"Outlier patches draw {percent(value[names.OUTLIER_ATTENTION])} of the last layer's CLS "
        f"attention. They are {percent(value[names.OUTLIER_SHARE])} of all patches; another "
        f"{percent(value[names.CLS_SELF_ATTENTION])} goes to the CLS token itself{beside}. They "
        f"draw most in layer {by_layer.argmax() + 1}: {percent(float(by_layer.max()))}."
    )


def _agreement_sentence(agreement: NDArray) -> str:
    """Say how alike the other methods rank the patches."""
    pairs = [
        f"{ATTRIBUTION_ROWS[name].words} {agreement[OF_CLS, row, 0]:.2f}"
        for row, name in enumerate(names.ATTRIBUTIONS)
        if row != OF_CLS
    ]
    return (
        f"Rank correlation with last-layer CLS attention: {', '.join(pairs)} (1 is the same "
        f"order). A map shows where attention is higher, not what the model uses."
    )
