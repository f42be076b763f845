"""Two arrays side by side: same dtype, same shape, same gaps, values within a tolerance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WORST = 3  # offenders that are named with their place and both values


@dataclass(frozen=True)
class Fault:
    """One way in which two arrays differ."""

    message: str
    is_structure: bool = False  # dtype or shape, rather than values


def compare_values(a: NDArray, b: NDArray, tolerance: float) -> list[Fault]:
    """Return how `a` differs from `b`; nothing if it does not.

    Args:
        a: values as stored, text as fixed-length bytes.
        b: the values that they are held against.
        tolerance: largest absolute difference of numbers that passes.
    """
    is_text = a.dtype.kind == "S" and b.dtype.kind == "S"  # its length follows the longest entry
    if not is_text and a.dtype != b.dtype:
        return [Fault(f"dtype {a.dtype} against {b.dtype}", is_structure=True)]
    if a.shape != b.shape:
        return [Fault(f"shape {a.shape} against {b.shape}", is_structure=True)]
    if is_text:
        return _compare_text(a, b)
    faults = _compare_gaps(a, b)
    return faults + _compare_numbers(a, b, tolerance)


def _compare_text(a: NDArray, b: NDArray) -> list[Fault]:
    differ = a != b
    if not differ.any():
        return []
    where = _first(differ)
    pair = f"{_text(a[where])} against {_text(b[where])}"
    return [Fault(f"{differ.sum()} of {a.size} texts differ, first at {_place(where)}: {pair}")]


def _compare_gaps(a: NDArray, b: NDArray) -> list[Fault]:
    if a.dtype.kind != "f":
        return []
    appeared, vanished = np.isnan(a) & ~np.isnan(b), np.isnan(b) & ~np.isnan(a)
    return [
        Fault(f"{gaps.sum()} of {a.size} values {what}, first at {_place(_first(gaps))}")
        for gaps, what in ((appeared, "became NaN"), (vanished, "are no longer NaN"))
        if gaps.any()
    ]


def _compare_numbers(a: NDArray, b: NDArray, tolerance: float) -> list[Fault]:
    wide = "float64" if a.dtype.kind == "f" else object if a.dtype.itemsize == 8 else "int64"
    distance = np.abs(a.astype(wide) - b.astype(wide))  # NaN on either side is not "beyond"
    beyond = np.asarray(distance > tolerance, dtype=bool)
    if not beyond.any():
        return []
    gaps = np.where(beyond, distance, 0).astype("float64")
    order = np.argsort(gaps, axis=None, kind="stable")[::-1][: min(WORST, int(beyond.sum()))]
    places = [tuple(int(i) for i in np.unravel_index(flat, a.shape)) for flat in order]
    worst = "; ".join(f"{_place(where)}: {_pair(a[where], b[where])}" for where in places)
    largest = number(float(gaps[places[0]]), 2)
    return [
        Fault(
            f"{beyond.sum()} of {a.size} values differ, largest {largest} at {worst}; "
            f"allowed {number(tolerance)}"
        )
    ]


def _pair(a: np.generic, b: np.generic) -> str:
    """Return two numbers with as many digits as it takes to tell them apart."""
    if a.dtype.kind in "iu" and abs(int(a) - int(b)) < abs(int(a)) // 10**3:
        return f"{a} against {b}"
    for digits in range(3, 18):
        texts = number(float(a), digits), number(float(b), digits)
        if texts[0] != texts[1]:
            break
    return f"{texts[0]} against {texts[1]}"


def _first(flags: NDArray) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(flags)[0])


def _place(where: tuple[int, ...]) -> str:
    return str(where)


def _text(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace")
    return repr(text if len(text) <= 80 else f"{text[:77]}...")


def number(value: float, digits: int = 3) -> str:
    """Return a number as people write it: 0.0312, 588, 2.1e-3."""
    if 100 <= abs(value) < 10**6 and digits <= 3:
        return f"{value:.0f}"
    if value == 0 or 0.01 <= abs(value) < 100 or not np.isfinite(value):
        return f"{value:.{digits}g}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
