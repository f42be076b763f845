"""Which pictures several studies of a report hold, told by the data set's digest and the name."""

from collections import Counter
from dataclasses import dataclass

from dashboard.loaders import Study
from store.schema.clip import layout, prompts
from store.schema.vae import reconstructions
from store.schema.vit import labels

LEAST_STUDIES = 2  # one lens alone has its own pages


@dataclass(frozen=True)
class SharedPicture:
    """A picture that at least two studies hold."""

    name: str
    rows: dict[str, int]  # study -> its row in that study's gallery, samples or shown images


def find(studies: dict[str, Study]) -> list[SharedPicture]:
    """Return the shared pictures, those that most studies hold first, then by name.

    Names mean the same picture only within one data set, so studies of another one are left out.
    """
    digests = Counter(study.provenance.dataset_digest for study in studies.values())
    commonest = next(iter(digests.most_common(1)), ("", 0))[0]
    same = {k: s for k, s in studies.items() if s.provenance.dataset_digest == commonest}
    rows = {name: _rows_by_name(name, same) for name in same}
    every = sorted({picture for held in rows.values() for picture in held})
    found = [SharedPicture(p, {s: held[p] for s, held in rows.items() if p in held}) for p in every]
    shared = [picture for picture in found if len(picture.rows) >= LEAST_STUDIES]
    return sorted(shared, key=lambda picture: -len(picture.rows))


def _rows_by_name(name: str, studies: dict[str, Study]) -> dict[str, int]:
    """Return the row of each picture that a study keeps whole, by the picture's name."""
    if name == "vit":
        names = studies["vit"].read(labels.GALLERY_NAME).tolist()
    else:
        if "clip" not in studies or not studies["clip"].has(prompts.IMAGE_NAME):
            return {}  # the VAE's store has no names of its own: CLIP's are those of the same rows
        every = studies["clip"].read(prompts.IMAGE_NAME)
        if name == "vae" and studies["vae"].size("image") != len(every):
            return {}
        kept = layout.SHOWN_IMAGE if name == "clip" else reconstructions.SAMPLE_IMAGE
        names = every[studies[name].read(kept)].tolist()
    return {picture: row for row, picture in enumerate(names)}
