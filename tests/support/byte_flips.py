"""Flip bytes of a store one at a time and verify it: run as a program, since HDF5 may crash.

Prints, for each flip, its number, where it fell (`data` or `metadata`), and `refused`, `harmless`
or `wrong`. It is wrong when damaged data passes, and when a store that is opened without being
verified gives a value that was never written.
"""

import signal
import sys
from pathlib import Path

import h5py
import numpy as np

from store.errors import StoreError
from store.reader import open_store
from store.schema import STUDIES
from store.verify import verify

HANG_SECONDS = 60  # also where the machine is busy
ORIGINAL: dict[str, np.ndarray] = {}  # what `main` read from the undamaged store


def everything(path: Path) -> dict[str, object]:
    """Every value and attribute, read by h5py alone."""
    with h5py.File(path, "r", locking=False) as file:
        contents: dict[str, object] = dict(file.attrs)
        file.visititems(
            lambda place, item: contents.update(
                {place: item[()].tobytes() if isinstance(item, h5py.Dataset) else "group"}
            )
        )
        return contents


def main(source: str, target: str, seed: str, start: str, stop: str) -> None:
    content = Path(source).read_bytes()
    expected, chunks = everything(Path(source)), data_chunks(Path(source))
    with open_store(Path(source)) as store:
        ORIGINAL.update({s.path: store.read(s) for s in STUDIES[store.provenance.study].arrays})
    for flip in range(int(start), int(stop)):
        signal.alarm(HANG_SECONDS)  # a hang ends the process, which the caller sees
        place = place_of(len(content), chunks, int(seed), flip)
        damaged = flipped(content, place, int(seed), flip)
        Path(target).write_bytes(damaged)
        became = outcome(Path(target), expected)
        where = "data" if any(place in chunk for chunk in chunks) else "metadata"
        if where == "data" and became == "harmless":
            became = "wrong"
        sys.stdout.write(f"{flip} {where} {became}\n")
        sys.stdout.flush()


def flipped(content: bytes, place: int, seed: int, flip: int) -> bytes:
    damaged = bytearray(content)
    damaged[place] ^= int(np.random.default_rng((seed, flip, 1)).integers(1, 256))
    return bytes(damaged)


def place_of(size: int, chunks: list[range], seed: int, flip: int) -> int:
    """Every second flip falls on data, the others anywhere: a small store is mostly metadata."""
    rng = np.random.default_rng((seed, flip, 0))
    if flip % 2:
        chunk = chunks[rng.integers(len(chunks))]
        return int(rng.integers(chunk.start, chunk.stop))
    return int(rng.integers(size))


def data_chunks(path: Path) -> list[range]:
    """Where in the file the compressed chunks of all datasets lie."""
    with open_store(path) as store:
        ids = [dataset.id for dataset in store.datasets.values() if dataset.chunks]
        infos = [item.get_chunk_info(n) for item in ids for n in range(item.get_num_chunks())]
        return [range(info.byte_offset, info.byte_offset + info.size) for info in infos]


def outcome(path: Path, expected: dict[str, object]) -> str:
    try:
        verify(path)
    except StoreError:
        return "refused" if read_right(path) else "wrong"
    return "harmless" if everything(path) == expected else "wrong"


def read_right(path: Path) -> bool:
    """Whether every dataset can only be read as it was written, or not at all."""
    try:
        store = open_store(path)
    except StoreError:
        return True
    with store:
        for spec in STUDIES[store.provenance.study].arrays:
            try:
                values = store.read(spec, slice(0, 3)) if spec.dims else store.read(spec)
            except StoreError:
                continue
            right = ORIGINAL[spec.path][:3] if spec.dims else ORIGINAL[spec.path]
            if not np.array_equal(values, right, equal_nan=values.dtype.kind == "f"):
                return False
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
