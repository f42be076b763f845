"""Datasets of the ViT study, a module per part.

Two sets of images: the `gallery`, a few images with every map stored, and the `image` axis, the
population on which shares and intervals are measured. Gallery images belong to the population.
"""

from store.schema.common import COMMON
from store.schema.spec import StudySpec, arrays_in
from store.schema.vit import attention, faithfulness, labels, masking, outline, probes, shape

PARTS = (labels, attention, masking, faithfulness, outline, probes, shape)
STUDY = StudySpec("vit", COMMON + arrays_in(*PARTS))
