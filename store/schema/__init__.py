"""Every dataset of every study. HDF5 keys are spelled in this package and nowhere else."""

from store.schema import (
    attention,
    clip,
    clip_alignment,
    clip_gap,
    clip_layout,
    common,
    faithfulness,
    masking,
    outline,
    vae,
    vae_latent,
    vae_sweep,
    vit,
)
from store.schema.spec import FORMAT_VERSION, TEXT, ArraySpec, StudySpec

STUDIES: dict[str, StudySpec] = {study.name: study for study in (vit.STUDY, vae.STUDY, clip.STUDY)}

__all__ = [
    "FORMAT_VERSION",
    "STUDIES",
    "TEXT",
    "ArraySpec",
    "StudySpec",
    "attention",
    "clip",
    "clip_alignment",
    "clip_gap",
    "clip_layout",
    "common",
    "faithfulness",
    "masking",
    "outline",
    "vae",
    "vae_latent",
    "vae_sweep",
    "vit",
]
