"""The images that come with the repository: whole, and refused where they are not."""

import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest

from precompute.data import fashion_mnist
from precompute.data.fashion_mnist import CLASS_NAMES
from precompute.errors import InputError

EMBEDDED = Path(__file__).resolve().parents[3] / "precompute" / "embedded"


@pytest.fixture(scope="module")
def test_split():
    return fashion_mnist.load("test")


@pytest.fixture(scope="module")
def train_split():
    return fashion_mnist.load("train")


@pytest.mark.parametrize(("split", "n"), [("train", 60_000), ("test", 10_000)])
def test_a_split_has_the_official_shape_and_even_classes(split, n, request):
    files = request.getfixturevalue(f"{split}_split")
    assert files.images.shape == (n, 28, 28)
    assert files.images.dtype == np.uint8
    assert files.labels.dtype == np.int64
    assert np.bincount(files.labels).tolist() == [n // 10] * 10
    assert len(files.digest) == 64


def test_first_test_image_is_the_known_ankle_boot(test_split):
    assert CLASS_NAMES[test_split.labels[0]] == "ankle boot"


def copy_test_files(folder):
    for file in (EMBEDDED / "fashion-mnist").glob("t10k-*.gz"):
        shutil.copy(file, folder)
    return folder / "t10k-labels-idx1-ubyte.gz"


def test_a_flipped_byte_is_refused(tmp_path):
    file = copy_test_files(tmp_path)
    content = bytearray(gzip.decompress(file.read_bytes()))
    content[-1] ^= 1
    file.write_bytes(gzip.compress(bytes(content)))
    with pytest.raises(InputError, match=r"labels-idx1-ubyte\.gz: sha256 is .*, expected 0402a96d"):
        fashion_mnist.load("test", tmp_path)


def test_a_cut_file_is_refused(tmp_path):
    file = copy_test_files(tmp_path)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(InputError, match="cannot be unpacked"):
        fashion_mnist.load("test", tmp_path)


def test_a_missing_file_is_named_with_the_next_step(tmp_path):
    with pytest.raises(InputError, match=r"t10k-images-idx3-ubyte\.gz: not found\. Restore it"):
        fashion_mnist.load("test", tmp_path)
