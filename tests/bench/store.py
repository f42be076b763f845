"""What a store costs: showing one image, writing, and the size of CLS rows at ViT-B/16's shape."""

import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np
from numpy.typing import NDArray

from store.reader import open_store
from store.records import StoreContents
from store.schema import TEXT
from store.schema.vit import attention, labels
from store.writer import publish
from tests.bench.row import Bound, Row, seconds_side_by_side
from tests.support.made_up_stores import make_contents

GZIP_LEVEL = 4  # as store.writer compresses
VIT_B_16 = {"layer": 12, "head": 12, "patch_row": 14, "patch_col": 14}
SHOWN = (labels.GALLERY_PIXELS, attention.CLS_ATTENTION, attention.ATTENTION_ROLLOUT)
PHOTO = {"pixel_row": 224, "pixel_col": 224, "channel": 3}


def rows() -> Iterator[Row]:
    """Yield the store's rows."""
    contents = photo_sized_contents(n_gallery=64)
    with TemporaryDirectory() as folder:
        path, plain = Path(folder) / "vit.h5", Path(folder) / "plain.h5"
        publish(path, contents)
        _plain_h5py(plain, contents)
        yield _reading(path, plain)
        yield _beside_savez(path, contents)
        yield _cls_row_size(path)
        yield from _writing(contents, Path(folder))


def photo_sized_contents(n_gallery: int) -> StoreContents:
    """Made-up contents at ViT-B/16's shape: softmax-like maps, noisy photographs."""
    contents = make_contents("vit", sizes={"gallery": n_gallery, "image": 100, **VIT_B_16, **PHOTO})
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, size=(n_gallery, *VIT_B_16.values()))
    weights = np.exp(logits)
    maps = weights / weights.sum(axis=(-2, -1), keepdims=True)
    return StoreContents(
        {**contents.arrays, attention.CLS_ATTENTION: maps},
        contents.claims,
        contents.skipped,
        contents.class_names,
        contents.provenance,
    )


def _plain_h5py(path: Path, contents: StoreContents) -> None:
    """The same gallery the usual way: gzip, and the chunks that h5py guesses."""
    with h5py.File(path, "w") as file:
        for spec in SHOWN:
            values = np.asarray(contents.arrays[spec], spec.dtype)
            file.create_dataset(spec.path, data=values, compression="gzip", chunks=True)


def _reading(path: Path, plain: Path) -> Row:
    order = np.random.default_rng(1).permutation(64).tolist() * 4
    with open_store(path) as store, h5py.File(plain) as file:

        def ours(image: int) -> list[NDArray]:
            return [store.read(spec, image) for spec in SHOWN]

        def theirs(image: int) -> list[NDArray]:
            return [_row(file[spec.path], image) for spec in SHOWN]

        ours(0)  # the first read of a dataset checks its sha256; the page pays that once
        taken = np.array([[_milliseconds(ours, i), _milliseconds(theirs, i)] for i in order])
    mine, peer = np.percentile(taken, 95, axis=0)
    return Row(
        work="read one photograph (224 px) with its 144 CLS maps and rollout, 95th percentile",
        ours=mine,
        unit="ms",
        peer=peer,
        peer_name="h5py, gzip, automatic chunks",
        limited_by="decompression of one image",
        bound=Bound("at most", 2, of="figure"),
    )


def _beside_savez(path: Path, contents: StoreContents) -> Row:
    """The same reading beside a file of whole arrays, opened once as the store is."""
    archive = path.with_suffix(".npz")
    np.savez(archive, *(contents.arrays[spec] for spec in SHOWN))
    with open_store(path) as store, np.load(archive) as arrays:
        ours, peer = seconds_side_by_side(
            lambda: [store.read(spec, 5) for spec in SHOWN],
            lambda: [arrays[f"arr_{i}"][5] for i in range(len(SHOWN))],
        )
    return Row(
        work="read one of 64 such photographs, median",
        ours=ours * 1e3,
        unit="ms",
        peer=peer * 1e3,
        peer_name="numpy.savez, which reads every row for one",
        limited_by="decompression of one image",
        bound=Bound("at most", 1, of="ratio"),
    )


def _row(dataset: h5py.Group | h5py.Dataset | h5py.Datatype, row: int) -> NDArray:
    assert isinstance(dataset, h5py.Dataset)
    return dataset[row]


def _milliseconds(read, image: int) -> float:
    start = time.perf_counter()
    read(image)
    return (time.perf_counter() - start) * 1e3


def _cls_row_size(path: Path) -> Row:
    with open_store(path) as store:
        stored = store.datasets[attention.CLS_ATTENTION.path].id.get_storage_size()
    return Row(
        work="stored size of one image's 144 CLS rows at ViT-B/16's shape",
        ours=stored / 64 / 1e3,
        unit="kB",
        limited_by="entropy of float16 maps (random ones here)",
        bound=Bound("at most", 60, of="figure"),
    )


def _writing(contents: StoreContents, folder: Path) -> Iterator[Row]:
    arrays = [
        np.ascontiguousarray(values, spec.dtype)
        for spec, values in contents.arrays.items()
        if spec.dtype != TEXT
    ]
    raw = sum(array.nbytes for array in arrays) / 1e6
    ours, zipped, saved = seconds_side_by_side(
        lambda: publish(folder / "again.h5", contents),
        lambda: [zlib.compress(_shuffled(array), GZIP_LEVEL) for array in arrays],
        lambda: np.savez(folder / "again.npz", *arrays),
        repeats=3,
    )
    work = f"publish {raw:.0f} MB: check, compress, write, read back, verify, put in place"
    limit = "gzip on one core"
    name = "zlib alone on the same bytes, nothing written: the limit"
    yield Row(
        work, raw / ours, "MB/s", limit, Bound("at least", 200, of="figure"), raw / zipped, name
    )
    name = "numpy.savez: nothing checked, compressed or verified"
    yield Row(work, raw / ours, "MB/s", limit, None, raw / saved, name)


def _shuffled(array: NDArray) -> bytes:
    """Bytes in the order in which HDF5's shuffle filter hands them to gzip."""
    return array.reshape(-1).view("uint8").reshape(-1, array.itemsize).T.tobytes()
