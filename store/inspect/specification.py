"""The format as a document: FORMAT.md is this module's output."""

from dataclasses import asdict, fields
from typing import Any

from store.file.attributes import JSON_DEPTH, JSON_FIELDS, KINDS, SEAL_KINDS
from store.file.guard import LIMITS
from store.file.hashing import CIRCUMSTANCES, VOLATILE
from store.records import Provenance
from store.schema import FORMAT_VERSION, STUDIES, TEXT, ArraySpec
from store.schema.common import COMMON

INTRODUCTION = f"""# Store format {FORMAT_VERSION}

One HDF5 file per study and report: `store/data/<report>/{{vit,vae,clip}}.h5`. MUST and MAY are
meant literally: a reader refuses a file that breaks a MUST. This document is printed by
`python -m store schema`; a test fails when it is stale.

## Publishing

- A file MUST be written whole under a temporary name in its own folder, read back and verified,
  synced to disk, and then renamed over the published path. The folder is synced last.
- A published file MUST NOT be opened for writing. A reader keeps the file that it opened.
- The root attribute `complete` MUST be 1 and MUST be written last.
- The same contents MUST give the same bytes: no object times, no creation order, earliest
  library version.

## Structure

- Objects MUST be groups and datasets, each reached by one hard link, at most {LIMITS.depth - 1}
  groups deep, {LIMITS.links} in all. Links of other kinds, external storage and virtual datasets
  MUST NOT occur.
- Every dataset that has axes and elements MUST be chunked with shuffle, gzip and fletcher32, in
  this order; no other filter MAY be used, and no chunk MAY skip one. A chunk holds what one view
  shows, at most {LIMITS.chunk_bytes // 2**20} MiB; a dataset has at most {LIMITS.chunks} chunks.
- All datasets together MUST NOT decode to more than {LIMITS.total_bytes // 2**20} MiB, where a text
  counts as 4 times its length and {LIMITS.text_overhead} bytes more. One over
  {LIMITS.ratio_from_bytes // 2**20} MiB MUST NOT declare more than {LIMITS.ratio} times what it
  stores.
- Numbers are little-endian. Text is fixed-length UTF-8 padded with NUL; its length is that of the
  longest entry.
- A missing number is NaN; infinity MUST NOT occur. Behind a type, `of image` means a row of that
  axis, `of 2` a number below 2, `count` one that is not negative; `or -1` lets -1 stand for none.
  A value outside MUST be refused. Text MUST be valid UTF-8, and JSON at most {JSON_DEPTH} deep.
- Axes of the same name MUST have the same size throughout one file. The axis `estimate` holds a
  value, then the low and the high end of its interval.
- Every dataset MUST have the attributes `dims` (its axes, space-separated), `unit`, and `sha256`
  of its dtype, shape and bytes, which a reader MUST check before it trusts any part.
- A dataset or root attribute that this document does not name MAY be present, and is ignored.
- A renamed dataset is listed with its former paths, oldest first. A writer MUST use the new path;
  a reader MUST take a former one as the same dataset, and MUST refuse a file with both. The content
  hash and the fingerprint name the oldest path, so that a renaming changes neither.
"""

ATTRIBUTES = {
    "format_version": "this format's number; a reader refuses a larger one",
    "settings_hash": "sha256 of the attribute `settings`",
    "content_hash": "sha256 of every dataset (path, dims, unit, dtype, shape, bytes) and of every "
    f"root attribute but the seals, the clock ({', '.join(VOLATILE)}) and the circumstances "
    f"({', '.join(CIRCUMSTANCES)})",
    "attributes_hash": "sha256 of all other root attributes but `complete`",
    "complete": "1, written last",
    "study": "`vit`, `vae` or `clip`",
    "report": "name of the report's folder",
    "profile": "`embedded` or `full`",
    "command": "rebuilds this file",
    "settings": "every setting of the job",
    "dataset": "name of the image set",
    "dataset_digest": "sha256 over the images' bytes and labels",
    "model": "hub id, folder name, or what was trained in the job",
    "model_revision": "commit or version of the weights, or images that the job trained it on",
    "model_digest": "sha256 of the weights; for the ViT, of the settings saved beside them too",
    "preprocessing": "how an image becomes the model's input",
    "seed": "seed of every random choice",
    "device": "the GPU's model, or CPU",
    "versions": "library to version",
    "git_commit": "commit of the code, `-dirty` where files differed from it",
    "created_utc": "the only clock; ignored by diff and by the content hash",
    "seconds": "wall time of the job; ignored likewise",
}


def specification() -> str:
    """Return the whole of FORMAT.md."""
    shared = "Claims, images that were left out, and class names."
    parts = [INTRODUCTION, _attribute_table(), _section("Datasets of every study", COMMON, shared)]
    for study in STUDIES.values():
        own = tuple(spec for spec in study.arrays if spec not in COMMON)
        parts.append(_section(f"Datasets of `{study.name}.h5`", own, ""))
    return "\n".join(parts)


def specification_dict() -> dict[str, Any]:
    """Return the same facts as plain values."""
    return {
        "format_version": FORMAT_VERSION,
        "attributes": {name: _kind_name(name) for name in ATTRIBUTES},
        "studies": {
            name: [asdict(spec) for spec in study.arrays] for name, study in STUDIES.items()
        },
    }


def _attribute_table() -> str:
    order = ["format_version", *(field.name for field in fields(Provenance))]
    order += [name for name in (*KINDS, *SEAL_KINDS) if name not in order]
    rows = [f"| `{name}` | {_kind_name(name)} | {ATTRIBUTES[name]} |" for name in order]
    head = ["## Root attributes", "", "All MUST be present.", ""]
    return "\n".join([*head, "| name | type | meaning |", "|---|---|---|", *rows, ""])


def _kind_name(name: str) -> str:
    if name in JSON_FIELDS:
        return "JSON text"
    kind = (KINDS | SEAL_KINDS)[name]
    return {str: "text", int: "int64", float: "float64"}[kind]


def _section(title: str, specs: tuple[ArraySpec, ...], about: str) -> str:
    head = [f"## {title}", "", *([about, ""] if about else [])]
    head += ["| dataset | | axes | dtype | unit | tolerance | meaning |", f"|{'---|' * 7}"]
    return "\n".join([*head, *map(_row, specs), ""])


def _row(spec: ArraySpec) -> str:
    must = "MUST" if spec.required else "MAY"
    dtype = "text" if spec.dtype == TEXT else spec.dtype
    axes = ", ".join(spec.dims) or "scalar"
    dtype += f", {spec.holds}" if spec.holds else ""
    former = f" Formerly `{'`, `'.join(spec.former_paths)}`." if spec.former_paths else ""
    about = spec.about.replace("|", "\\|") + former
    tolerance = f"{spec.tolerance:g}" if spec.tolerance else "exact"
    return f"| `{spec.path}` | {must} | {axes} | {dtype} | {spec.unit} | {tolerance} | {about} |"
