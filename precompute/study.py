"""What a study is to the rest of the jobs: modules that keep these protocols.

No module outside a study's folder asks which study it has before it.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from numpy.typing import NDArray

from store.records import Claim
from store.schema import ArraySpec

if TYPE_CHECKING:  # slow to import, and --help should not wait
    import torch

    from precompute.job import Inputs, JobContext, Measured
    from precompute.preflight.assets import Asset


@dataclass(frozen=True)
class Results:
    """What goes into a study's store."""

    arrays: Mapping[ArraySpec, NDArray]
    claims: tuple[Claim, ...]
    class_names: tuple[str, ...]


class Study(Protocol):
    """`precompute/<study>/job.py`: a study from images and settings to its results."""

    def inspect(self, settings: Any, context: "JobContext") -> "Inputs":
        """Open what it reads, load no weights; raises InputError where something does not fit."""
        ...

    def measure(self, settings: Any, inputs: Any, context: "JobContext") -> "Measured":
        """Run the model, in shards that survive a kill."""
        ...

    def summarise(self, settings: Any, measured: "Measured") -> Results:
        """Make arrays, claims and words from what was measured, without model or images."""
        ...


class Preflight(Protocol):
    """`precompute/<study>/preflight.py`: what is known before a model is loaded."""

    def assets(self, settings: Any, data: Path, hub: Path | None) -> "list[Asset]":
        """Return the models and images that it needs, here or not; reads none of them.

        data: where data sets are staged; hub: the hub's cache, None for HF_HOME's.
        """
        ...

    def estimate(self, settings: Any, n_images: int, data: Path, device: "torch.device") -> str:
        """Say in one line how long it takes; n_images: how many its source holds."""
        ...

    def unfit(self, settings: Any) -> str:
        """Say why the user's own images are nothing for this study; empty where they are."""
        ...

    def warning(self, settings: Any) -> str:
        """Say what to mind about the chosen model with the user's own images, or nothing."""
        ...


def study_named(name: str) -> Study:
    """Return a study, imported now."""
    return _part(name, "job")


def preflight_of(study: str) -> Preflight:
    """Return a study's preflight, imported now."""
    return _part(study, "preflight")


def _part(study: str, part: str) -> Any:
    return importlib.import_module(f"precompute.{study}.{part}")
