"""Pictures from folders, tar files and URLs, hostile ones among them."""

import io
import sys
import tarfile
import weakref

import cloudpickle
import fsspec
import numpy as np
import pytest
from PIL import Image

from precompute import pictures
from precompute.datasets import load_images
from precompute.errors import InputError


def encoded(shade, size=(20, 12), kind="PNG", **options):
    stream = io.BytesIO()
    Image.new("RGB", size, (shade, 50, 90)).save(stream, kind, **options)
    return stream.getvalue()


def write_tar(path, members):
    """Write (name, content) members in order; a TarInfo stands for itself."""
    with tarfile.open(path, "w") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
                continue
            info = tarfile.TarInfo(member[0])
            info.size = len(member[1])
            tar.addfile(info, io.BytesIO(member[1]))


def shades(images):
    return [images.read(row).getpixel((0, 0))[0] for row in range(len(images))]


def skipped(images):
    return {entry.name: entry.reason for entry in images.skipped}


def test_webdataset_tars_are_read_by_row_with_their_cls_as_label(tmp_path):
    samples = [
        ("a.png", encoded(10)),
        ("a.cls", b"cat\n"),
        ("b.cls", b"dog"),
        ("b.png", encoded(20)),
    ]
    write_tar(tmp_path / "shard-000.tar", [*samples, ("b.json", b"{}")])
    write_tar(tmp_path / "shard-001.tar", [("c.png", encoded(30)), ("c.cls", b"cat")])
    images = load_images(str(tmp_path), "test", None)
    assert images.names == ("shard-000.tar/a.png", "shard-000.tar/b.png", "shard-001.tar/c.png")
    assert images.class_names == ("cat", "dog")
    assert images.labels.tolist() == [0, 1, 0]
    assert shades(images) == [10, 20, 30]
    assert shades(images.take(np.array([2, 0]))) == [30, 10]
    one = load_images(str(tmp_path / "shard-001.tar"), "test", None)
    many = load_images(str(tmp_path / "shard-*.tar"), "test", None)
    assert (len(one), len(many)) == (1, 3)


def test_folders_in_a_tar_are_labels_as_folders_on_disk_are(tmp_path):
    write_tar(tmp_path / "all.tar", [("cat/1.png", encoded(1)), ("dog/1.png", encoded(2))])
    images = load_images(str(tmp_path / "all.tar"), "test", None)
    assert images.class_names == ("cat", "dog")


def test_a_url_is_read_like_a_folder(tmp_path):
    memory = fsspec.filesystem("memory")
    memory.pipe("/bucket/dog/1.png", encoded(7))
    memory.pipe("/bucket/cat/1.png", encoded(9))
    memory.pipe("/bucket/cat/notes.txt", b"no picture")
    images = load_images("memory://bucket", "test", None)
    assert images.names == ("cat/1.png", "dog/1.png")
    assert images.class_names == ("cat", "dog")
    assert shades(images) == [9, 7]


def test_nothing_in_a_hostile_tar_reaches_the_disk_or_stops_the_rest(tmp_path):
    link = tarfile.TarInfo("link.png")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    members = [("../../up.png", encoded(1)), ("/etc/absolute.png", encoded(2)), link]
    members += [("line\nbreak.png", encoded(3)), ("n" * 300 + ".png", encoded(3))]
    members += [("good.png", encoded(5)), ("broken.png", b"GIF89a"), ("empty.jpg", b"")]
    write_tar(folder / "x.tar", members)
    images = load_images(str(folder), "test", None)
    assert images.names == ("x.tar/good.png",)
    reasons = skipped(images)
    assert len(reasons) == len(members) - 1
    assert reasons["x.tar/../../up.png"] == "its name is no plain path"
    assert reasons["x.tar//etc/absolute.png"] == "its name is no plain path"
    assert reasons["x.tar/line?break.png"] == "its name is no plain path"
    assert reasons["x.tar/link.png"] == "is a link or a special file, not a picture"
    assert all(reasons.values())
    assert all(len(name) <= pictures.LONGEST_NAME for name in reasons)
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "here", "x.tar"]


@pytest.mark.parametrize("cut", [1024, 1300, 1536 + 30], ids=["between", "in a head", "in a body"])
def test_a_tar_that_breaks_off_keeps_what_came_before(tmp_path, cut):
    path = tmp_path / "x.tar"
    write_tar(path, [("a.png", encoded(1)), ("b.png", encoded(2)), ("c.png", encoded(3))])
    path.write_bytes(path.read_bytes()[:cut])  # a member is two blocks of 512 bytes
    images = load_images(str(path), "test", None)
    assert images.names == ("x.tar/a.png",)
    assert "breaks off" in skipped(images)["x.tar"]


def test_a_photograph_is_turned_as_its_camera_was_held(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # hold the picture a quarter turn clockwise
    (tmp_path / "a.jpg").write_bytes(encoded(1, size=(40, 20), kind="JPEG", exif=exif))
    assert load_images(str(tmp_path), "test", None).read(0).size == (20, 40)


def test_only_picture_formats_are_decoded_whatever_the_file_is_called(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(1))
    (tmp_path / "b.jpg").write_bytes(encoded(1, kind="EPS"))  # Pillow would start Ghostscript
    assert skipped(load_images(str(tmp_path), "test", None)) == {
        "b.jpg": "cannot identify image file"
    }


def test_a_picture_that_unpacks_to_too_many_pixels_is_skipped(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(encoded(1))
    (tmp_path / "bomb.png").write_bytes(encoded(1, size=(60, 60)))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert "decompression bomb" in skipped(load_images(str(tmp_path), "test", None))["bomb.png"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("pictures.tar.gz", "a compressed archive has no random access"),
        ("nosuch://bucket/x", "nosuch://bucket/x: cannot be opened: Protocol not known"),
        ("memory://not-here", "not found"),
        ("https://me:secret@host/x.tar", "would be written into the report"),
        ("https://host/x.tar?token=secret", "would be written into the report"),
    ],
)
def test_a_source_that_cannot_be_opened_says_why(source, message):
    with pytest.raises(InputError, match=message) as caught:
        load_images(source, "test", None)
    assert "secret" not in str(caught.value)


def test_a_missing_package_is_named_with_its_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(InputError, match=r"needs s3fs: \.venv/bin/pip install s3fs"):
        load_images("s3://bucket/folder", "test", None)


def test_looking_through_a_folder_holds_a_handful_of_pictures_at_a_time(tmp_path, monkeypatch):
    for number in range(60):
        (tmp_path / f"{number:02}.png").write_bytes(encoded(number))
    alive, most, decode = weakref.WeakValueDictionary(), [0], pictures.decode

    def watched(content):
        picture = decode(content)
        alive[id(picture)] = picture
        most[0] = max(most[0], len(alive))
        return picture

    monkeypatch.setattr(pictures, "decode", watched)
    assert len(load_images(str(tmp_path), "test", None)) == 60
    assert 1 <= most[0] <= 20


@pytest.mark.parametrize("source", ["FashionMNIST", "folder"])
def test_an_image_set_travels_as_paths_not_pixels(source, tmp_path):
    for number in range(8):
        pixels = np.random.default_rng(number).integers(0, 256, (300, 300, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    images = load_images(str(tmp_path) if source == "folder" else source, "test", None)
    taken = images.take(np.arange(8))
    sent = cloudpickle.dumps(taken)
    assert len(sent) < 10_000  # 8 pictures are 2 MB; the test set's pixels 8 MB
    arrived = cloudpickle.loads(sent)
    np.testing.assert_array_equal(np.asarray(arrived.read(7)), np.asarray(taken.read(7)))
