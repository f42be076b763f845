"""The vocabulary of the schema: what one dataset, one study's file and one attribute are."""

from dataclasses import dataclass

FORMAT_VERSION = 1  # raised when an old reader could misread a new file

TEXT = "utf8"  # dtype of fixed-length UTF-8 text; the writer picks the shortest length that fits


@dataclass(frozen=True)
class ArraySpec:
    """One HDF5 dataset: where it is, what its axes mean, and how closely it must be reproduced."""

    path: str
    dims: tuple[str, ...]  # axes with the same name have the same size throughout one file
    dtype: str  # a NumPy dtype name, or TEXT
    about: str
    unit: str = "1"
    tolerance: float = 0.0  # largest absolute difference that `diff` accepts
    view_axes: int = 0  # leading axes of which one view shows a single element; sets the chunk
    required: bool = True  # MUST be present; otherwise MAY


@dataclass(frozen=True)
class StudySpec:
    """One study's file: every dataset that it must or may hold."""

    name: str
    arrays: tuple[ArraySpec, ...]

    def by_path(self) -> dict[str, ArraySpec]:
        """Return the datasets by their HDF5 path."""
        return {spec.path: spec for spec in self.arrays}
