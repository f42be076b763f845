"""Prompt templates by list: the original report's, and those that published results used."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import open_clip
from numpy.typing import NDArray

from store.schema.clip.names import FILE_LIST, OWN_LIST, PHOTO_STYLE

# github.com/openai/CLIP, data/prompts.md; CLIP_benchmark uses the same two for STL-10.
OPENAI_STL10 = ("a photo of a {}.", "a photo of the {}.")
# CLIP_benchmark's for CIFAR-10, whose classes are nearly STL-10's: nine kinds of photo, each with
# "a" and with "the".
_KINDS = ("photo", "blurry photo", "black and white photo", "low contrast photo")
_KINDS += ("high contrast photo", "bad photo", "good photo")
CLIP_BENCHMARK = (
    *(f"a {kind} of {article} {{}}." for article in ("a", "the") for kind in _KINDS),
    *(
        f"a photo of {article} {size} {{}}."
        for article in ("a", "the")
        for size in ("small", "big")
    ),
)


LISTS = {
    "openai_stl10": OPENAI_STL10,
    "clip_benchmark": CLIP_BENCHMARK,
    "open_clip_80": tuple(fill("{}") for fill in open_clip.OPENAI_IMAGENET_TEMPLATES),
}
ABOUT = {
    OWN_LIST: "the templates that the settings spell out",
    FILE_LIST: "all templates of the file",
    "openai_stl10": "the two that OpenAI and CLIP_benchmark use for STL-10",
    "clip_benchmark": "CLIP_benchmark's eighteen for CIFAR-10",
    "open_clip_80": "the eighty for ImageNet that open_clip ships",
}


@dataclass(frozen=True)
class Templates:
    """Distinct templates, and which lists name each."""

    templates: tuple[str, ...]  # (T,) the settings' own first
    styles: tuple[str, ...]  # (T,) short names: the settings', else the list's and a number
    lists: tuple[str, ...]  # (S,)
    members: NDArray[np.bool_]  # (S, T)

    @property
    def ensembles(self) -> list[int]:
        """Return the lists that are averaged into an ensemble: those of more than one template."""
        return np.flatnonzero(self.members.sum(axis=1) > 1).tolist()

    @property
    def n_wordings(self) -> int:
        """Templates, and ensembles of them."""
        return len(self.templates) + len(self.ensembles)


def gather(styles: tuple[str, ...], own: tuple[str, ...], lists: tuple[str, ...]) -> Templates:
    """Join the own templates and the named lists; a template that several name is kept once."""
    templates, names = list(own), list(styles)
    for name in lists:
        for number, template in enumerate(LISTS[name], 1):
            if template not in templates:
                templates.append(template)
                names.append(f"{name} {number}")
    every = (own, *(LISTS[name] for name in lists))
    members = np.array([[template in one for template in templates] for one in every])
    return Templates(tuple(templates), tuple(names), (OWN_LIST, *lists), members)


def fill_prompts(templates: Sequence[str], class_names: Sequence[str]) -> list[str]:
    """Fill every template with every class name; all prompts of the first template come first.

    Raises ValueError: two prompts are the same text.
    """
    prompts = [template.replace("{}", name) for template in templates for name in class_names]
    if len(set(prompts)) < len(prompts):
        twice = next(text for text in prompts if prompts.count(text) > 1)
        raise ValueError(f"the prompt {twice!r} occurs twice: templates or class names repeat.")
    return prompts


def main_template(styles: Sequence[str]) -> int:
    """Return the row of the template that gap and alignment use: "photo", else the first."""
    return styles.index(PHOTO_STYLE) if PHOTO_STYLE in styles else 0
