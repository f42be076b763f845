"""Image sets: read, label, digest. One class for files of pixels and for folders of pictures."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from scipy import ndimage

from precompute.embedded import fashion_mnist
from precompute.errors import InputError
from precompute.photographs import pictures as photographs
from store.records import Skipped

Split = Literal["train", "test"]
PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
BACKGROUND, INTERIOR, OUTLINE = 0, 1, 2  # values of a region map
STL10_PIXELS = (3, 96, 96)  # channel, column, row: the binary files are stored column by column
OXFORD_CLASS, OXFORD_BACKGROUND, OXFORD_BORDER = 1, 2, 3  # values of a trimap


@dataclass(frozen=True)
class ImageSet:
    """Images that can be read one by one, in a fixed order."""

    name: str
    digest: str  # sha256 over the images' bytes and labels, in order
    names: tuple[str, ...]
    labels: NDArray[np.int64]  # (N,) label index; -1 where none is known
    class_names: tuple[str, ...]  # empty when there are no labels
    read: Callable[[int], Image.Image]  # row -> picture, mode L or RGB
    regions: Callable[[int], NDArray[np.uint8]] | None = None  # row -> (H, W) region map
    skipped: tuple[Skipped, ...] = ()

    def __len__(self) -> int:
        """Number of images."""
        return len(self.names)

    def take(self, rows: NDArray[np.int64]) -> "ImageSet":
        """Return the set of these rows, in this order."""
        old_read, old_regions = self.read, self.regions
        return replace(
            self,
            digest=hashlib.sha256(self.digest.encode() + rows.tobytes()).hexdigest(),
            names=tuple(self.names[row] for row in rows),
            labels=self.labels[rows],
            read=lambda row: old_read(int(rows[row])),
            regions=old_regions and (lambda row: old_regions(int(rows[row]))),
        )


def load_images(source: str, split: Split, data: Path) -> ImageSet:
    """Open an image set by name or folder.

    source: "FashionMNIST" (in this repository), "STL10" or "OxfordIIITPet" (staged under data),
        "photographs" (in scikit-image), or a folder of pictures; a folder with sub-folders takes
        their names as labels.
    Raises InputError with one line when it is not there or holds nothing readable.
    """
    if source == "FashionMNIST":
        return _fashion_mnist(split)
    if source == "STL10":
        return _stl10(split, data / "stl10_binary")
    if source == "OxfordIIITPet":
        return _oxford_cats(data / "oxford-iiit-pet")
    if source == "photographs":
        return _photographs()
    folder = Path(source).expanduser()
    if not folder.is_dir():
        raise InputError(
            f"{source}: no such image folder or data set. Give a folder of pictures, or one of "
            f"FashionMNIST, STL10, OxfordIIITPet, photographs."
        )
    return _folder(folder)


def _fashion_mnist(split: Split) -> ImageSet:
    files = fashion_mnist.load(split)
    return ImageSet(
        name=f"FashionMNIST {split}",
        digest=files.digest,
        names=tuple(f"{split}-{row:05d}" for row in range(len(files.labels))),
        labels=files.labels.astype(np.int64),
        class_names=fashion_mnist.CLASS_NAMES,
        read=lambda row: Image.fromarray(files.images[row]),
        regions=lambda row: silhouette_regions(files.images[row]),
    )


def silhouette_regions(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Split a picture on a black background into outline, interior and background.

    pixels: (H, W). The silhouette is every non-black pixel with its holes filled; the outline is
    the two-pixel band along its edge, one pixel on either side.
    """
    silhouette = np.asarray(ndimage.binary_fill_holes(pixels > 0), bool)
    eroded = np.asarray(ndimage.binary_erosion(silhouette), bool)
    dilated = np.asarray(ndimage.binary_dilation(silhouette), bool)
    regions = np.full(pixels.shape, BACKGROUND, np.uint8)
    regions[eroded] = INTERIOR
    regions[dilated & ~eroded] = OUTLINE
    return regions


def _stl10(split: Split, folder: Path) -> ImageSet:
    """Map STL-10's binary files (Coates et al. 2011); nothing is read until it is asked for."""
    files = {part: folder / f"{split}_{part}.bin" for part in ("X", "y")}
    for file in (*files.values(), folder / "class_names.txt"):
        if not file.is_file():
            raise InputError(
                f"{file}: not found. Run `python -m precompute check` for how to stage it."
            )
    labels = np.fromfile(files["y"], np.uint8).astype(np.int64) - 1  # stored from 1
    n_bytes, per_image = files["X"].stat().st_size, int(np.prod(STL10_PIXELS))
    if n_bytes != per_image * len(labels):
        raise InputError(
            f"{files['X']}: {n_bytes} bytes, expected {per_image * len(labels)} for {len(labels)} "
            f"labels. Stage STL10 again: `python -m precompute check` says how."
        )
    pixels = np.memmap(files["X"], np.uint8, "r", shape=(len(labels), *STL10_PIXELS))
    return ImageSet(
        name=f"STL10 {split}",
        digest=_digest_files([files["X"], files["y"]]),
        names=tuple(f"{split}-{row:05d}" for row in range(len(labels))),
        labels=labels,
        class_names=tuple((folder / "class_names.txt").read_text().split()),
        read=lambda row: Image.fromarray(np.ascontiguousarray(pixels[row].transpose(2, 1, 0))),
    )


def _oxford_cats(folder: Path) -> ImageSet:
    """The cats of Oxford-IIIT Pet (Parkhi et al. 2012): file names that begin with a capital."""
    listing = folder / "annotations" / "list.txt"
    if not listing.is_file():
        raise InputError(
            f"{listing}: not found. Run `python -m precompute check` for how to stage it."
        )
    lines = [line.split()[0] for line in listing.read_text().splitlines() if line[:1] not in "#"]
    stems = sorted(stem for stem in lines if stem[0].isupper())
    files = [folder / "images" / f"{stem}.jpg" for stem in stems]
    readable, skipped, digest = _readable(files, folder / "images")
    trimaps = folder / "annotations" / "trimaps"
    return ImageSet(
        name="OxfordIIITPet cats",
        digest=digest,
        names=tuple(file.name for file in readable),
        labels=np.full(len(readable), -1, np.int64),
        class_names=(),
        read=lambda row: _open(readable[row]),
        regions=lambda row: trimap_regions(trimaps / f"{readable[row].stem}.png"),
        skipped=skipped,
    )


def _photographs() -> ImageSet:
    """The free photographs in scikit-image's wheel, the cat first."""
    files = [photographs.FOLDER / one.file for one in photographs.PHOTOGRAPHS]
    readable, skipped, digest = _readable(files, photographs.FOLDER)
    return ImageSet(
        name=photographs.NAME,
        digest=digest,
        names=tuple(file.name for file in readable),
        labels=np.full(len(readable), -1, np.int64),
        class_names=(),
        read=lambda row: _open(readable[row]),
        skipped=skipped,
    )


def trimap_regions(file: Path) -> NDArray[np.uint8]:
    """Read a pet trimap as a region map: its border band is the outline."""
    trimap = np.asarray(Image.open(file))
    regions = np.full(trimap.shape, BACKGROUND, np.uint8)
    regions[trimap == OXFORD_CLASS] = INTERIOR
    regions[trimap == OXFORD_BORDER] = OUTLINE
    return regions


def _folder(folder: Path) -> ImageSet:
    """Pictures in a folder, in name order; sub-folders, where there are any, are the labels."""
    files = sorted(
        file
        for file in folder.rglob("*")
        if file.is_file() and file.suffix.lower() in PICTURE_SUFFIXES
    )
    readable, skipped, digest = _readable(files, folder)
    if not readable:
        reason = f"; first of {len(skipped)} refused: {skipped[0].name}" if skipped else ""
        raise InputError(
            f"{folder}: no readable picture{reason}. Give a folder of JPEG or PNG files."
        )
    groups = [file.relative_to(folder).parts[0] for file in readable if file.parent != folder]
    labelled = len(groups) == len(readable)
    class_names = tuple(sorted(set(groups))) if labelled else ()
    index = {name: row for row, name in enumerate(class_names)}
    labels = [index[group] for group in groups] if labelled else [-1] * len(readable)
    return ImageSet(
        name=folder.name,
        digest=digest,
        names=tuple(str(file.relative_to(folder)) for file in readable),
        labels=np.array(labels, np.int64),
        class_names=class_names,
        read=lambda row: _open(readable[row]),
        skipped=skipped,
    )


def _readable(files: list[Path], folder: Path) -> tuple[list[Path], tuple[Skipped, ...], str]:
    """Decode each file once: those that decode, those that do not with the reason, a digest."""
    readable, skipped, digest = [], [], hashlib.sha256()
    for file in files:
        try:
            _open(file)
        except (OSError, ValueError, UnidentifiedImageError, Image.DecompressionBombError) as error:
            reason = str(error).replace(str(file), file.name).replace(f"{folder}/", "")
            skipped.append(Skipped(str(file.relative_to(folder)), reason[:200]))
            continue
        readable.append(file)
        digest.update(str(file.relative_to(folder)).encode() + file.read_bytes())
    return readable, tuple(skipped), digest.hexdigest()


def _open(file: Path) -> Image.Image:
    """Decode a picture fully, as grey or RGB."""
    with Image.open(file) as picture:
        return picture.convert("L" if picture.mode == "L" else "RGB")


def _digest_files(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()
