"""Datasets of the ViT study's images and labels: the gallery and the population."""

from store.schema.spec import array

# --- gallery: what the model saw and said -----------------------------------------------------
GALLERY_PIXELS = array(
    "gallery/pixels (gallery | pixel_row, pixel_col, channel) uint8",
    "The image as the model saw it, before normalisation; 1 channel (grey) or 3 (RGB).",
)
GALLERY_NAME = array("gallery/name (gallery) utf8", "Name of each gallery image.")
GALLERY_IMAGE = array(
    "gallery/image (gallery) int32 of image", "Row of each gallery image in the population."
)
GALLERY_LABEL = array(
    "gallery/label (gallery) int32 of class or -1", "True label index; -1 where none is known."
)
GALLERY_TOP_INDEX = array(
    "gallery/top_index (gallery, top) int32 of class", "Labels, most probable first."
)
GALLERY_TOP_PROBABILITY = array(
    "gallery/top_probability (gallery, top) float32 ±0.001",
    "Softmax probability of each of those labels.",
)

# --- population -----------------------------------------------------------------------------
IMAGE_NAME = array("population/name (image) utf8", "Name of each image.")
IMAGE_LABEL = array(
    "population/label (image) int32 of class or -1", "True label index; -1 where none is known."
)
IMAGE_PREDICTED = array(
    "population/predicted (image) int32 of class", "Label that the unmasked image receives."
)
IMAGE_PROBABILITY = array(
    "population/probability (image) float32 ±0.001", "Probability of that label."
)
