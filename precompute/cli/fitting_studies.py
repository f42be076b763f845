"""Which studies make sense for a user's own pictures, and what is said of those that do not."""

from precompute.data.filesystem import open_source
from precompute.data.image_files import Picture, list_pictures
from precompute.errors import InputError
from precompute.settings import Profile

NAMED_SETS = ("FashionMNIST", "STL10", "OxfordIIITPet")


def choose_fitting(profile: Profile, studies: tuple[str, ...]) -> dict[str, str]:
    """Return why a study is left out, by study; looks at names, decodes nothing.

    The VAE study is about Fashion-MNIST alone. CLIP's claims need labels, and a model that met
    other words than ten garments.
    """
    reasons = {"vae": "it studies Fashion-MNIST, whatever the pictures"}
    if profile.clip.model == "embedded":
        reasons["clip"] = "the embedded CLIP knows ten garments; CLIP=MODEL/TAG names another"
    elif len(_labels(profile.clip.images)) < 2:
        reasons["clip"] = "its claims need labels: one sub-folder per class, two at least"
    return {study: reason for study, reason in reasons.items() if study in studies}


def warn_of_vit(profile: Profile) -> str:
    """Return what is to be said of the chosen ViT, or nothing."""
    if profile.vit.model != "embedded":
        return ""
    return "The embedded ViT knows ten garments and calls every picture one. Give VIT=MODEL."


def _labels(source: str) -> set[str]:
    """Return the class names of a source; none when a picture has no label."""
    try:
        listed = [
            entry for entry in list_pictures(*open_source(source)) if isinstance(entry, Picture)
        ]
    except InputError:
        return set()  # the list of inputs says that it is missing
    labels = {picture.group for picture in listed}
    return set() if "" in labels else labels
