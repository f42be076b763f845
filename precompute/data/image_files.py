"""Pictures from a folder, from tar files or from a URL, read one at a time and trusted in nothing.

Everything goes through fsspec, so a folder, a bucket and a web server are read by the same code. A
tar file is read in the WebDataset layout (a sample's files side by side, `cls` its label) with
Python's own tarfile: nothing is unpacked, and any row can be read by itself, which a stream of
samples does not allow.
"""

import hashlib
import os
import tarfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from fsspec import AbstractFileSystem
from PIL import ExifTags, Image, UnidentifiedImageError

from precompute.data.foreign import quiet
from store.records import Skipped

PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
PICTURE_SUFFIXES |= {".jfif", ".jpe", ".pjpeg", ".pjp"}  # JPEG too, as browsers save it
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")  # Pillow would run Ghostscript on an EPS
UNREAD = {".heic": "HEIC", ".heif": "HEIF", ".avif": "AVIF"}  # as telephones write them
UNREAD |= {".jxl": "JPEG XL", ".jp2": "JPEG 2000", ".dng": "DNG", ".psd": "PSD"}
SYSTEM = ("__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found")
TWELVE_BITS = 4095  # the largest value of 12-bit data, which 16-bit files hold as it is
LARGEST_BYTES = 256 * 2**20  # of one picture's file
LONGEST_NAME = 200  # characters: every name of a store is as wide as its longest
REASON_LENGTH = 200
BATCH = 1024  # files looked at together
TURNS = {  # what brings a picture upright, by its EXIF orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Picture:
    """Where one picture's bytes lie."""

    name: str  # below the folder, or TAR/MEMBER
    path: str  # in the file system
    group: str = ""  # its label: the sub-folder, or what the tar's cls file says
    start: int = 0  # first byte, in a tar
    size: int | None = None  # bytes; None: the whole file


@dataclass(frozen=True)
class Reader:
    """Reads the picture of a row; travels to a worker as paths."""

    fs: AbstractFileSystem
    pictures: tuple[Picture, ...]

    def __call__(self, row: int) -> Image.Image:
        """Return the picture, upright, as grey or RGB."""
        return decode(read_bytes(self.fs, self.pictures[row]))


def read_bytes(fs: AbstractFileSystem, picture: Picture) -> bytes:
    """Return a picture's file."""
    end = None if picture.size is None else picture.start + picture.size
    content: Any = fs.cat_file(picture.path, start=picture.start or None, end=end)
    return content


def decode(content: bytes) -> Image.Image:
    """Decode a picture fully, turned as its EXIF orientation says, as grey or RGB.

    Of EXIF only the orientation is read: the rest may be broken in a picture that is whole. Raises
    whatever Pillow does when the bytes are broken, too large or of a format that is not read.
    """
    with Image.open(BytesIO(content), formats=FORMATS) as picture:
        with quiet() if picture.format == "TIFF" else nullcontext():  # libtiff prints its doubts
            picture.load()  # which turns a TIFF by itself
        orientation: Any = picture.getexif().get(ExifTags.Base.Orientation)
        turn, plain = TURNS.get(orientation), _eight_bits(picture)
        return plain if turn is None else plain.transpose(turn)


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Return grey or RGB: the upper byte of 16-bit grey, and white where one can see through."""
    if picture.mode.startswith("I;16"):  # Pillow itself would cut it off at 255, which is black
        grey = np.asarray(picture)
        if 255 < int(grey.max()) <= TWELVE_BITS:
            raise ValueError("holds 12-bit data in 16 bits, which is nearly black: scale it up")
        return Image.fromarray((grey >> 8).astype(np.uint8))
    if picture.mode in ("I", "F"):  # whose black and white nothing says
        raise ValueError("has 32 bits per pixel, expected 8 or 16")
    if picture.has_transparency_data:
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture.convert("RGBA"))
    return picture.convert("L" if picture.mode == "L" else "RGB")


def list_pictures(fs: AbstractFileSystem, root: str) -> Iterator[Picture | Skipped]:
    """Yield every picture under root in name order, those in tar files too.

    root: a folder, one tar file, or a pattern with * for several.
    """
    kinds: dict[str, Any] = {}
    if "*" in root:
        files, base = sorted(fs.glob(root)), str(PurePosixPath(root).parent)
    elif fs.isfile(root):
        files, base = [root], str(PurePosixPath(root).parent)
    else:
        kinds = dict(fs.find(root, detail=True))
        files, base = sorted(kinds), root.rstrip("/")
    for path in map(str, files):
        name = path.removeprefix(base).lstrip("/")
        suffix = PurePosixPath(path).suffix.lower()
        # A pipe would be waited for; a link leads to a file, or to a folder, which is not followed.
        if path in kinds and kinds[path]["type"] != "file" and not fs.isfile(path):
            linked = fs.isdir(path)
            if linked or suffix in PICTURE_SUFFIXES:
                fact = "is a link to a folder" if linked else "is a pipe or a device, not a picture"
                yield Skipped(_printable(name), fact)
        elif suffix in PICTURE_SUFFIXES:
            parts = PurePosixPath(name).parts
            yield _if_named_well(Picture(name, path, parts[0] if len(parts) > 1 else ""))
        elif suffix in UNREAD:
            yield _unread(name, suffix)
        elif suffix == ".tar":
            yield from list_tar(fs, path, name)


def list_tar(fs: AbstractFileSystem, path: str, name: str) -> Iterator[Picture | Skipped]:
    """Yield the pictures of a tar file in its order; what follows a break is skipped with a reason.

    A sample's label is the text of its `cls` file where there is one, else its folder.
    """
    entries: dict[str, Picture | Skipped] = {}
    labels: dict[str, str] = {}
    try:
        opened: Any = fs.open(path, "rb")  # typed as text or bytes
        with opened as stream, tarfile.open(fileobj=stream, mode="r:") as tar:
            for member in tar:
                stem, dot, suffix = member.name.rpartition(".")
                if dot + suffix.lower() in PICTURE_SUFFIXES:
                    entries[member.name] = _member(member, path, name)
                elif dot + suffix.lower() in UNREAD:
                    entries[member.name] = _unread(f"{name}/{member.name}", dot + suffix.lower())
                elif suffix == "cls" and member.isreg() and member.size <= LONGEST_NAME:
                    content = tar.extractfile(member)
                    labels[stem] = content.read().decode("utf-8", "replace").strip()  # type: ignore[union-attr]  # a regular file
            stream.seek(tar.offset)
            if stream.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
                raise tarfile.ReadError("no end mark where members end")  # tarfile says nothing
    except (tarfile.TarError, OSError, EOFError) as error:
        entries[""] = Skipped(name, f"the archive breaks off: {error}"[:REASON_LENGTH])
    for member_name, entry in entries.items():
        label = labels.get(member_name.rpartition(".")[0])
        if isinstance(entry, Picture) and label is not None:
            entry = replace(entry, group=label)
        yield entry


def _member(member: tarfile.TarInfo, path: str, name: str) -> Picture | Skipped:
    """Return where a member lies; a link, a pipe or a sparse file is no picture."""
    full_name = f"{name}/{member.name}"
    if not member.isreg() or member.issparse():
        return Skipped(_printable(full_name), "is a link or a special file, not a picture")
    folder = str(PurePosixPath(member.name).parent)
    group = "" if folder == "." else PurePosixPath(folder).parts[0]
    return _if_named_well(Picture(full_name, path, group, member.offset_data, member.size))


def _unread(name: str, suffix: str) -> Skipped:
    return Skipped(_printable(name), f"{UNREAD[suffix]} is not read here: convert it to JPEG")


def _if_named_well(picture: Picture) -> Picture | Skipped:
    name = picture.name
    if ".." in PurePosixPath(name).parts or "//" in name or not name.isprintable():
        return Skipped(_printable(name), "its name is no plain path")
    if any(part in SYSTEM or part.startswith(".") for part in PurePosixPath(name).parts):
        return Skipped(name[:LONGEST_NAME], "lies in a folder of the system's, or is hidden")
    if len(name) > LONGEST_NAME:
        return Skipped(_printable(name), f"its name has {len(name)} characters")
    return picture


def without_strays(listed: Sequence[Picture | Skipped]) -> list[Picture | Skipped]:
    """Leave out the few pictures that lie beside folders of classes: they would cost all labels."""
    pictures = [entry for entry in listed if isinstance(entry, Picture)]
    n_strays = sum(not picture.group for picture in pictures)
    if len({picture.group for picture in pictures} - {""}) < 2 or n_strays >= len(pictures) / 2:
        return list(listed)
    reason = "lies beside the folders of classes, so it has no label"
    return [
        entry if isinstance(entry, Skipped) or entry.group else Skipped(entry.name, reason)
        for entry in listed
    ]


def _printable(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name)[:LONGEST_NAME]


def check_all(
    fs: AbstractFileSystem, pictures: Sequence[Picture]
) -> Iterator[tuple[Picture, tuple[str, str]]]:
    """Decode each picture once, a few at a time, in order; no picture is kept.

    Yields each with its sha256, or with "" and why it cannot be read.
    """

    def check(picture: Picture) -> tuple[str, str]:
        try:
            size = fs.size(picture.path) if picture.size is None else picture.size
            if (size or 0) > LARGEST_BYTES:  # a web server may not say
                return "", f"is larger than {LARGEST_BYTES // 2**20} MiB"
            content = read_bytes(fs, picture)
            decode(content)
        except Exception as error:  # bytes from anywhere fail a decoder in any way
            return "", _reason(error, picture)
        return hashlib.sha256(content).hexdigest(), ""

    with ThreadPoolExecutor(min(16, os.cpu_count() or 1)) as pool:  # decoding holds no lock
        for start in range(0, len(pictures), BATCH):
            batch = pictures[start : start + BATCH]
            yield from zip(batch, pool.map(check, batch), strict=True)


def _reason(error: Exception, picture: Picture) -> str:
    """Say what is wrong without the folder that the picture lies in, or Python's own objects."""
    if isinstance(error, FileNotFoundError):
        return "not found"
    if isinstance(error, UnidentifiedImageError):
        return "cannot identify image file"
    text = str(error) or type(error).__name__
    return text.replace(picture.path, picture.name)[:REASON_LENGTH]
