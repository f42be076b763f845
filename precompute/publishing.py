"""How results become a store, and how a store's words are made again without its model."""

import json
import re
import shlex
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from precompute.claims import with_references
from precompute.data.image_set import ImageSet
from precompute.errors import InputError
from precompute.job import JobContext, Measured, ModelIdentity
from precompute.settings import read_settings, settings_class
from precompute.study import Results, study_named
from store.file.shards import read_shard, write_shard
from store.provenance import git_commit, library_versions, settings_hash, utc_now
from store.reader import open_store
from store.records import Provenance, Skipped, StoreContents
from store.writer import publish

LIBRARIES = ("numpy", "h5py", "torch", "torchvision", "transformers", "open_clip_torch")
LIBRARIES += ("scipy", "scikit-learn", "scikit-image", "statsmodels", "umap-learn")
PARENTS = re.compile(r"""(^|[=:"'])(?:file://)?[~/][^"']*/(?=[^/"'])""")  # of an absolute path
FACTS, MODEL = "facts.json", "model.json"  # beside the measured arrays


def publish_study(
    study: str,
    context: JobContext,
    settings: Any,
    images: ImageSet,
    measured: Measured,
    results: Results,
) -> str:
    """Write the study's store, and beside it what was measured; return its content hash."""
    model = measured.model
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
    content_hash = _publish(context.store_path(study), results, images.skipped, provenance)
    _keep_measured(context.folder, measured, provenance)
    return content_hash


def _publish(
    path: Path, results: Results, skipped: tuple[Skipped, ...], provenance: Provenance
) -> str:
    contents = StoreContents(
        dict(results.arrays),
        tuple(map(with_references, results.claims)),
        skipped,
        results.class_names,
        provenance,
    )
    fix = f"Keep less, for example with `--set {settings_class(provenance.study).KEEP_LESS}`."
    return publish(path, contents, fix)


def measured_path(folder: Path, study: str) -> Path:
    """Where a report keeps what a study measured, so that its words can be made again."""
    return folder / ".measured" / f"{study}.part.h5"


def _keep_measured(folder: Path, measured: Measured, provenance: Provenance) -> None:
    """Keep what was measured, for the store of this provenance alone."""
    texts = {
        FACTS: np.array(json.dumps(dict(measured.facts))),
        MODEL: np.array(json.dumps(asdict(measured.model))),
    }
    path = measured_path(folder, provenance.study)
    path.parent.mkdir(exist_ok=True)
    write_shard(path, {**measured.arrays, **texts}, _measured_key(provenance))


def resummarise_study(folder: Path, study: str) -> tuple[str, str]:
    """Make a store's summaries, claims and words again from what was measured; no model runs.

    Returns the content hash before and after. Raises InputError: the report keeps no measurement of
    this store. SettingsError: its settings are no longer what the study asks for.
    """
    path = folder / f"{study}.h5"
    with open_store(path, study) as store:
        provenance, skipped, before = store.provenance, store.skipped, store.content_hash
    arrays = read_shard(measured_path(folder, study), _measured_key(provenance))
    if arrays is None:
        raise InputError(
            f"{path}: what was measured for it is not kept in {measured_path(folder, study).parent}"
            f", so its words cannot be made again without the model. Run the study again."
        )
    facts, model = (json.loads(str(arrays.pop(name))) for name in (FACTS, MODEL))
    measured = Measured(arrays, facts, ModelIdentity(**model))
    settings = read_settings(study, provenance.settings, path.name)
    results = study_named(study).summarise(settings, measured)
    now = replace(provenance, git_commit=git_commit(), created_utc=utc_now())
    return before, _publish(path, results, skipped, now)


def _measured_key(provenance: Provenance) -> str:
    """Return the key of the measurement that a store was made from."""
    digests = provenance.dataset_digest, provenance.model_digest
    return settings_hash(provenance.settings, provenance.study, *digests)


def public(text: str) -> str:
    """Return a setting or a word of a command with absolute paths cut to their last part.

    A report is made to be shared: it says which folder was read, not whose machine it lies on. And
    the same folder elsewhere is the same setting. Addresses on the web stay as they are.
    """
    on_the_web = "://" in text and "file://" not in text
    return text if on_the_web else PARENTS.sub(r"\1…/", text)


def command_line(profile: str, device: str) -> str:
    """Return the command that was typed, from the repository's root.

    A profile and a device that were chosen for the user are written out: elsewhere the same words
    would choose others. Of an absolute path the last part is kept.
    """
    words = sys.argv[1:]
    for option, chosen in (("--profile", profile), ("--device", device)):
        if not any(word == option or word.startswith(f"{option}=") for word in words):
            words = [*words, option, chosen]
    return shlex.join(["python", "-m", "precompute", *map(public, words)])


def public_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings as a report keeps them."""
    return {
        name: public(value) if isinstance(value, str) else value for name, value in settings.items()
    }


def device_name(device: torch.device) -> str:
    """Name the device as a reader would: the GPU's model, or the CPU."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
