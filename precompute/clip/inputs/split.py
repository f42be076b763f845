"""Which images a map may be fitted on, and which it is judged on. A fit on the others fails."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from store.schema.clip.names import FIT, HELD_OUT, SELECT


@dataclass(frozen=True)
class Split:
    """The part of each image: fit, select or held out."""

    part: NDArray[np.uint8]  # (N,)

    def rows(self, part: int) -> NDArray[np.int64]:
        """Return the rows (n,) of one part, in order."""
        return np.flatnonzero(self.part == part)

    def require_fit(self, rows: NDArray[np.int64]) -> None:
        """Refuse rows (n,) that no map may learn from.

        Every function that fits something calls this first, so that a result on held-out rows
        cannot be an in-sample one by mistake.

        Raises ValueError: a row is not a fit row; names the first.
        """
        if not len(rows):
            raise ValueError("nothing to fit on: no rows were given.")
        wrong = rows[self.part[rows] != FIT]
        if len(wrong):
            name = "held out" if self.part[wrong[0]] == HELD_OUT else "kept for selection"
            raise ValueError(
                f"row {wrong[0]} is {name} and reached a fit, with {len(wrong) - 1} more. "
                f"Fit on split.rows(FIT) only."
            )


def split_shares(
    labels: NDArray, fit_share: float, select_share: float, rng: np.random.Generator
) -> Split:
    """Cut every class by the same shares; what is neither fit nor select is held out.

    labels: (N,). Shares are of each class, rounded to whole images; those of select_share are kept
    for choosing between settings.
    """
    part = np.full(len(labels), HELD_OUT, np.uint8)
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        n_fit = round(fit_share * len(rows))
        n_select = round(select_share * len(rows))
        part[rows[:n_fit]] = FIT
        part[rows[n_fit : n_fit + n_select]] = SELECT
    return Split(part)


def split_train_part(
    labels: NDArray, n_train: int, fit_share: float, select_share: float, rng: np.random.Generator
) -> Split:
    """Hold out every test image; cut the train images in the proportion fit : select.

    labels: (N,), those of the n_train train images first. Only the ratio of the shares matters.
    """
    of_train = select_share / (fit_share + select_share)
    train = split_shares(labels[:n_train], 1 - of_train, of_train, rng).part
    # Rounding each class by itself may leave a train image over; it is fitted on, not held out.
    train[train == HELD_OUT] = FIT
    return Split(np.concatenate([train, np.full(len(labels) - n_train, HELD_OUT, np.uint8)]))
