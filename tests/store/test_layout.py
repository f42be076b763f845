"""How datasets lie in the file: compressed, with checksums, one view to a chunk."""

import h5py
import numpy as np
import pytest

from store.schema import STUDIES, ArraySpec
from store.writer import chunk_shape


def test_every_dataset_is_compressed_and_has_a_checksum(report):
    for study in STUDIES:
        with h5py.File(report / f"{study}.h5", "r", locking=False) as file:
            for spec in STUDIES[study].arrays:
                dataset = file[spec.path]
                if dataset.shape and dataset.size:
                    assert (dataset.compression, dataset.compression_opts) == ("gzip", 4)
                    assert dataset.shuffle
                    assert dataset.fletcher32


@pytest.mark.parametrize(
    ("shape", "dtype", "view_axes", "expected"),
    [
        ((64, 12, 12, 14, 14), "float16", 1, (1, 12, 12, 14, 14)),  # one image's maps: 56 kB
        ((8000, 28, 28), "float16", 1, (10, 28, 28)),  # 1.5 kB a picture: ten to a chunk
        ((16, 224, 224, 3), "uint8", 1, (1, 224, 224, 3)),  # 147 kB
        ((4, 1024, 1024), "float64", 1, (1, 128, 1024)),  # 8 MiB: split into 1 MiB
        ((10_000, 512), "float32", 0, (128, 512)),  # rows of 2 kB: 256 kB
        ((10,), "int32", 0, (10,)),
        ((3, 5), "int16", 2, (3, 5)),
        ((), "float32", 0, None),
        ((0, 4), "float32", 0, None),
    ],
)
def test_a_chunk_is_what_one_view_shows(shape, dtype, view_axes, expected):
    spec = ArraySpec("a", tuple(map(str, range(len(shape)))), dtype, "", view_axes=view_axes)
    chunk = chunk_shape(spec, np.broadcast_to(np.zeros((), dtype), shape))
    assert chunk == expected
