"""Does the model name what is in the picture: evidence, rule, verdict and words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from precompute.claims import judge
from precompute.statistics import Estimate, percent, percent_range
from store.records import Claim
from store.schema.vit import labels, names

NAMES = 0.5  # "names what is in the picture": more often than not
N_LISTED = 3  # names in a sentence


@dataclass(frozen=True)
class LabelEvidence:
    """How often the model names what is in the picture."""

    share: Estimate  # UNDEFINED when nothing says what is in the pictures
    n_images: int
    guess: float  # share that the best guess without looking gets right
    guess_name: str
    against: str  # "their true label", or the expected labels
    unknown: tuple[str, ...] = ()  # classes of the images that are no label of the model


def label_claim(evidence: LabelEvidence) -> Claim:
    """Does the model name what is in the picture?"""
    share, asked = evidence.share, max(evidence.guess, NAMES)
    return Claim(
        id=names.LABEL_CLAIM,
        sentence="The model names what is in the picture: 'tabby cat'.",
        original="three cat photos, label and index printed",
        **vars(share),
        unit="share of images labelled right",
        n=evidence.n_images,
        control=evidence.guess,
        control_name=evidence.guess_name,
        # Supported when the whole interval is above NAMES and above guessing, refuted when all of
        # it is below one of them: ten labels are beaten at random by a model that is mostly wrong.
        verdict=judge(share.low > asked, share.high < asked),
        finding=label_finding(evidence, asked),
        evidence=labels.IMAGE_PREDICTED.path,
    )


def label_finding(evidence: LabelEvidence, threshold: float) -> str:
    """Say how often the model named what is in the picture, and how often the claim asks for."""
    share = evidence.share
    if np.isnan(share.value):
        why = unknown_words(evidence.unknown) or "The images carry no labels"
        return (
            f"{why}, and no expected labels are set, so nothing can be said about right or wrong."
        )
    return (
        f"The model names {percent(share.value)} of the images rightly. On {evidence.n_images:,} "
        f"images, judged by {evidence.against}: {percent_range(share)}. By {evidence.guess_name}, "
        f"{percent(evidence.guess)} would be right. The claim holds above {percent(threshold)}."
    )


def unknown_words(unknown: Sequence[str]) -> str:
    """Say which classes of the images the model lacks; nothing where it lacks none."""
    if not unknown:
        return ""
    listed = ", ".join(map(repr, unknown[:N_LISTED]))
    more = f" and {len(unknown) - N_LISTED} more" if len(unknown) > N_LISTED else ""
    return f"No label of the model, or more than one, is named {listed}{more}"


CLAIMS = (label_claim,)
