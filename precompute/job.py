"""What every study's job is given, and how it hands over its result."""

import hashlib
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from precompute.data.image_set import ImageSet
from store.provenance import git_commit, library_versions, settings_hash, utc_now
from store.records import Claim, Provenance, StoreContents
from store.schema import ArraySpec
from store.writer import publish

CODE = Path(__file__).resolve().parent
LIBRARIES = ("numpy", "h5py", "torch", "torchvision", "transformers", "open_clip_torch")
LIBRARIES += ("scipy", "scikit-learn", "scikit-image", "statsmodels", "umap-learn")
PARENTS = re.compile(r"""(^|[=:"'])(?:file://)?[~/][^"']*/(?=[^/"'])""")  # of an absolute path


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


def run_key(settings: Any, inputs: Inputs) -> str:
    """Return the key of a run: it changes with every setting, the images, the model and the code.

    Only what an interrupted run left behind lies under it, so any changed line may cost a rerun.
    """
    parts = inputs.images.digest, inputs.model.digest, code_digest()
    return settings_hash(asdict(settings), *parts)


def code_digest(folder: Path = CODE) -> str:
    """Return sha256 over every Python file below the folder: its name and its text."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        text = file.read_bytes()
        digest.update(f"{file.relative_to(folder)} {len(text)}\n".encode() + text)
    return digest.hexdigest()


def publish_study(
    study: str,
    context: JobContext,
    settings: Any,
    images: ImageSet,
    model: ModelIdentity,
    arrays: Mapping[ArraySpec, NDArray],
    claims: tuple[Claim, ...],
    class_names: tuple[str, ...],
) -> str:
    """Write the study's store with its provenance; return its content hash."""
    provenance = Provenance(
        study=study,
        report=context.report,
        profile=context.profile,
        command=context.command,
        settings=public_settings(asdict(settings)),
        dataset=images.name,
        dataset_digest=images.digest,
        model=model.model,
        model_revision=model.revision,
        model_digest=model.digest,
        preprocessing=dict(model.preprocessing),
        seed=settings.seed,
        device=device_name(context.device),
        versions=library_versions(LIBRARIES),
        git_commit=git_commit(),
        created_utc=utc_now(),
        seconds=round(time.monotonic() - context.started, 1),
    )
    contents = StoreContents(dict(arrays), claims, images.skipped, class_names, provenance)
    return publish(context.store_path(study), contents)


def public(text: str) -> str:
    """Return a setting or a word of a command with absolute paths cut to their last part.

    A report is made to be shared: it says which folder was read, not whose machine it lies on. And
    the same folder elsewhere is the same setting. Addresses on the web stay as they are.
    """
    on_the_web = "://" in text and "file://" not in text
    return text if on_the_web else PARENTS.sub(r"\1…/", text)


def public_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings as a report keeps them."""
    return {
        name: public(value) if isinstance(value, str) else value for name, value in settings.items()
    }


def device_name(device: torch.device) -> str:
    """Name the device as a reader would: the GPU's model, or the CPU."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
