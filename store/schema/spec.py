"""The vocabulary of the schema: what one dataset, one study's file and one attribute are."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType

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
    former_paths: tuple[str, ...] = ()  # where older files hold it, oldest first
    holds: str = ""  # what its numbers are, as HOLDS reads it; empty where any will do

    def bounds(self, sizes: Mapping[str, int]) -> tuple[int, int | None] | None:
        """Return the least value and the first that is too large, or None where any will do.

        sizes: of the file's axes. A count has no largest value.
        """
        meaning = HOLDS.fullmatch(self.holds)
        if not meaning:
            return None
        axis = meaning["axis"]
        end = None if axis is None else int(axis) if axis.isdigit() else sizes.get(axis)
        return (-1 if meaning["missing"] else 0), end

    @property
    def first_path(self) -> str:
        """The path that the content hash and the fingerprint name: a renaming changes neither."""
        return (*self.former_paths, self.path)[0]


# A row of an axis, a number below another, or a count; -1 may stand for none.
HOLDS = re.compile(r"(of (?P<axis>\w+)|count)(?P<missing> or -1)?")
HEAD = re.compile(  # path (axes) dtype meaning ±tolerance [unit]
    r"(?P<path>\S+) \((?P<dims>[^)]*)\) (?P<dtype>\w+)"
    rf"( (?P<holds>{HOLDS.pattern}))?( ±(?P<tolerance>\S+))?( \[(?P<unit>.+)\])?"
)


def array(
    head: str, about: str, *, required: bool = True, former_paths: tuple[str, ...] = ()
) -> ArraySpec:
    """Return a dataset from its facts on one line, such as `a/b (image | row) float32 ±2 [nats]`.

    Args:
        head: path, axes, dtype, then what it holds (`of class or -1`, `count`), tolerance and unit
            where it has them. The axes before a `|` are those of which one view shows a single
            element.
        about: what the numbers mean.
        required: whether every file must hold it.
        former_paths: where older files hold it, oldest first.

    Raises:
        ValueError: the line does not read so.
    """
    facts = HEAD.fullmatch(head)
    if facts is None:
        raise ValueError(f"{head!r} does not read: path (axes) dtype meaning ±tolerance [unit]")
    leading, _, rest = facts["dims"].rpartition("|")
    views, others = (tuple(re.findall(r"\w+", part)) for part in (leading, rest))
    return ArraySpec(
        path=facts["path"],
        dims=views + others,
        dtype=facts["dtype"],
        about=about,
        unit=facts["unit"] or "1",
        tolerance=float(facts["tolerance"] or 0),
        view_axes=len(views),
        required=required,
        former_paths=former_paths,
        holds=facts["holds"] or "",
    )


def optional(head: str, about: str) -> ArraySpec:
    """Return a dataset, as `array` does, that a file may lack."""
    return array(head, about, required=False)


def listed(names: Iterable[str]) -> str:
    """Return names as a meaning lists them."""
    return ", ".join(names)


def arrays_in(*modules: ModuleType) -> tuple[ArraySpec, ...]:
    """Return the datasets that modules define, under a name or in a dict, in their order."""
    values = [value for module in modules for value in vars(module).values()]
    groups = [value.values() if isinstance(value, dict) else [value] for value in values]
    return tuple(item for group in groups for item in group if isinstance(item, ArraySpec))


@dataclass(frozen=True)
class StudySpec:
    """One study's file: every dataset that it must or may hold."""

    name: str
    arrays: tuple[ArraySpec, ...]

    def by_path(self) -> dict[str, ArraySpec]:
        """Return the datasets by their HDF5 path."""
        return {spec.path: spec for spec in self.arrays}

    @cached_property
    def _renamed(self) -> dict[str, ArraySpec]:
        """The datasets that were renamed, by every path that they had or have."""
        renamed = [spec for spec in self.arrays if spec.former_paths]
        return {path: spec for spec in renamed for path in (*spec.former_paths, spec.path)}

    def current_path(self, path: str) -> str:
        """Return a dataset's path of today by any that it had; other paths stay as they are."""
        return self._renamed[path].path if path in self._renamed else path

    def first_path(self, path: str) -> str:
        """Return a dataset's first path by any that it had; other paths stay as they are."""
        return self._renamed[path].first_path if path in self._renamed else path
