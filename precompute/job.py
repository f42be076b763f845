"""What a study's job is given, and what it hands over."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from precompute.code_digest import code_digest
from precompute.data.image_set import ImageSet
from store.provenance import settings_hash


@dataclass(frozen=True)
class JobContext:
    """Where a job writes, on what it runs, and who asked."""

    folder: Path  # the report's folder
    profile: str
    command: str  # rebuilds the report
    device: torch.device
    data: Path  # where data sets are staged
    started: float = field(default_factory=time.monotonic)

    @property
    def report(self) -> str:
        """The report's name."""
        return self.folder.name

    def store_path(self, study: str) -> Path:
        """Where the study's finished store goes."""
        return self.folder / f"{study}.h5"

    def shard_folder(self, study: str) -> Path:
        """Where the study's shards lie until it is published."""
        return self.folder / ".shards" / study


@dataclass(frozen=True)
class ModelIdentity:
    """Which weights a job used, and how its inputs were prepared."""

    model: str
    revision: str
    digest: str  # sha256 of the weights, and of what else the job reads beside them
    preprocessing: Mapping[str, Any]


@dataclass(frozen=True)
class Inputs:
    """What a job reads, opened but not yet run: cheap, and enough to tell a finished run."""

    images: ImageSet
    model: ModelIdentity  # its digest is empty where the job trains the model itself


@dataclass(frozen=True)
class Measured:
    """All that needed a model or images: a study's summary is made from it and its settings."""

    arrays: Mapping[str, NDArray]  # numbers or text, by any names
    facts: Mapping[str, Any]  # plain values, as JSON holds them
    model: ModelIdentity


def run_key(settings: Any, inputs: Inputs) -> str:
    """Return the key of a run: it changes with every setting, the images and the model."""
    return settings_hash(asdict(settings), inputs.images.digest, inputs.model.digest)


def step_key(run: str, caller: str, *functions: Callable, given: Any = None) -> str:
    """Return the key of a step's shards: of its run, and of the code that computes it.

    caller: the module that puts the step together; it counts alone, without what it imports.
    functions: what the step calls; their modules count with all that these import.
    given: plain values that other code made for the step, such as the texts that it embeds.
    """
    modules = sorted({function.__module__ for function in functions})
    return settings_hash({"run": run, "given": given}, code_digest(*modules, alone=(caller,)))
