"""The four claims of the ViT study, each with its verdict rule in a comment."""

from precompute.statistics import UNDEFINED
from precompute.vit.findings import (
    LabelEvidence,
    MaskingEvidence,
    OutlineEvidence,
    centre_finding,
    label_finding,
    outline_finding,
    random_finding,
)
from store.records import Claim, Verdict
from store.schema import vit

SURVIVES = 0.9  # "keeps the label": nine masked images in ten, so that a rare flip is no refutation


def label_claim(evidence: LabelEvidence) -> Claim:
    """Does the model name what is in the picture?"""
    share = evidence.share
    return Claim(
        id="vit-label",
        sentence="The model names what is in the picture: 'tabby cat'.",
        original="three cat photos, label and index printed",
        value=share.value,
        low=share.low,
        high=share.high,
        unit="share of images labelled right",
        n=evidence.n_images,
        control=evidence.guess,
        control_name=evidence.guess_name,
        # Supported when the whole interval beats guessing, refuted when guessing beats all of it.
        verdict=_verdict(share.low > evidence.guess, share.high < evidence.guess),
        finding=label_finding(evidence),
        evidence=vit.IMAGE_PREDICTED.path,
    )


def outline_claim(evidence: OutlineEvidence | None) -> Claim:
    """Is CLS attention higher on the outline than inside it? None: the images have no regions."""
    own = UNDEFINED if evidence is None else evidence.own
    other = UNDEFINED if evidence is None else evidence.other
    gained = UNDEFINED if evidence is None else evidence.own_minus_other
    return Claim(
        id="vit-outline",
        sentence="CLS attention lies on the outline, so the model sees outlines.",
        original="heat maps over three cat photos, judged by eye",
        value=own.value,
        low=own.low,
        high=own.high,
        unit="outline minus interior enrichment (attention mass per area; 0 is no preference)",
        n=0 if evidence is None else evidence.n_images,
        control=other.value,
        control_name="another image's map",
        # Supported when attention is higher on the outline than on the interior AND more so than
        # another image's map would be, because objects and attention both favour the centre;
        # refuted when it is lower. The mean over shifted maps cannot be the control: all shifts
        # of a map add up to an even one, so it is 0 by construction.
        verdict=_verdict(own.low > 0 and gained.low > 0, own.high < 0),
        finding=outline_finding(evidence),
        evidence=(vit.CONTRAST if evidence else vit.CLS_ATTENTION).path,
    )


def centre_claim(evidence: MaskingEvidence) -> Claim:
    """Does hiding a patch in the middle keep the label?"""
    centre = evidence.small_centre
    return Claim(
        id="vit-centre",
        sentence="Hiding a patch in the middle keeps the label.",
        original="one photo, one masked patch, label unchanged",
        value=centre.value,
        low=centre.low,
        high=centre.high,
        unit="label survival",
        n=evidence.n_images,
        control=evidence.small_scattered.value,
        control_name="the same area scattered",
        # Supported when the whole interval is at or above SURVIVES, refuted when all is below.
        verdict=_verdict(centre.low >= SURVIVES, centre.high < SURVIVES),
        finding=centre_finding(evidence, SURVIVES),
        evidence=vit.SURVIVAL.path,
    )


def random_claim(evidence: MaskingEvidence) -> Claim:
    """Do scattered masks flip the label more often than a block of the same area?"""
    black = evidence.half_difference
    return Claim(
        id="vit-random",
        sentence="Random masks all over flip the label to 'crossword puzzle'.",
        original="one photo, one random mask",
        value=black.value,
        low=black.low,
        high=black.high,
        unit="label survival, centre block minus scattered, black fill",
        n=evidence.n_images,
        control=evidence.half_difference_dropped.value,
        control_name="tokens dropped",
        # Supported when scattering costs more labels than a block of equal area, refuted if fewer.
        verdict=_verdict(black.low > 0, black.high < 0),
        finding=random_finding(evidence),
        evidence=vit.SURVIVAL.path,
    )


def _verdict(supported: bool, refuted: bool) -> Verdict:
    """Return the verdict; comparisons with NaN are false, so a missing value is undecided."""
    return "supported" if supported else "refuted" if refuted else "undecided"
