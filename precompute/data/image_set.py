"""Image sets: read, label, digest. One class for files of pixels and for folders of pictures."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import fsspec
import numpy as np
from fsspec import AbstractFileSystem
from numpy.typing import NDArray
from PIL import Image

from precompute.data.filesystem import open_source
from precompute.data.image_files import (
    Picture,
    Reader,
    check_all,
    list_pictures,
    without_strays,
)
from precompute.data.object_masks import masks_beside
from precompute.errors import InputError
from store.provenance import settings_hash
from store.records import Skipped

Split = Literal["train", "test"]


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
    # row -> (H, W) mask, True on the object; there where regions are
    on_object: Callable[[int], NDArray[np.bool_]] | None = None
    skipped: tuple[Skipped, ...] = ()
    # rows -> (n, H, W, 1 or 3) pixels, where all pictures have one size and lie in one file
    pixels: Callable[[range | NDArray[np.int64]], NDArray[np.uint8]] | None = None

    def __len__(self) -> int:
        """Number of images."""
        return len(self.names)

    def take(self, rows: NDArray[np.int64]) -> "ImageSet":
        """Return the set of these rows (n,), in this order."""
        old_read, old_regions, old_pixels = self.read, self.regions, self.pixels
        old_masks = self.on_object
        return replace(
            self,
            digest=hashlib.sha256(self.digest.encode() + rows.tobytes()).hexdigest(),
            names=tuple(self.names[row] for row in rows),
            labels=self.labels[rows],
            read=lambda row: old_read(int(rows[row])),
            regions=old_regions and (lambda row: old_regions(int(rows[row]))),
            on_object=old_masks and (lambda row: old_masks(int(rows[row]))),
            pixels=old_pixels and (lambda some: old_pixels(rows[np.asarray(some)])),
        )


def drawing_order(n_images: int, seed: int) -> NDArray[np.int64]:
    """Return every row (N,) in the order in which studies draw the images that they show.

    One order for all studies of a seed, so that a picture can be followed through each of them.
    """
    return np.random.default_rng(np.random.SeedSequence(seed)).permutation(n_images)


def partners(rows: NDArray[np.int64], n_images: int) -> NDArray[np.int64]:
    """Return for each of these rows (n,) the row half of all n_images away.

    A folder sorted by class keeps images alike side by side, so that a neighbour would mostly show
    the same thing. An image alone is its own partner.
    """
    return (rows + n_images // 2) % n_images


def pictures_of(source: str) -> ImageSet:
    """Return pictures from a folder, tar files or a URL; labels where every one has a label.

    Raises InputError with one line when it is not there or holds nothing readable.
    """
    fs, root = open_source(source)
    listed = without_strays(list(list_pictures(fs, root)))
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
        regions=masks and masks.regions,
        on_object=masks and masks.on_object,
        skipped=skipped,
    )


def unlabelled(name: str, folder: Path, files: Sequence[str]) -> ImageSet:
    """Return pictures of a folder, by their names and in their order, without labels."""
    fs = fsspec.filesystem("file")
    readable, skipped, digest = _readable(fs, [Picture(one, str(folder / one)) for one in files])
    return ImageSet(
        name=name,
        digest=digest,
        names=tuple(picture.name for picture in readable),
        labels=np.full(len(readable), -1, np.int64),
        class_names=(),
        read=Reader(fs, tuple(readable)),
        skipped=skipped,
    )


def _readable(
    fs: AbstractFileSystem, listed: Sequence[Picture | Skipped]
) -> tuple[list[Picture], tuple[Skipped, ...], str]:
    """Decode each picture once: those that decode, the others with the reason, a digest.

    A second copy of a file is left out: it would count one picture twice, and where pictures stand
    in for labels neither of the two could be told from the other.
    """
    pictures = [entry for entry in listed if isinstance(entry, Picture)]
    skipped = [entry for entry in listed if isinstance(entry, Skipped)]
    readable, digest = [], hashlib.sha256()
    first: dict[str, Picture] = {}  # the first picture of each content
    for picture, (sha256, reason) in check_all(fs, pictures):
        same = first.setdefault(sha256, picture)
        if reason:
            skipped.append(Skipped(picture.name, reason))
        elif same != picture:
            other = "" if same.group == picture.group else ", of another class"
            skipped.append(Skipped(picture.name, f"the same file as {same.name}{other}"))
        else:
            readable.append(picture)
            digest.update(f"{picture.name} {picture.group} {sha256}\n".encode())
    return readable, tuple(sorted(skipped, key=lambda entry: entry.name)), digest.hexdigest()
