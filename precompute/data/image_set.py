"""Image sets: read, label, digest. One class for files of pixels and for folders of pictures."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Literal

import fsspec
import numpy as np
from fsspec import AbstractFileSystem
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from precompute.data import fashion_mnist
from precompute.data import photographs as photographs
from precompute.data.filesystem import open_source
from precompute.data.image_files import Picture, Reader, check_all, list_pictures
from precompute.data.object_masks import BACKGROUND, INTERIOR, OUTLINE, masks_beside, regions_of
from precompute.errors import InputError
from store.provenance import settings_hash
from store.records import Skipped

Split = Literal["train", "test"]
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
    # rows -> (n, H, W, 1 or 3) pixels, where all pictures have one size and lie in one file
    pixels: Callable[[range | NDArray[np.int64]], NDArray[np.uint8]] | None = None

    def __len__(self) -> int:
        """Number of images."""
        return len(self.names)

    def take(self, rows: NDArray[np.int64]) -> "ImageSet":
        """Return the set of these rows, in this order."""
        old_read, old_regions, old_pixels = self.read, self.regions, self.pixels
        return replace(
            self,
            digest=hashlib.sha256(self.digest.encode() + rows.tobytes()).hexdigest(),
            names=tuple(self.names[row] for row in rows),
            labels=self.labels[rows],
            read=lambda row: old_read(int(rows[row])),
            regions=old_regions and (lambda row: old_regions(int(rows[row]))),
            pixels=old_pixels and (lambda some: old_pixels(rows[np.asarray(some)])),
        )


def drawing_order(n_images: int, seed: int) -> NDArray[np.int64]:
    """Return every row in the order in which studies draw the images that they show.

    One order for all studies of a seed, so that a picture can be followed through each of them.
    """
    return np.random.default_rng(np.random.SeedSequence(seed)).permutation(n_images)


def load_images(source: str, split: Split, data: Path) -> ImageSet:
    """Open an image set by name or folder.

    source: "FashionMNIST" (in this repository), "STL10" or "OxfordIIITPet" (staged under data),
        "photographs" (in scikit-image), or a folder of pictures, tar files or a URL of either;
        sub-folders are labels.
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
    return _pictures(source)


def _fashion_mnist(split: Split) -> ImageSet:
    files = _fashion_files(split)
    return ImageSet(
        name=f"FashionMNIST {split}",
        digest=files.digest,
        names=tuple(f"{split}-{row:05d}" for row in range(len(files.labels))),
        labels=files.labels.astype(np.int64),
        class_names=fashion_mnist.CLASS_NAMES,
        read=partial(_read_fashion, split),
        regions=partial(_fashion_regions, split),
        pixels=partial(_fashion_pixels, split),
    )


# A reader knows where its pixels lie and opens them once in each process, so that an image set
# travels to a worker without its pixels.
_fashion_files = cache(fashion_mnist.load)


def _read_fashion(split: Split, row: int) -> Image.Image:
    return Image.fromarray(_fashion_files(split).images[row])


def _fashion_pixels(split: Split, rows: range | NDArray[np.int64]) -> NDArray[np.uint8]:
    return _fashion_files(split).images[np.asarray(rows), :, :, None]


def _fashion_regions(split: Split, row: int) -> NDArray[np.uint8]:
    return silhouette_regions(_fashion_files(split).images[row])


def silhouette_regions(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Split a picture (H, W) on a black background into outline, interior and background.

    The silhouette is every non-black pixel with its holes filled.
    """
    silhouette = np.asarray(ndimage.binary_fill_holes(pixels > 0), bool)
    return regions_of(silhouette, cut_by_frame=False)  # pictures are cropped to the garment's edge


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
    return ImageSet(
        name=f"STL10 {split}",
        digest=_digest_files([files["X"], files["y"]]),
        names=tuple(f"{split}-{row:05d}" for row in range(len(labels))),
        labels=labels,
        class_names=tuple((folder / "class_names.txt").read_text().split()),
        read=partial(_read_stl10, files["X"].absolute()),
        pixels=partial(_stl10_batch, files["X"].absolute()),
    )


@cache
def _stl10_pixels(file: Path) -> NDArray[np.uint8]:
    return np.memmap(file, np.uint8, "r").reshape(-1, *STL10_PIXELS)


def _stl10_batch(file: Path, rows: range | NDArray[np.int64]) -> NDArray[np.uint8]:
    return _stl10_pixels(file)[np.asarray(rows)].transpose(0, 3, 2, 1)


def _read_stl10(file: Path, row: int) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(_stl10_pixels(file)[row].transpose(2, 1, 0)))


def _oxford_cats(folder: Path) -> ImageSet:
    """The cats of Oxford-IIIT Pet (Parkhi et al. 2012): file names that begin with a capital."""
    listing = folder / "annotations" / "list.txt"
    if not listing.is_file():
        raise InputError(
            f"{listing}: not found. Run `python -m precompute check` for how to stage it."
        )
    lines = [line.split()[0] for line in listing.read_text().splitlines() if line[:1] not in "#"]
    stems = sorted(stem for stem in lines if stem[0].isupper())
    folder = folder.absolute()
    files = [Picture(f"{stem}.jpg", str(folder / "images" / f"{stem}.jpg")) for stem in stems]
    fs = fsspec.filesystem("file")
    readable, skipped, digest = _readable(fs, list(files))
    trimaps = folder / "annotations" / "trimaps"
    return ImageSet(
        name="OxfordIIITPet cats",
        digest=digest,
        names=tuple(picture.name for picture in readable),
        labels=np.full(len(readable), -1, np.int64),
        class_names=(),
        read=Reader(fs, tuple(readable)),
        regions=lambda row: trimap_regions(trimaps / f"{Path(readable[row].name).stem}.png"),
        skipped=skipped,
    )


def _photographs() -> ImageSet:
    """The free photographs in scikit-image's wheel, the cat first."""
    names = [one.file for one in photographs.PHOTOGRAPHS]
    files = [Picture(name, str(photographs.FOLDER / name)) for name in names]
    fs = fsspec.filesystem("file")
    readable, skipped, digest = _readable(fs, list(files))
    return ImageSet(
        name=photographs.NAME,
        digest=digest,
        names=tuple(picture.name for picture in readable),
        labels=np.full(len(readable), -1, np.int64),
        class_names=(),
        read=Reader(fs, tuple(readable)),
        skipped=skipped,
    )


def trimap_regions(file: Path) -> NDArray[np.uint8]:
    """Read a pet trimap as a region map: its border band is the outline."""
    trimap = np.asarray(Image.open(file))
    regions = np.full(trimap.shape, BACKGROUND, np.uint8)
    regions[trimap == OXFORD_CLASS] = INTERIOR
    regions[trimap == OXFORD_BORDER] = OUTLINE
    return regions


def _pictures(source: str) -> ImageSet:
    """Pictures from a folder, tar files or a URL; where every one has a label, labels are used."""
    fs, root = open_source(source)
    listed = list(list_pictures(fs, root))
    readable, skipped, digest = _readable(fs, listed)
    if not readable:
        reason = f"; first of {len(skipped)} refused: {skipped[0].name}" if skipped else ""
        raise InputError(
            f"{source}: no readable picture{reason}. Give a folder of JPEG or PNG files."
        )
    labelled = all(picture.group for picture in readable)
    class_names = tuple(sorted({picture.group for picture in readable})) if labelled else ()
    index = {name: row for row, name in enumerate(class_names)}
    labels = [index[picture.group] if labelled else -1 for picture in readable]
    name = Path(root).parent.name if "*" in root else Path(root).name
    names = tuple(picture.name for picture in readable)
    masks = masks_beside(source, names)
    return ImageSet(
        name=name or source,
        digest=digest if masks is None else settings_hash({}, digest, masks.digest()),
        names=names,
        labels=np.array(labels, np.int64),
        class_names=class_names,
        read=Reader(fs, tuple(readable)),
        regions=masks,
        skipped=skipped,
    )


def _readable(
    fs: AbstractFileSystem, listed: list[Picture | Skipped]
) -> tuple[list[Picture], tuple[Skipped, ...], str]:
    """Decode each picture once: those that decode, the others with the reason, a digest.

    A second copy of a file is left out: it would count one picture twice, and where pictures stand
    in for labels neither of the two could be told from the other.
    """
    pictures = [entry for entry in listed if isinstance(entry, Picture)]
    skipped = [entry for entry in listed if isinstance(entry, Skipped)]
    readable, digest = [], hashlib.sha256()
    first: dict[str, str] = {}  # name of the first picture of each content
    for picture, checked in check_all(fs, pictures):
        same = first.setdefault(checked.sha256, picture.name)
        if checked.reason:
            skipped.append(Skipped(picture.name, checked.reason))
        elif same != picture.name:
            skipped.append(Skipped(picture.name, f"the same file as {same}"))
        else:
            readable.append(picture)
            digest.update(f"{picture.name} {picture.group} {checked.sha256}\n".encode())
    return readable, tuple(sorted(skipped, key=lambda entry: entry.name)), digest.hexdigest()


def _digest_files(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()
