"""Attention rollout in NumPy, as its paper defines it: what the fast form is tested against."""

import numpy as np
from numpy.typing import NDArray


def attention_rollout(attention: NDArray) -> NDArray:
    """Roll attention out through the layers (Abnar & Zuidema 2020, arXiv:2005.00928).

    Args:
        attention: (L, H, T, T), each row a distribution over tokens.

    Returns:
        (T, T): row q says how much each input token feeds token q; rows sum to 1.
    """
    rollout = np.eye(attention.shape[-1])
    for layer in _with_skip(attention):  # first layer first
        rollout = layer @ rollout
    return rollout


def rollout_row(attention: NDArray, token: int) -> NDArray:
    """Return one row (T,) of the rollout without forming the product of the matrices.

    The same equation read from the left: eᵀ A_L ⋯ A_1, a vector times a matrix per layer.
    """
    row = np.eye(attention.shape[-1])[token]
    for layer in _with_skip(attention)[::-1]:  # last layer first
        row = row @ layer
    return row


def _with_skip(attention: NDArray) -> NDArray:
    """Average the heads and add the residual connection: (L, T, T)."""
    mixed = attention.mean(axis=1)
    return (mixed + np.eye(mixed.shape[-1])) / 2
