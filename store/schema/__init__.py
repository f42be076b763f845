"""Every dataset of every study. HDF5 keys are spelled in this package and nowhere else."""

from store.schema.clip import prompts
from store.schema.spec import FORMAT_VERSION, TEXT, ArraySpec, StudySpec
from store.schema.vae import reconstructions
from store.schema.vit import labels

STUDIES: dict[str, StudySpec] = {
    study.name: study for study in (labels.STUDY, reconstructions.STUDY, prompts.STUDY)
}

__all__ = ["FORMAT_VERSION", "STUDIES", "TEXT", "ArraySpec", "StudySpec"]
