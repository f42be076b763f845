"""Photographs that scikit-image's wheel holds, free of copyright restrictions by its own words."""

from dataclasses import dataclass
from pathlib import Path

import skimage

NAME = "scikit-image photographs"
FOLDER = Path(skimage.__file__).parent / "data"


@dataclass(frozen=True)
class Photograph:
    """One picture of the wheel and where it comes from."""

    file: str
    shows: str
    source: str


PHOTOGRAPHS = (
    Photograph("chelsea.png", "a cat", "Stefan van der Walt, CC0"),
    Photograph("coffee.png", "a cup of coffee", "Rachel Michetti, CC0"),
    Photograph("astronaut.png", "Eileen Collins", "NASA, public domain"),
    Photograph("rocket.jpg", "Falcon 9 taking off", "SpaceX, public domain"),
    Photograph("camera.png", "a man with a camera", "Lav Varshney, CC0"),
    Photograph("clock_motion.png", "a blurred clock", "Stefan van der Walt, public domain"),
    Photograph("coins.png", "Greek coins", "Brooklyn Museum, no known copyright restrictions"),
    Photograph("hubble_deep_field.jpg", "galaxies", "NASA, public domain"),
)
