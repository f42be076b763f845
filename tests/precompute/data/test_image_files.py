"""Pictures from folders, tar files and URLs, hostile ones among them."""

import io
import sys
import tarfile
import weakref

import cloudpickle
import fsspec
import numpy as np
import pytest
from PIL import Image, ImageOps

from precompute.data import image_files
from precompute.data.registry import load_images
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
    assert all(len(name) <= image_files.LONGEST_NAME for name in reasons)
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


def write(folder, name, picture, **options):
    picture.save(folder / name, **options)
    return folder


def test_broken_exif_turns_the_picture_all_the_same(tmp_path):
    exif = Image.Exif()
    exif[0x0112], exif[0x011A] = 6, 72.0
    stream = encoded(1, size=(40, 20), kind="JPEG", exif=exif)
    broken = stream.replace(b"\x01\x1a\x00\x05", b"\x01\x1a\x00\x07", 1)  # a rational called bytes
    assert broken != stream
    (tmp_path / "a.jpg").write_bytes(broken)
    assert load_images(str(tmp_path), "test", None).read(0).size == (20, 40)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_every_orientation_is_turned_as_pillow_turns_it(orientation, kind):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stream = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 3), np.uint8)
    Image.fromarray(pixels).resize((50, 30)).save(stream, kind, exif=exif)
    turned = ImageOps.exif_transpose(Image.open(stream))
    np.testing.assert_array_equal(
        np.asarray(image_files.decode(stream.getvalue())), np.asarray(turned)
    )


def test_whatever_a_decoder_fails_with_is_a_reason(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(encoded(1))
    (tmp_path / "b.png").write_bytes(encoded(2))
    decode = image_files.decode

    def failing(content):
        if content == encoded(2):
            raise TypeError("no tag 7 here")
        return decode(content)

    monkeypatch.setattr(image_files, "decode", failing)
    images = load_images(str(tmp_path), "test", None)
    assert images.names == ("a.png",)
    assert skipped(images) == {"b.png": "no tag 7 here"}


@pytest.mark.parametrize("kind", ["png", "tif"])
def test_16_bit_grey_keeps_its_shades(tmp_path, kind):
    ramp = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    write(tmp_path, f"a.{kind}", Image.fromarray(ramp))
    picture = load_images(str(tmp_path), "test", None).read(0)
    assert picture.mode == "L"
    np.testing.assert_array_equal(np.asarray(picture), ramp >> 8)


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_32_bit_grey_is_refused(tmp_path, dtype):
    write(tmp_path, "a.png", Image.new("L", (8, 8)))
    write(tmp_path, "b.tif", Image.fromarray(np.ones((8, 8), dtype)))
    reasons = skipped(load_images(str(tmp_path), "test", None))
    assert reasons == {"b.tif": "has 32 bits per pixel, expected 8 or 16"}


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_one_sees_white_through_a_transparent_picture(tmp_path, mode):
    pixels = np.full((8, 8, 4), (0, 0, 0, 0), np.uint8)
    pixels[2:6, 2:6] = 90, 90, 90, 255
    picture = Image.fromarray(pixels)
    if mode == "P":
        picture = picture.convert("P")
        write(tmp_path, "a.png", picture, transparency=picture.getpixel((0, 0)))
    else:
        write(tmp_path, "a.png", picture.convert(mode))
    stored = load_images(str(tmp_path), "test", None).read(0)
    assert stored.getpixel((0, 0)) == (255, 255, 255)
    np.testing.assert_allclose(stored.getpixel((3, 3)), 90, atol=15)  # a palette has few greys


def test_a_file_in_a_folder_may_be_no_larger_than_one_in_a_tar(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(encoded(1))
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    write(tmp_path, "b.png", Image.fromarray(noise))
    monkeypatch.setattr(image_files, "LARGEST_BYTES", 4096)
    images = load_images(str(tmp_path), "test", None)
    assert images.names == ("a.png",)
    assert skipped(images) == {"b.png": "is larger than 0 MiB"}


def test_pictures_of_one_stem_in_a_tar_are_all_read(tmp_path):
    members = [("a.png", encoded(1)), ("a.jpg", encoded(2, kind="JPEG")), ("a.cls", b"cat")]
    write_tar(tmp_path / "x.tar", members)
    images = load_images(str(tmp_path / "x.tar"), "test", None)
    assert images.names == ("x.tar/a.png", "x.tar/a.jpg")
    assert images.class_names == ("cat",)


def test_a_second_copy_of_a_file_is_left_out_and_names_the_first(tmp_path):
    for name, shade in (("1.png", 1), ("2.png", 2), ("copy of 1.png", 1)):
        (tmp_path / name).write_bytes(encoded(shade))
    images = load_images(str(tmp_path), "test", None)
    assert images.names == ("1.png", "2.png")
    assert skipped(images) == {"copy of 1.png": "the same file as 1.png"}


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
    alive, most, decode = weakref.WeakValueDictionary(), [0], image_files.decode

    def watched(content):
        picture = decode(content)
        alive[id(picture)] = picture
        most[0] = max(most[0], len(alive))
        return picture

    monkeypatch.setattr(image_files, "decode", watched)
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


def test_pictures_of_a_kind_that_is_not_read_are_skipped_with_what_to_do(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").write_bytes(encoded(10))
    (tmp_path / "photos" / "b.HEIC").write_bytes(b"...")
    write_tar(tmp_path / "photos" / "c.tar", [("d.avif", b"..."), ("e.png", encoded(20))])
    images = load_images(str(tmp_path / "photos"), "test", None)
    assert images.names == ("a.png", "c.tar/e.png")
    assert skipped(images) == {
        "b.HEIC": "HEIC is not read here: convert it to JPEG",
        "c.tar/d.avif": "AVIF is not read here: convert it to JPEG",
    }
