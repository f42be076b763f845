"""Reading: any part of a dataset, and clear words for what is not there."""

import time
import tracemalloc

import h5py
import numpy as np
import pytest

from store import errors
from store.file.hashing import array_hash, content_hash
from store.reader import open_store
from store.schema.clip import prompts
from store.schema.vae import latent_space, reconstructions
from store.schema.vit import attention, labels, masking
from store.writer import publish
from tests.support.made_up_stores import make_contents


def test_an_index_selects_along_the_leading_axes(report):
    whole = make_contents("vit").arrays[attention.CLS_ATTENTION]
    with open_store(report / "vit.h5", "vit") as store:
        for index in ((), (2,), (2, 1), (-1,), (slice(1, 3),), (0, slice(None), 1), (np.int64(3),)):
            np.testing.assert_array_equal(store.read(attention.CLS_ATTENTION, *index), whole[index])
        assert store.read(attention.CLS_ATTENTION, slice(3, 1)).shape == (0, *whole.shape[1:])
        assert store.read(attention.CLS_ATTENTION, slice(0, 4, 2)).shape[0] == 2


def test_a_read_array_is_a_copy(report):
    with open_store(report / "vit.h5", "vit") as store:
        store.read(masking.SURVIVAL)[:] = -1
        assert (store.read(masking.SURVIVAL) >= 0).all()


def test_the_first_read_decodes_a_dataset_once(report, monkeypatch):
    decoded, decode = [], h5py.Dataset.__getitem__
    monkeypatch.setattr(
        h5py.Dataset, "__getitem__", lambda *of: decoded.append(of[1]) or decode(*of)
    )
    with open_store(report / "vit.h5", "vit") as store:
        decoded.clear()
        first = store.read(labels.GALLERY_PIXELS, 2)
        assert decoded == [()]
        assert first.base is None  # a view would keep all pictures in memory
        np.testing.assert_array_equal(first, store.read(labels.GALLERY_PIXELS, 2))
        assert decoded == [(), (2,)]


def test_a_digest_takes_no_memory_of_its_own():
    values = np.zeros(2**22)
    tracemalloc.start()
    try:
        array_hash(values)
        content_hash([("a", "row", "", values)], {})
        assert tracemalloc.get_traced_memory()[1] < values.nbytes / 100
    finally:
        tracemalloc.stop()


def test_text_comes_back_as_str(report):
    with open_store(report / "clip.h5", "clip") as store:
        assert store.read(prompts.TEMPLATE).tolist()[1] == "a photo of a {}"
        assert str(store.read(prompts.TEMPLATE, 1)) == "a photo of a {}"


@pytest.mark.parametrize(
    ("index", "error", "says"),
    [
        ((4,), IndexError, "gallery/name: 4 is outside axis 'gallery' of size 4"),
        ((-5,), IndexError, "-5 is outside axis 'gallery'"),
        ((0, 0), IndexError, r"2 indices for axes \('gallery',\)"),
        ((slice(None, None, -1),), ValueError, "a slice along 'gallery' needs a positive step"),
        (("a",), TypeError, "cannot be interpreted as an integer"),
    ],
)
def test_a_wrong_index_is_the_callers_mistake(index, error, says, report):
    with open_store(report / "vit.h5", "vit") as store, pytest.raises(error, match=says):
        store.read(labels.GALLERY_NAME, *index)


def test_what_the_store_does_not_hold_is_named(report):
    with open_store(report / "vit.h5", "vit") as store:
        assert store.has(masking.SURVIVAL)
        assert not store.has(reconstructions.LOSS)
        assert store.size("gallery") == 4
        with pytest.raises(errors.SchemaMismatch, match="'training/loss' is not in this store"):
            store.read(reconstructions.LOSS)
        with pytest.raises(errors.SchemaMismatch, match="there is no axis 'epoch'"):
            store.size("epoch")


def test_a_closed_store_says_so(report):
    store = open_store(report / "vit.h5", "vit")
    store.close()
    store.close()
    with pytest.raises(ValueError, match="the store is closed; open it again to read"):
        store.read(masking.SURVIVAL)


def test_an_open_store_keeps_its_generation(copy_of):
    path = copy_of("vae")
    old, new = make_contents("vae"), make_contents("vae", seed=1)
    with open_store(path, "vae") as before:
        publish(path, new)
        with open_store(path, "vae") as after:
            np.testing.assert_array_equal(
                before.read(latent_space.POSTERIOR_MEAN), old.arrays[latent_space.POSTERIOR_MEAN]
            )
            np.testing.assert_array_equal(
                after.read(latent_space.POSTERIOR_MEAN), new.arrays[latent_space.POSTERIOR_MEAN]
            )
            assert before.content_hash != after.content_hash


def test_reading_one_picture_is_quick(report):
    """An early warning with a wide margin; the figure itself is measured by the benchmark."""
    with open_store(report / "vae.h5", "vae") as store:
        started = time.perf_counter()
        for _ in range(50):
            store.read(reconstructions.SAMPLE_RECONSTRUCTION, 1)
        assert (time.perf_counter() - started) / 50 < 0.01
