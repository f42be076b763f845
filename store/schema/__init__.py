"""Every dataset of every study. HDF5 keys are spelled in this package and nowhere else."""

from store.schema import clip, vae, vit
from store.schema.spec import FORMAT_VERSION, TEXT, ArraySpec, StudySpec

STUDIES: dict[str, StudySpec] = {part.STUDY.name: part.STUDY for part in (vit, vae, clip)}

__all__ = ["FORMAT_VERSION", "STUDIES", "TEXT", "ArraySpec", "StudySpec"]
