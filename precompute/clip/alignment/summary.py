"""The store's arrays of the alignment study."""

import numpy as np
from numpy.typing import NDArray

from precompute.clip.alignment.maps import STEPS, Alignment
from precompute.clip.alignment.measure import AlignmentEvidence
from precompute.clip.alignment.methods import METHODS
from precompute.statistics import Estimate
from store.schema import ArraySpec
from store.schema.clip import alignment
from store.schema.clip.names import PROCRUSTES


def alignment_arrays(
    evidence: AlignmentEvidence, shown_of_held_out: NDArray[np.int64]
) -> dict[ArraySpec, NDArray]:
    """Return the store's arrays.

    shown_of_held_out: (S,) positions of the shown images among the held-out ones.
    """
    methods = [evidence.methods[name] for name in METHODS]
    geometry, shots = [method.geometry for method in methods], evidence.shots
    rotation = evidence.maps[PROCRUSTES]
    assert isinstance(rotation, Alignment)
    assert rotation.image_map is not None
    return {
        alignment.METHOD: np.array(list(METHODS)),
        alignment.METHOD_ROLE: np.array([method.role for method in METHODS.values()]),
        alignment.METHOD_ABOUT: np.array([method.about for method in METHODS.values()]),
        alignment.METHOD_SETTING: np.array([evidence.maps[name].setting for name in METHODS]),
        alignment.ALIGNED_ACCURACY: _rows([method.accuracy for method in methods]),
        alignment.ALIGNED_DIFFERENCE: _rows([method.difference for method in methods]),
        alignment.ALIGNED_GAP: _rows([one.gap for one in geometry]),
        alignment.ALIGNED_FLOOR: np.array([one.floor for one in geometry]),
        alignment.ALIGNED_COSINE: _rows([one.matched_cosine for one in geometry]),
        alignment.ALIGNED_SEPARABILITY: np.array([one.separability for one in geometry]),
        alignment.ALIGNED_RETRIEVAL: np.stack([_rows(list(one.retrieval)) for one in geometry]),
        alignment.ALIGNED_OTHER_TEMPLATES: _rows([one.other_templates for one in geometry]),
        alignment.ALIGNED_UNSEEN: _rows([one.unseen for one in geometry]),
        alignment.ALIGNED_UNSEEN_ALL: _rows([one.unseen_among_all for one in geometry]),
        alignment.ALIGNED_COUNTS: np.array([method.against_none.counts() for method in methods]),
        alignment.ALIGNED_P_VALUE: np.array([method.against_none.p_value for method in methods]),
        alignment.ALIGNED_ADJUSTED_P: np.array([method.adjusted_p for method in methods]),
        alignment.ALIGNED_PREDICTED: np.stack([m.predicted[shown_of_held_out] for m in methods]),
        alignment.SHOT_METHOD: np.array(shots.methods),
        alignment.SHOTS: np.array(shots.per_class),
        alignment.SHOT_DRAW_ACCURACY: shots.accuracy,
        alignment.SHOT_ACCURACY: shots.rows(),
        alignment.SHOT_CROSSING: shots.crossing,
        alignment.SHIFT_STEP: np.array(STEPS),
        alignment.SHIFT_GAP: evidence.sweep[:, 0],
        alignment.SHIFT_ACCURACY: evidence.sweep[:, 1],
        alignment.SHIFT_LOSS: evidence.sweep[:, 2],
        alignment.GAP_FLOOR: np.array(evidence.floor),
        alignment.ROTATION: rotation.image_map,
        alignment.N_FIT: np.array(evidence.n_fit),
        alignment.N_HELD_OUT: np.array(evidence.n_held_out),
    }


def _rows(estimates: list[Estimate]) -> NDArray:
    return np.array([estimate.row() for estimate in estimates])
