"""The store's arrays of the alignment study."""

import numpy as np
from numpy.typing import NDArray

from precompute.clip.alignment import STEPS, Alignment
from precompute.clip.alignment_evidence import AlignmentEvidence
from precompute.clip.methods import METHODS, PROCRUSTES
from precompute.statistics import Estimate
from store.schema import ArraySpec, clip


def alignment_arrays(
    evidence: AlignmentEvidence, shown_of_held_out: NDArray[np.int64]
) -> dict[ArraySpec, NDArray]:
    """Return the store's arrays.

    Args:
        evidence: every method on held-out images.
        shown_of_held_out: positions of the shown images among the held-out ones.
    """
    methods = [evidence.methods[name] for name in METHODS]
    moved = [method.moved for method in methods]
    return {
        clip.METHOD: np.array(list(METHODS)),
        clip.METHOD_ROLE: np.array([method.role for method in METHODS.values()]),
        clip.METHOD_ABOUT: np.array([method.about for method in METHODS.values()]),
        clip.ALIGNED_ACCURACY: _rows([method.accuracy for method in methods]),
        clip.ALIGNED_DIFFERENCE: _rows([method.difference for method in methods]),
        clip.ALIGNED_GAP: _rows([one.gap for one in moved]),
        clip.ALIGNED_FLOOR: np.array([one.floor for one in moved]),
        clip.ALIGNED_COSINE: _rows([one.matched_cosine for one in moved]),
        clip.ALIGNED_SEPARABILITY: np.array([one.separability for one in moved]),
        clip.ALIGNED_RETRIEVAL: np.stack([_rows(list(one.retrieval)) for one in moved]),
        clip.ALIGNED_OTHER_TEMPLATES: _rows([one.other_templates for one in moved]),
        clip.ALIGNED_UNSEEN: _rows([one.unseen for one in moved]),
        clip.ALIGNED_UNSEEN_ALL: _rows([one.unseen_among_all for one in moved]),
        clip.ALIGNED_COUNTS: np.array([method.against_none.counts() for method in methods]),
        clip.ALIGNED_P_VALUE: np.array([method.against_none.p_value for method in methods]),
        clip.ALIGNED_ADJUSTED_P: np.array([method.adjusted_p for method in methods]),
        clip.ALIGNED_PREDICTED: np.stack([m.predicted[shown_of_held_out] for m in methods]),
        **_curves(evidence),
        clip.GAP_FLOOR: np.array(evidence.floor),
        clip.ROTATION: _rotation(evidence),
        clip.N_FIT: np.array(evidence.n_fit),
        clip.N_HELD_OUT: np.array(evidence.n_held_out),
    }


def _curves(evidence: AlignmentEvidence) -> dict[ArraySpec, NDArray]:
    shots = evidence.shots
    return {
        clip.SHOT_METHOD: np.array(shots.methods),
        clip.SHOTS: np.array(shots.per_class),
        clip.SHOT_DRAWN: shots.accuracy,
        clip.SHOT_ACCURACY: shots.rows(),
        clip.SHOT_CROSSING: shots.crossing,
        clip.SHIFT_STEP: np.array(STEPS),
        clip.SHIFT_GAP: evidence.sweep[:, 0],
        clip.SHIFT_ACCURACY: evidence.sweep[:, 1],
        clip.SHIFT_LOSS: evidence.sweep[:, 2],
    }


def _rotation(evidence: AlignmentEvidence) -> NDArray:
    fitted = evidence.maps[PROCRUSTES]
    assert isinstance(fitted, Alignment)
    assert fitted.image_map is not None
    return fitted.image_map


def _rows(estimates: list[Estimate]) -> NDArray:
    return np.array([estimate.row() for estimate in estimates])
