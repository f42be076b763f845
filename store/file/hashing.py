"""The digests that a store carries: one over its contents, one over its attributes."""

import hashlib
import json
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

VOLATILE = ("created_utc", "seconds")  # the clock
# Where and how a run took place, not what it found: two machines that agree have one content hash.
CIRCUMSTANCES = ("command", "device", "git_commit", "report", "versions")
SEALS = ("content_hash", "attributes_hash", "complete")  # written about the rest

Attribute = str | int | float


def content_hash(
    arrays: Iterable[tuple[str, str, str, NDArray]], attributes: Mapping[str, Attribute]
) -> str:
    """Return sha256 over every dataset and every attribute that says what was computed.

    Args:
        arrays: (path, dims, unit, values) of any shape, sorted by path, each under the first path
            that it ever had; text as fixed-length UTF-8 bytes.
        attributes: the root attributes.
    """
    hasher = hashlib.sha256()
    for path, dims, unit, values in arrays:
        head = [path, dims, unit, values.dtype.str, list(values.shape)]
        hasher.update(json.dumps(head).encode())
        hasher.update(np.ascontiguousarray(values).data)  # not its tobytes(), a copy
    left_out = VOLATILE + CIRCUMSTANCES + SEALS
    remaining = {name: value for name, value in attributes.items() if name not in left_out}
    hasher.update(_canonical(remaining))
    return hasher.hexdigest()


def attributes_hash(attributes: Mapping[str, Attribute]) -> str:
    """Return sha256 over all root attributes, the clock and the content hash among them."""
    sealed = ("attributes_hash", "complete")
    remaining = {name: value for name, value in attributes.items() if name not in sealed}
    return hashlib.sha256(_canonical(remaining)).hexdigest()


def array_hash(values: NDArray) -> str:
    """Return sha256 over the dtype, shape and bytes of an array of any shape."""
    head = json.dumps([values.dtype.str, list(values.shape)]).encode()
    hasher = hashlib.sha256(head)
    hasher.update(np.ascontiguousarray(values).data)
    return hasher.hexdigest()


def _canonical(attributes: Mapping[str, Attribute]) -> bytes:
    return json.dumps(dict(attributes), sort_keys=True).encode()
