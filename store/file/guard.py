"""What a store may be made of. Everything else in a file is refused before it is read.

A store from a stranger is untrusted: HDF5 can point at other files (external links, external
storage, virtual datasets), declare terabytes in two kilobytes, and load foreign filter plugins.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, prod
from pathlib import Path

import h5py
from h5py import h5a, h5d, h5l, h5o, h5p, h5s, h5t, h5z  # pyright: ignore[reportAttributeAccessIssue]

from store.errors import StoreDamaged, StoreHostile
from store.file.hdf5 import Item

FILTERS = (h5z.FILTER_SHUFFLE, h5z.FILTER_DEFLATE, h5z.FILTER_FLETCHER32)  # as h5py orders them
LINK_NAMES = {h5l.TYPE_SOFT: "a soft link", h5l.TYPE_EXTERNAL: "an external link"}
LAYOUTS = (h5d.COMPACT, h5d.CONTIGUOUS, h5d.CHUNKED)
CHECKSUM_BYTES = 4  # that fletcher32 puts behind a chunk
NUMBER_BYTES = {h5t.INTEGER: (1, 2, 4, 8), h5t.FLOAT: (2, 4, 8)}


@dataclass(frozen=True)
class Limits:
    """How much a file may hold and declare."""

    total_bytes: int = 512 * 2**20  # all datasets once read, as `memory_bytes` counts them
    text_overhead: int = 128  # memory of one decoded string beside its characters
    ratio: int = 2000  # declared over stored; gzip reaches about 1000 on zeros
    ratio_from_bytes: int = 2**20  # smaller datasets may have any ratio
    chunk_bytes: int = 16 * 2**20
    chunks: int = 2**16  # of one dataset; HDF5 takes about 4 kB of memory for each
    text_bytes: int = 2**16  # one string
    attribute_bytes: int = 2**16 - 64  # more does not fit an object header of this format
    attributes: int = 64  # of one object
    links: int = 512  # in the whole file
    depth: int = 3  # groups below one another


LIMITS = Limits()


def walk(file: h5py.File, path: Path, limits: Limits = LIMITS) -> dict[str, h5py.Dataset]:
    """Return every dataset by its path, after checking each object on the way.

    Raises:
        StoreHostile: something outside the allow-list.
    """
    datasets: dict[str, h5py.Dataset] = {}
    visited = {h5o.get_info(file.id).addr}
    check_attributes(file, path, "/", limits)
    declared = 0
    root = h5py.Group(h5o.open(file.id, b"/"))
    for n_links, (place, item) in enumerate(_objects(root, "", path, limits, depth=1), 1):
        if n_links > limits.links:
            raise StoreHostile(path, f"it holds more than {limits.links} objects")
        address = h5o.get_info(item.id).addr
        if address in visited:
            raise StoreHostile(path, f"{place!r} is a second link to an object", "one link each")
        visited.add(address)
        check_attributes(item, path, place, limits)
        if isinstance(item, h5py.Dataset):
            declared += check_dataset(item, path, place, limits)
            datasets[place] = item
        if declared > limits.total_bytes:
            raise StoreHostile(
                path,
                f"its datasets declare {declared / 2**20:.0f} MiB by {place!r}",
                f"at most {limits.total_bytes // 2**20} MiB",
            )
    return datasets


def _objects(
    group: h5py.Group, prefix: str, path: Path, limits: Limits, depth: int
) -> Iterator[tuple[str, h5py.Group | h5py.Dataset]]:
    """Yield the objects below a group, parents first, so that a caller can stop in time."""
    if depth > limits.depth:
        raise StoreHostile(path, f"{prefix!r} lies more than {limits.depth - 1} groups deep")
    if group.id.get_num_objs() > limits.links:
        raise StoreHostile(path, f"group {prefix or '/'!r} holds more than {limits.links} links")
    for raw in list(group.id):
        place = prefix + raw.decode("utf-8", "backslashreplace")[:200]
        kind = group.id.links.get_info(raw).type
        if kind != h5l.TYPE_HARD:
            name = LINK_NAMES.get(kind, "a user-defined link")
            raise StoreHostile(path, f"{place!r} is {name}", "datasets in the file itself")
        object_type = h5o.get_info(group.id, raw).type
        if object_type == h5o.TYPE_DATASET:
            yield place, h5py.Dataset(h5o.open(group.id, raw))
        elif object_type == h5o.TYPE_GROUP:
            child = h5py.Group(h5o.open(group.id, raw))
            yield place, child
            yield from _objects(child, f"{place}/", path, limits, depth + 1)
        else:
            raise StoreHostile(path, f"{place!r} is an unknown object", "a group or a dataset")


def check_attributes(item: Item, path: Path, place: str, limits: Limits = LIMITS) -> None:
    """Refuse too many or too large attributes, and types other than numbers and fixed text."""
    count = h5a.get_num_attrs(item.id)
    if count > limits.attributes:
        raise StoreHostile(path, f"{place!r} has {count} attributes", f"<= {limits.attributes}")
    for index in range(count):
        attribute = h5a.open(item.id, index=index)
        name = attribute.name.decode("utf-8", "backslashreplace")[:80]
        if attribute.get_space().get_simple_extent_type() != h5s.SCALAR:
            size = attribute.get_storage_size()
            what = f"attribute {name!r} of {place!r} is an array of {size} bytes"
            raise StoreHostile(path, what, "a single value")
        size = attribute.get_type().get_size()
        if size > limits.attribute_bytes:
            what = f"attribute {name!r} of {place!r} has {size} bytes"
            raise StoreHostile(path, what, f"at most {limits.attribute_bytes}")
        _check_type(attribute.get_type(), path, f"attribute {name!r} of {place!r}", limits)


def check_dataset(dataset: h5py.Dataset, path: Path, place: str, limits: Limits = LIMITS) -> int:
    """Refuse foreign storage, filters and types; return the bytes that reading it would take."""
    plist = dataset.id.get_create_plist()
    if plist.get_external_count():
        raise StoreHostile(path, f"{place!r} keeps its data in another file", "data in this file")
    layout = plist.get_layout()
    if layout == h5d.VIRTUAL:
        raise StoreHostile(path, f"{place!r} is a virtual dataset", "data in this file")
    if layout not in LAYOUTS:
        raise StoreHostile(path, f"{place!r} has unknown layout {layout}")
    _check_filters(plist, path, place)
    _check_type(dataset.id.get_type(), path, repr(place), limits)
    if dataset.id.get_space().get_simple_extent_type() == h5s.NULL:
        raise StoreHostile(path, f"{place!r} has no shape", "a scalar or an array")
    return _check_size(dataset, path, place, limits)


def _check_filters(plist: h5p.PropDCID, path: Path, place: str) -> None:
    codes = [plist.get_filter(index)[0] for index in range(plist.get_nfilters())]
    for code in codes:
        if code not in FILTERS:
            what = f"{place!r} uses filter {code}"
            raise StoreHostile(path, what, "gzip, shuffle and fletcher32 only")
    if codes != [code for code in FILTERS if code in codes]:  # gzip of gzip squares its ratio
        what = f"{place!r} has filters {codes}"
        raise StoreHostile(path, what, f"each once, in the order {FILTERS}")


def _check_type(kind: h5t.TypeID, path: Path, what: str, limits: Limits) -> None:
    code, size = kind.get_class(), kind.get_size()
    if code == h5t.STRING and not kind.is_variable_str() and size <= limits.text_bytes:
        return
    if size not in NUMBER_BYTES.get(code, ()):
        fact = f"{what} has an unknown dtype (HDF5 class {code}, {size} bytes)"
        raise StoreHostile(path, fact, "a number or fixed-length text")


def _check_size(dataset: h5py.Dataset, path: Path, place: str, limits: Limits) -> int:
    kind = dataset.id.get_type()
    _check_grid(dataset, path, place, limits)
    declared = prod(dataset.shape) * kind.get_size()
    stored = dataset.id.get_storage_size()  # after the grid: HDF5 visits every chunk for it
    if declared > limits.ratio_from_bytes and declared > limits.ratio * stored:
        fact = f"{place!r} declares {declared} bytes and stores {stored}"
        raise StoreHostile(path, fact, f"at most {limits.ratio} times more")
    is_text = kind.get_class() == h5t.STRING
    return memory_bytes(dataset.shape, kind.get_size(), is_text, limits)


def _check_grid(dataset: h5py.Dataset, path: Path, place: str, limits: Limits) -> None:
    chunks = dataset.chunks
    if chunks is None:
        return
    if prod(chunks) * dataset.id.get_type().get_size() > limits.chunk_bytes:
        fact = f"{place!r} has chunks of {chunks}"
        raise StoreHostile(path, fact, f"at most {limits.chunk_bytes // 2**20} MiB each")
    n_chunks = prod(ceil(size / chunk) for size, chunk in zip(dataset.shape, chunks, strict=True))
    if n_chunks > limits.chunks:
        raise StoreHostile(path, f"{place!r} has {n_chunks} chunks", f"at most {limits.chunks}")


def memory_bytes(
    shape: tuple[int, ...], item_bytes: int, is_text: bool, limits: Limits = LIMITS
) -> int:
    """Return the bytes that a dataset takes once read: text is decoded, up to 4 bytes a letter."""
    return prod(shape) * (4 * item_bytes + limits.text_overhead if is_text else item_bytes)


def check_chunks(dataset: h5py.Dataset, path: Path, place: str) -> None:
    """Refuse chunks that skip a filter, or do not fill their place in the array exactly.

    HDF5 does not ask. A longer one fills memory for as long as its input lasts, 2 GB from 3 MB; a
    shorter one makes it read past the end of its buffer, and crash. So each is inflated here
    first, up to its own size and no further.

    Raises:
        StoreHostile: a chunk skips a filter or is too long.
        StoreDamaged: a chunk is too short.
        zlib.error: a chunk does not inflate.
    """
    if not dataset.chunks:
        return
    chunks: list[h5d.StoreInfo] = []
    dataset.id.chunk_iter(chunks.append)
    n_bytes = prod(dataset.chunks) * dataset.id.get_type().get_size()
    n_checksum = CHECKSUM_BYTES if dataset.fletcher32 else 0
    is_gzip = dataset.compression == "gzip"
    for chunk in chunks:
        if chunk.filter_mask:
            raise StoreHostile(path, f"{place!r} has a chunk that skips a filter", "every filter")
        n_inflated = (
            _inflated_bytes(dataset, chunk, n_bytes) if is_gzip else chunk.size - n_checksum
        )
        if n_inflated > n_bytes:
            raise StoreHostile(path, f"{place!r} has a chunk of over {n_bytes} bytes", "no more")
        if n_inflated < n_bytes:
            raise StoreDamaged(path, f"{place!r} has a chunk of {n_inflated} bytes", str(n_bytes))


def _inflated_bytes(dataset: h5py.Dataset, chunk: "h5d.StoreInfo", enough: int) -> int:
    """Return how many bytes a chunk inflates to; one more than enough stands for any more."""
    _, raw = dataset.id.read_direct_chunk(chunk.chunk_offset)
    return len(zlib.decompressobj().decompress(raw, enough + 1))
