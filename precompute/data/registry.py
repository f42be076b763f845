"""The registry of image sets that can be named: one row says all of a set but how it is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import skimage
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from precompute.data import fashion_mnist
from precompute.data.archives import Archive
from precompute.data.filesystem import sha256_of_all
from precompute.data.image_set import ImageSet, Split, pictures_of, unlabelled
from precompute.data.object_masks import BACKGROUND, INTERIOR, OUTLINE, regions_of
from precompute.errors import InputError

STL10_PIXELS = (3, 96, 96)  # channel, column, row: the binary files are stored column by column
OXFORD_CLASS, OXFORD_BACKGROUND, OXFORD_BORDER = 1, 2, 3  # values of a trimap
HALO = 12  # of 255, a twentieth: Fashion-MNIST's garments have a fringe that no eye sees
# Photographs in scikit-image's wheel, free of copyright restrictions by its own words.
PHOTOGRAPHS = (
    "chelsea.png",  # a cat; Stefan van der Walt, CC0
    "coffee.png",  # a cup of coffee; Rachel Michetti, CC0
    "astronaut.png",  # Eileen Collins; NASA, public domain
    "rocket.jpg",  # Falcon 9 taking off; SpaceX, public domain
    "camera.png",  # a man with a camera; Lav Varshney, CC0
    "clock_motion.png",  # a blurred clock; Stefan van der Walt, public domain
    "coins.png",  # Greek coins; Brooklyn Museum, no known copyright restrictions
    "hubble_deep_field.jpg",  # galaxies; NASA, public domain
)


@dataclass(frozen=True)
class DataSet:
    """A set of images that can be named in place of a folder."""

    load: Callable[[Split, Path], ImageSet]  # its part, and where sets are staged
    lies_in: str = ""  # "this repository", or another place where it always is
    staged_file: str = ""  # below where sets are staged: it is there when the set is
    archives: tuple[Archive, ...] = ()  # what it is staged from
    unpacked_in: str = ""  # the folder, below where sets are staged, that they are unpacked in
    has_parts: bool = False  # comes as train and test images
    unseen_train_part: bool = False  # no model of any profile was trained on its train images
    of_studies: bool = True  # the studies were made for it: nothing is left out


def load_images(source: str, split: Split, data: Path) -> ImageSet:
    """Open an image set by name or folder.

    source: a name of DATA_SETS, or a folder of pictures, tar files or a URL of either; sub-folders
        are labels.
    data: where sets are staged.
    Raises InputError with one line when it is not there or holds nothing readable.
    """
    return data_set(source).load(split, data)


def data_set(source: str) -> DataSet:
    """Return the row of a named set, or one for the user's own images."""
    own = DataSet(lambda _, __: pictures_of(source), of_studies=False)
    return DATA_SETS.get(source, own)


def _fashion_mnist(split: Split, _: Path) -> ImageSet:
    files = _fashion_files(split)
    return ImageSet(
        name=f"FashionMNIST {split}",
        digest=files.digest,
        names=tuple(f"{split}-{row:05d}" for row in range(len(files.labels))),
        labels=files.labels.astype(np.int64),
        class_names=fashion_mnist.CLASS_NAMES,
        read=partial(_read_fashion, split),
        regions=partial(_fashion_regions, split),
        on_object=partial(_fashion_mask, split),
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


def _fashion_mask(split: Split, row: int) -> NDArray[np.bool_]:
    return silhouette(_fashion_files(split).images[row], HALO)


def silhouette_regions(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Split a picture (H, W) on a black background into outline, interior and background."""
    # Pictures are cropped to the garment's edge.
    return regions_of(silhouette(pixels), cut_by_frame=False)


def silhouette(pixels: NDArray[np.uint8], black: int = 0) -> NDArray[np.bool_]:
    """Return where a picture (H, W) is brighter than its black background, its holes filled."""
    return np.asarray(ndimage.binary_fill_holes(pixels > black), bool)


def _stl10(split: Split, data: Path) -> ImageSet:
    """Map STL-10's binary files (Coates et al. 2011); nothing is read until it is asked for."""
    folder = data / "stl10_binary"
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
        digest=sha256_of_all(files.values()),
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


def _oxford_cats(_: Split, data: Path) -> ImageSet:
    """The cats of Oxford-IIIT Pet (Parkhi et al. 2012): file names that begin with a capital."""
    folder = data.absolute() / "oxford-iiit-pet"
    listing = folder / "annotations" / "list.txt"
    if not listing.is_file():
        raise InputError(
            f"{listing}: not found. Run `python -m precompute check` for how to stage it."
        )
    lines = [line.split()[0] for line in listing.read_text().splitlines() if line[:1] not in "#"]
    files = sorted(f"{stem}.jpg" for stem in lines if stem[0].isupper())
    cats = unlabelled("OxfordIIITPet cats", folder / "images", files)
    trimaps = [folder / "annotations" / "trimaps" / f"{Path(name).stem}.png" for name in cats.names]
    return replace(
        cats,
        regions=lambda row: trimap_regions(trimaps[row]),
        # The border band counts as object: in it are the whiskers and the rim of the fur.
        on_object=lambda row: trimap_regions(trimaps[row]) != BACKGROUND,
    )


def trimap_regions(file: Path) -> NDArray[np.uint8]:
    """Read a pet trimap as a region map (H, W): its border band is the outline."""
    trimap = np.asarray(Image.open(file))
    regions = np.full(trimap.shape, BACKGROUND, np.uint8)
    regions[trimap == OXFORD_CLASS] = INTERIOR
    regions[trimap == OXFORD_BORDER] = OUTLINE
    return regions


def _photographs(_: Split, __: Path) -> ImageSet:
    folder = Path(skimage.__file__).parent / "data"
    return unlabelled("scikit-image photographs", folder, PHOTOGRAPHS)


DATA_SETS: Mapping[str, DataSet] = {
    "FashionMNIST": DataSet(_fashion_mnist, lies_in="this repository", has_parts=True),
    # Sizes and digests are those of tensorflow/datasets. An archive's first place is torchvision's;
    # the second is STL-10's own page, and for the pets the one of tensorflow/datasets. Copies on
    # the hub are Parquet or WebDataset, and not these files, so none is named.
    "STL10": DataSet(
        _stl10,
        staged_file="stl10_binary/test_X.bin",
        archives=(
            Archive(
                "stl10_binary.tar.gz",
                n_bytes=2_640_397_119,
                sha256="f31fd99273a1acb8609c8db427cebb1de3f71de77758cdc0e22956e1289b9866",
                places=(
                    "http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",
                    "https://cs.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",
                ),
            ),
        ),
        has_parts=True,
        unseen_train_part=True,
    ),
    "OxfordIIITPet": DataSet(
        _oxford_cats,
        staged_file="oxford-iiit-pet/annotations/list.txt",
        archives=(
            Archive(
                "images.tar.gz",
                n_bytes=791_918_971,
                sha256="67195c5e1c01f1ab5f9b6a5d22b8c27a580d896ece458917e61d459337fa318d",
                places=(
                    "https://www.robots.ox.ac.uk/~vgg/data/pets/data/images.tar.gz",
                    "https://thor.robots.ox.ac.uk/~vgg/data/pets/images.tar.gz",
                ),
            ),
            Archive(
                "annotations.tar.gz",
                n_bytes=19_173_078,
                sha256="52425fb6de5c424942b7626b428656fcbd798db970a937df61750c0f1d358e91",
                places=(
                    "https://www.robots.ox.ac.uk/~vgg/data/pets/data/annotations.tar.gz",
                    "https://thor.robots.ox.ac.uk/~vgg/data/pets/annotations.tar.gz",
                ),
            ),
        ),
        unpacked_in="oxford-iiit-pet",
    ),
    "photographs": DataSet(_photographs, lies_in="scikit-image", of_studies=False),
}
