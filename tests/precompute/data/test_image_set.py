"""Images in a fixed order, whatever they are read from, and who is whose partner."""

import numpy as np
import pytest
from PIL import Image

from precompute.data.image_set import ImageSet, drawing_order, partners
from precompute.data.object_masks import BACKGROUND, INTERIOR, OUTLINE
from precompute.data.registry import HALO, load_images, silhouette, silhouette_regions
from precompute.errors import InputError


def write_pictures(folder, names, size=(20, 12)):
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, (number * 20, 50, 90)).save(path)


def test_fashion_mnist_has_the_official_sizes_and_classes():
    test = load_images("FashionMNIST", "test", data=None)
    assert len(test) == 10_000
    assert np.bincount(test.labels).tolist() == [1000] * 10
    assert test.read(0).size == (28, 28)
    assert set(np.unique(test.regions(0))) == {BACKGROUND, INTERIOR, OUTLINE}


def test_a_silhouette_splits_into_band_interior_and_background():
    pixels = np.zeros((9, 9), np.uint8)
    pixels[2:7, 2:7] = 200
    pixels[4, 4] = 0  # a hole belongs to the object
    regions = silhouette_regions(pixels)
    assert regions[4, 4] == INTERIOR
    assert regions[2, 3] == OUTLINE  # last pixel inside
    assert regions[1, 3] == OUTLINE  # first pixel outside
    assert regions[0, 0] == BACKGROUND
    assert (regions == INTERIOR).sum() == 9


def test_the_fringe_of_a_garment_is_no_part_of_its_mask():
    test = load_images("FashionMNIST", "test", data=None)
    for row in range(20):
        pixels, mask = np.asarray(test.read(row)), test.on_object(row)
        assert pixels[~mask].max() <= HALO
        assert (mask <= silhouette(pixels)).all()


def test_a_folder_is_read_in_name_order_and_sub_folders_are_labels(tmp_path):
    write_pictures(tmp_path, ["dog/b.png", "cat/a.jpg", "dog/a.png"])
    images = load_images(str(tmp_path), "test", data=None)
    assert images.names == ("cat/a.jpg", "dog/a.png", "dog/b.png")
    assert images.class_names == ("cat", "dog")
    assert images.labels.tolist() == [0, 1, 1]


def test_unreadable_pictures_are_listed_with_the_reason(tmp_path):
    write_pictures(tmp_path, ["a.jpg", "b.jpg"])
    whole = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.png").write_text("not a picture")
    images = load_images(str(tmp_path), "test", data=None)
    assert images.names == ("a.jpg", "b.jpg")
    assert [skipped.name for skipped in images.skipped] == ["cut.jpg", "text.png"]
    assert all(str(tmp_path) not in skipped.reason for skipped in images.skipped)
    assert all(skipped.reason for skipped in images.skipped)


def test_the_digest_changes_with_any_picture_and_name(tmp_path):
    write_pictures(tmp_path, ["a.png", "b.png"])
    first = load_images(str(tmp_path), "test", data=None).digest
    assert load_images(str(tmp_path), "test", data=None).digest == first
    (tmp_path / "b.png").rename(tmp_path / "c.png")
    assert load_images(str(tmp_path), "test", data=None).digest != first


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("no/such/folder", "no/such/folder: no such image folder or data set"),
        ("STL10", r"test_y\.bin|test_X\.bin: not found"),
        ("OxfordIIITPet", r"list\.txt: not found"),
    ],
)
def test_a_missing_source_says_what_to_do(tmp_path, source, message):
    with pytest.raises(InputError, match=message):
        load_images(source, "test", tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="no readable picture"):
        load_images(str(tmp_path), "test", data=None)


def write_stl10(folder, n=6):
    """Write STL-10's real layout: channels first, then columns, then rows; labels from 1."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (n, 96, 96, 3), np.uint8)  # image, row, column, channel
    for split in ("train", "test"):
        (folder / f"{split}_X.bin").write_bytes(pixels.transpose(0, 3, 2, 1).tobytes())
        (folder / f"{split}_y.bin").write_bytes((np.arange(n, dtype=np.uint8) % 10 + 1).tobytes())
    (folder / "class_names.txt").write_text(
        "airplane\nbird\ncar\ncat\ndeer\ndog\nhorse\nmonkey\nship\ntruck\n"
    )
    return pixels


def test_stl10s_binary_layout_comes_out_upright(tmp_path):
    pixels = write_stl10(tmp_path / "stl10_binary")
    images = load_images("STL10", "test", tmp_path)
    np.testing.assert_array_equal(np.asarray(images.read(3)), pixels[3])
    assert images.labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert images.class_names[3] == "cat"


def test_a_truncated_stl10_file_is_refused(tmp_path):
    write_stl10(tmp_path / "stl10_binary")
    file = tmp_path / "stl10_binary" / "test_X.bin"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(InputError, match="expected 165888 for 6 labels"):
        load_images("STL10", "test", tmp_path)


def test_oxford_cats_come_with_their_trimaps(tmp_path):
    root = tmp_path / "oxford-iiit-pet"
    (root / "annotations" / "trimaps").mkdir(parents=True)
    lines = ["# comment", "Abyssinian_1 1 1 1", "beagle_1 5 2 1", "Bengal_2 6 1 2"]
    (root / "annotations" / "list.txt").write_text("\n".join(lines))
    write_pictures(root / "images", ["Abyssinian_1.jpg", "beagle_1.jpg", "Bengal_2.jpg"])
    trimap = np.full((12, 20), 2, np.uint8)
    trimap[4:8, 4:8], trimap[4, 4:8] = 1, 3
    for stem in ("Abyssinian_1", "Bengal_2"):
        Image.fromarray(trimap).save(root / "annotations" / "trimaps" / f"{stem}.png")
    cats = load_images("OxfordIIITPet", "test", tmp_path)
    assert cats.names == ("Abyssinian_1.jpg", "Bengal_2.jpg")
    regions = cats.regions(1)
    assert regions[4, 5] == OUTLINE
    assert regions[6, 5] == INTERIOR
    assert regions[0, 0] == BACKGROUND
    np.testing.assert_array_equal(cats.on_object(1), trimap != 2)  # with the border's band


def test_taking_rows_keeps_pictures_and_labels_together(tmp_path):
    write_pictures(tmp_path, ["x/a.png", "y/b.png", "z/c.png"])
    images = load_images(str(tmp_path), "test", data=None)
    taken = images.take(np.array([2, 0]))
    assert taken.names == ("z/c.png", "x/a.png")
    assert taken.labels.tolist() == [2, 0]
    assert taken.read(0).getpixel((0, 0)) == images.read(2).getpixel((0, 0))
    assert taken.digest != images.digest


def test_studies_of_a_seed_draw_their_pictures_in_one_order():
    order = drawing_order(100, seed=3)
    assert sorted(order.tolist()) == list(range(100))
    assert drawing_order(100, seed=3).tolist() == order.tolist()
    assert drawing_order(100, seed=4).tolist() != order.tolist()


def write_masks(folder, names, size=(20, 12)):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        mask = np.zeros(size[::-1], np.uint8)
        mask[3:9, 5:15] = 255
        Image.fromarray(mask).save(folder / name)


def test_masks_beside_a_folder_give_its_pictures_regions(tmp_path):
    write_pictures(tmp_path / "pets", ["cat/1.jpg", "dog/2.png"])
    without = load_images(str(tmp_path / "pets"), "test", None)
    assert without.regions is None
    write_masks(tmp_path / "pets-masks", ["cat/1.png", "dog/2.png"])
    images = load_images(str(tmp_path / "pets"), "test", None)
    regions = images.regions(1)
    assert regions.shape == (12, 20)
    assert regions[6, 10] == INTERIOR
    assert regions[3, 5] == regions[2, 6] == OUTLINE
    assert regions[0, 0] == BACKGROUND
    assert images.digest != without.digest  # other masks are another run
    assert without.on_object is None
    assert np.argwhere(images.on_object(1)).min(axis=0).tolist() == [3, 5]
    assert images.take(np.array([1])).on_object(0).sum() == 6 * 10


def test_a_picture_without_its_mask_is_named(tmp_path):
    write_pictures(tmp_path / "pets", ["1.jpg", "2.jpg"])
    write_masks(tmp_path / "pets-masks", ["1.png"])
    images = load_images(str(tmp_path / "pets"), "test", None)
    with pytest.raises(InputError, match=r"2\.png: the mask of 2\.jpg cannot be read"):
        images.regions(1)


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_in_a_folder_sorted_by_class_the_partner_is_of_another(n_classes):
    labels = np.repeat(np.arange(n_classes), 10)
    others = labels[partners(np.arange(len(labels)), len(labels))]
    assert (others != labels).all()


@pytest.mark.parametrize("n_images", [2, 3, 7, 50])
def test_everyone_is_one_others_partner_and_not_its_own(n_images):
    rows = np.arange(n_images)
    images = partners(rows, n_images)
    assert sorted(images) == rows.tolist()
    assert (images != rows).all()


def test_an_image_alone_is_its_own_partner():
    assert partners(np.array([0]), 1).tolist() == [0]


def test_taking_rows_takes_their_pixels():
    images: ImageSet = load_images("FashionMNIST", "test", None).take(np.array([5, 900, 7]))
    assert np.array_equal(images.pixels(range(1, 3))[0, :, :, 0], np.asarray(images.read(1)))
