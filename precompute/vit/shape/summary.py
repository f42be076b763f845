"""From the labels of every version to the store's arrays of shape and the claim's evidence."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from precompute.statistics import Estimate, bootstrap_shares, cell_intervals
from precompute.vit import resampling
from precompute.vit.settings import VitSettings
from precompute.vit.shape.claim import ShapeEvidence
from precompute.vit.shape.measure import NOT_RUN, OTHER, OWN
from store.schema import ArraySpec
from store.schema.vit import names, shape

# Columns of the versions of each cue among all.
OF_CUE = [[names.VERSIONS.index(name) for name in of_cue] for of_cue in names.CUES.values()]
_SHAPE, _TEXTURE = (list(names.CUES).index(cue) for cue in (names.SHAPE_ALONE, names.TEXTURE_ALONE))


def shape_arrays(
    predicted: NDArray, true: NDArray, versions: Mapping[str, NDArray], settings: VitSettings
) -> tuple[dict[ArraySpec, NDArray], ShapeEvidence]:
    """Summarise what becomes of the label of each version, with intervals over images.

    predicted: (N,) label of each whole image. true: (N,) true label; -1 where none is known.
    versions: of predict_versions.
    """
    usable = versions["predicted"][:, 0, OWN] != NOT_RUN
    labels = versions["predicted"][usable]  # (n, VERSIONS, OWN or OTHER)
    survived = labels == predicted[usable, None, None]
    known = true[usable] >= 0
    right = labels[known] == true[usable][known, None, None]
    by_cue = np.stack([survived[:, of_cue].mean(axis=1) for of_cue in OF_CUE], axis=1)
    survival, accuracy = _shares(survived, settings), _shares(right, settings)
    cues = _shares(by_cue, settings)  # (CUES, OWN or OTHER, 3)
    own_shape, other_shape = by_cue[:, _SHAPE, OWN], by_cue[:, _SHAPE, OTHER]
    own, other = survived[..., OWN].astype(float), survived[..., OTHER]
    gain = _means(own - other, settings)
    between = [own_shape - by_cue[:, _TEXTURE, OWN], own_shape - other_shape]
    over_texture, over_other = _means(np.stack(between, axis=1), settings)
    examples = np.flatnonzero(usable[: len(versions["pixels"])]).astype(np.int32)
    arrays = {
        shape.VERSION: np.array(names.VERSIONS),
        shape.SHAPE_IMAGE: np.flatnonzero(usable).astype(np.int32),
        shape.VERSION_PREDICTED: labels[..., OWN],
        shape.VERSION_PROBABILITY: versions["probability"][usable][..., OWN],
        shape.CONTROL_PREDICTED: labels[..., OTHER],
        shape.VERSION_SURVIVAL: survival[:, OWN],
        shape.CONTROL_SURVIVAL: survival[:, OTHER],
        shape.VERSION_GAIN: gain,
        shape.VERSION_ACCURACY: accuracy[:, OWN],
        shape.CONTROL_ACCURACY: accuracy[:, OTHER],
        shape.CHANGED: _mean(versions["changed"][usable]),
        shape.FLAT: _mean(versions["flat"][usable]),
        shape.CUE: np.array(list(names.CUES)),
        shape.CUE_SURVIVAL: cues[:, OWN],
        shape.CUE_CONTROL: cues[:, OTHER],
        shape.OVER_TEXTURE: over_texture,
        shape.OVER_OTHER_SHAPE: over_other,
        shape.EXAMPLE_IMAGE: examples,
        shape.EXAMPLE_ROW: np.arange(len(examples), dtype=np.int32),
        shape.EXAMPLE_PIXELS: versions["pixels"][examples],
    }
    by_version = {name: Estimate(*survival[at, OWN]) for at, name in enumerate(names.VERSIONS)}
    evidence = ShapeEvidence(
        shape=Estimate(*cues[_SHAPE, OWN]),
        texture=Estimate(*cues[_TEXTURE, OWN]),
        other_shape=Estimate(*cues[_SHAPE, OTHER]),
        over_texture=Estimate(*over_texture),
        over_other_shape=Estimate(*over_other),
        by_shape={name: by_version[name] for name in names.CUES[names.SHAPE_ALONE]},
        by_texture={name: by_version[name] for name in names.CUES[names.TEXTURE_ALONE]},
        n_images=int(usable.sum()),
        n_left_out=int((~usable).sum()),
    )
    return arrays, evidence


def _shares(values: NDArray, settings: VitSettings) -> NDArray[np.float64]:
    """Return each cell's share of images (n, *cell) with its interval: (*cell, 3)."""
    rng = resampling.resampling_rng(settings, resampling.SHAPE)
    exact = np.asarray(values, np.float64)
    return cell_intervals(exact, rng, settings.n_bootstrap, bootstrap_shares)


def _means(values: NDArray, settings: VitSettings) -> NDArray[np.float64]:
    return resampling.mean_intervals(values, settings, resampling.SHAPE)


def _mean(flags: NDArray[np.bool_]) -> NDArray[np.float64]:
    return flags.mean(axis=0) if len(flags) else np.full(flags.shape[1:], np.nan)
