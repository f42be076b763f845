"""Object masks of a user's own pictures: the folder PHOTOS-masks beside the folder PHOTOS.

A picture `cat/1.jpg` has its mask in `cat/1.png` there: white (or 1) on the object, black
elsewhere, as large as the picture held upright.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from scipy import ndimage

from precompute.errors import InputError

SUFFIX = "-masks"
BACKGROUND, INTERIOR, OUTLINE = 0, 1, 2  # values of a region map
BAND = 1 / 28  # width of the outline on either side of the edge, of the picture's shorter side


@dataclass(frozen=True)
class MaskReader:
    """Reads the object mask of a row, and its region map; travels to a worker as paths."""

    folder: Path
    names: tuple[str, ...]  # of the pictures, below their folder

    def file(self, row: int) -> Path:
        """Return where the mask of a row lies."""
        return (self.folder / self.names[row]).with_suffix(".png")

    def digest(self) -> str:
        """Return the sha256 over every mask: other masks make another run."""
        digest = hashlib.sha256()
        for file in map(self.file, range(len(self.names))):
            digest.update(file.read_bytes() if file.is_file() else b"")
        return digest.hexdigest()

    def regions(self, row: int) -> NDArray[np.uint8]:
        """Return the region map (H, W) of a picture; InputError where it has no mask to read."""
        return regions_of(self.on_object(row))

    def on_object(self, row: int) -> NDArray[np.bool_]:
        """Return the mask (H, W) of a picture, likewise."""
        file = self.file(row)
        try:
            with Image.open(file, formats=("PNG",)) as mask:
                grey = np.asarray(mask.convert("L"))
            return grey > (127 if grey.max() > 1 else 0)  # 1 is the object in masks of 0 and 1
        except (OSError, ValueError, SyntaxError, UnidentifiedImageError) as error:
            raise InputError(
                f"{file}: the mask of {self.names[row]} cannot be read ({error}). "
                f"Give every picture a mask, or take the folder {self.folder.name} away."
            ) from None


def masks_beside(source: str, names: tuple[str, ...]) -> MaskReader | None:
    """Return what reads the masks of a folder's pictures, or None where there are none."""
    pictures = Path(source).expanduser()
    folder = pictures.with_name(f"{pictures.name}{SUFFIX}")
    if not pictures.is_dir() or not folder.is_dir():
        return None
    return MaskReader(folder.absolute(), names)


def regions_of(on_object: NDArray[np.bool_], cut_by_frame: bool = True) -> NDArray[np.uint8]:
    """Split a mask (H, W) into outline, interior and background.

    The outline is a band along the object's edge, a twenty-eighth of the shorter side wide on
    either side of it.

    cut_by_frame: an object that reaches the frame goes on beyond it, so its edge is not there.
    """
    width = max(1, round(min(on_object.shape) * BAND))
    eroded = np.asarray(
        ndimage.binary_erosion(on_object, iterations=width, border_value=cut_by_frame), bool
    )
    dilated = np.asarray(ndimage.binary_dilation(on_object, iterations=width), bool)
    regions = np.full(on_object.shape, BACKGROUND, np.uint8)
    regions[eroded] = INTERIOR
    regions[dilated & ~eroded] = OUTLINE
    return regions


def region_shares(
    region_map: NDArray[np.uint8], codes: Sequence[int], rows: int, cols: int
) -> NDArray[np.float64]:
    """Return how much of each patch belongs to each region: (rows, cols, regions), sums to 1.

    region_map: (H, W) at the model's input size; pixels beyond the last whole patch are cut. codes:
    the map's value for each of REGIONS, in their order. rows, cols: patches down and across.
    """
    tall, wide = region_map.shape[0] // rows, region_map.shape[1] // cols
    whole = region_map[: rows * tall, : cols * wide].reshape(rows, tall, cols, wide)
    return np.stack([(whole == code).mean(axis=(1, 3)) for code in codes], axis=-1)
