"""Root attributes: a Provenance in, plain values out, and back again without trusting them."""

import hashlib
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from h5py import h5a, h5s, h5t  # pyright: ignore[reportAttributeAccessIssue]

from store.errors import SchemaMismatch
from store.file.guard import LIMITS
from store.file.hashing import Attribute
from store.file.hdf5 import Item, damage_named
from store.records import Provenance
from store.schema import FORMAT_VERSION

KINDS: dict[str, type] = {  # dicts are stored as JSON text
    field.name: {int: int, float: float}.get(field.type, str) for field in fields(Provenance)
}
JSON_DEPTH = 16  # objects and arrays in one another
JSON_FIELDS = ("settings", "preprocessing", "versions")
KINDS |= {"format_version": int, "settings_hash": str}
SEAL_KINDS: dict[str, type] = {"content_hash": str, "attributes_hash": str, "complete": int}


def encode(provenance: Provenance, path: Path) -> dict[str, Attribute]:
    """Return the provenance as root attributes, with the format version and the settings' hash.

    Raises:
        SchemaMismatch: a value of the wrong type, not expressible as JSON, or too long.
    """
    values: dict[str, Attribute] = {"format_version": FORMAT_VERSION}
    for field in fields(Provenance):
        value = getattr(provenance, field.name)
        values[field.name] = (
            _to_json(value, field.name, path) if field.name in JSON_FIELDS else value
        )
    values["settings_hash"] = hashlib.sha256(str(values["settings"]).encode()).hexdigest()
    for name, kind in KINDS.items():
        value = values[name]
        if kind is float and isinstance(value, int):
            values[name] = value = float(value)
        if type(value) is not kind:
            what = f"provenance field {name!r} is {type(value).__name__}"
            raise SchemaMismatch(path, what, kind.__name__)
        if isinstance(value, str):
            values[name] = _storable(value, name, path)
    return values


def write(file: h5py.File, name: str, value: Attribute) -> None:
    """Write one root attribute: int64, float64 or fixed-length UTF-8."""
    write_on(file, name, value)


def write_on(item: Item, name: str, value: Attribute) -> None:
    """Write an attribute of any group or dataset."""
    if isinstance(value, str):
        raw = value.encode()
        item.attrs.create(name, np.bytes_(raw), dtype=h5py.string_dtype("utf-8", len(raw) or 1))
    else:
        item.attrs.create(name, value, dtype="float64" if isinstance(value, float) else "int64")


def read(item: Item, name: str, kind: type, path: Path, place: str = "") -> Any:
    """Read one attribute, which `guard.check_attributes` has already bounded.

    Raises:
        SchemaMismatch: it is missing or of another kind.
        StoreDamaged: its bytes make no sense.
    """
    what = f"attribute {name!r}" + (f" of {place!r}" if place else "")
    with damage_named(path, what):
        value: Any = item.attrs.get(name)
    if value is None:
        raise SchemaMismatch(path, f"{what} is missing", kind.__name__)
    if kind is str and isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError as fault:
            raise SchemaMismatch(path, f"{what} is not UTF-8", "text") from fault
    if kind is int and isinstance(value, np.signedinteger):
        return int(value)
    if kind is float and isinstance(value, np.floating):
        return float(value)
    raise SchemaMismatch(path, f"{what} is of type {type(value).__name__}", kind.__name__)


def format_version(file: h5py.File) -> int | None:
    """Return the format version of a file that nothing has checked yet; None if it has none."""
    if not h5a.exists(file.id, b"format_version"):
        return None
    attribute = h5a.open(file.id, b"format_version")
    is_scalar = attribute.get_space().get_simple_extent_type() == h5s.SCALAR
    if not is_scalar or attribute.get_type().get_class() != h5t.INTEGER:
        return None
    value: Any = file.attrs["format_version"]
    return int(value)


def read_all(file: h5py.File, path: Path) -> dict[str, Attribute]:
    """Read every root attribute: those that the format asks for, and any a later program added.

    Raises:
        SchemaMismatch: one is missing or of another kind.
    """
    kinds = KINDS | SEAL_KINDS
    values = {name: read(file, name, kind, path) for name, kind in kinds.items()}
    for name in sorted(set(file.attrs) - set(kinds)):
        value: Any = file.attrs[name]
        is_text = isinstance(value, bytes)
        values[name] = value.decode("utf-8", "replace") if is_text else value.item()
    return values


def decode(values: dict[str, Attribute], path: Path) -> Provenance:
    """Build the Provenance from root attributes.

    Raises:
        SchemaMismatch: a JSON attribute does not hold an object.
    """
    known: dict[str, Any] = {field.name: values[field.name] for field in fields(Provenance)}
    for name in JSON_FIELDS:
        known[name] = from_json(str(known[name]), name, path)
    if not all(isinstance(version, str) for version in known["versions"].values()):
        raise SchemaMismatch(path, "attribute 'versions' holds something else", "library: text")
    return Provenance(**known)


def from_json(text: str, name: str, path: Path) -> dict[str, Any]:
    """Parse a JSON object that the file claims to hold."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise SchemaMismatch(path, f"attribute {name!r} is not JSON", "a JSON object") from fault
    if not isinstance(value, dict):
        raise SchemaMismatch(path, f"attribute {name!r} is a {type(value).__name__}", "an object")
    _check_json(value, f"attribute {name!r}", path)
    return value


def _check_json(value: Any, what: str, path: Path, depth: int = JSON_DEPTH) -> None:
    """Refuse a JSON value that is nested deeper."""
    if not isinstance(value, dict | list | tuple):
        return
    if not depth:
        raise SchemaMismatch(path, f"{what} is nested deeply", f"at most {JSON_DEPTH} levels")
    for part in [*value, *value.values()] if isinstance(value, dict) else value:
        _check_json(part, what, path, depth - 1)


def _storable(text: str, name: str, path: Path) -> str:
    """Return text as an attribute holds it; a folder's name need not be UTF-8, and is escaped."""
    raw = text.encode("utf-8", "backslashreplace")
    if b"\0" in raw:
        fact = f"provenance field {name!r} holds a NUL character"
        raise SchemaMismatch(path, fact, "text without one")
    if len(raw) > LIMITS.attribute_bytes:
        fact = f"provenance field {name!r} has {len(raw)} bytes"
        raise SchemaMismatch(path, fact, f"at most {LIMITS.attribute_bytes}")
    return raw.decode()


def _to_json(value: dict[str, Any], name: str, path: Path) -> str:
    try:
        _check_json(value, f"provenance field {name!r}", path)
        return json.dumps(value, sort_keys=True)
    except (TypeError, ValueError, RecursionError) as fault:
        raise SchemaMismatch(path, f"provenance field {name!r}: {fault}", "plain values") from fault
