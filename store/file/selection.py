"""Which part of a dataset is asked for: whole numbers and slices on its leading axes."""

import operator
from typing import SupportsIndex

from store.schema import ArraySpec

Index = SupportsIndex | slice


def checked_index(
    index: tuple[Index, ...], shape: tuple[int, ...], spec: ArraySpec
) -> tuple[int | slice, ...]:
    """Return the index with negative numbers resolved and slices within the axes.

    Raises:
        IndexError: too many parts, or a number outside its axis.
        ValueError: a slice whose step is not positive.
    """
    if len(index) > len(shape):
        raise IndexError(f"{spec.path}: {len(index)} indices for axes {spec.dims}")
    checked: list[int | slice] = []
    for part, size, dim in zip(index, shape, spec.dims, strict=False):
        if isinstance(part, slice):
            start, stop, step = part.indices(size)
            if step < 1:
                raise ValueError(f"{spec.path}: a slice along {dim!r} needs a positive step")
            checked.append(slice(start, max(start, stop), step))
            continue
        row = operator.index(part)
        if not -size <= row < size:
            raise IndexError(f"{spec.path}: {row} is outside axis {dim!r} of size {size}")
        checked.append(row % size)
    return tuple(checked)
