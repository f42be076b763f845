"""The four claims of the ViT study, each with its verdict rule in a comment."""

from precompute.statistics import UNDEFINED, percent
from precompute.vit.labels.claim import LabelEvidence, label_finding
from precompute.vit.masking.claim import MaskingEvidence, centre_finding, random_finding
from precompute.vit.outline.claim import OutlineEvidence, outline_finding
from store.records import Claim, Verdict
from store.schema.vit import labels, masking, names, outline

NAMES = 0.5  # "names what is in the picture": more often than not
SURVIVES = 0.9  # "keeps the label": nine masked images in ten, so that a rare flip is no refutation
FLIPS = 0.5  # "flip the label": more often than not
PUZZLE_RARE = 0.05  # fewer puzzles than one in twenty are a rarity


def label_claim(evidence: LabelEvidence) -> Claim:
    """Does the model name what is in the picture?"""
    share, asked = evidence.share, max(evidence.guess, NAMES)
    return Claim(
        id=names.LABEL_CLAIM,
        sentence="The model names what is in the picture: 'tabby cat'.",
        original="three cat photos, label and index printed",
        value=share.value,
        low=share.low,
        high=share.high,
        unit="share of images labelled right",
        n=evidence.n_images,
        control=evidence.guess,
        control_name=evidence.guess_name,
        # Supported when the whole interval is above NAMES and above guessing, refuted when all of
        # it is below one of them: ten labels are beaten at random by a model that is mostly wrong.
        verdict=_verdict(share.low > asked, share.high < asked),
        finding=label_finding(evidence, asked),
        evidence=labels.IMAGE_PREDICTED.path,
    )


def outline_claim(evidence: OutlineEvidence | None) -> Claim:
    """Is CLS attention higher on the outline than inside it? None: the images have no regions."""
    own = UNDEFINED if evidence is None else evidence.own
    name, control, _ = ("none", UNDEFINED, UNDEFINED) if evidence is None else evidence.strongest
    gains = [] if evidence is None else [gained for _, _, gained in evidence.controls]
    return Claim(
        id=names.OUTLINE_CLAIM,
        # The original's conclusion, that the model sees outlines, is about what a label rests on:
        # attention cannot show that, so the finding sets the causal arm beside it.
        sentence="CLS attention is higher on the outline than inside it.",
        original="heat maps over three cat photos, judged by eye: 'the model sees outlines'",
        value=own.value,
        low=own.low,
        high=own.high,
        unit="outline minus interior enrichment (attention mass per area; 0 is no preference)",
        n=0 if evidence is None else evidence.n_images,
        control=control.value,
        control_name=name,
        # Supported when attention is higher on the outline than on the interior AND more so than
        # another image's map, the untrained model's and a centred Gaussian would be, because
        # objects and attention both favour the centre; refuted when it is lower, or when a map
        # that never saw the image does better. The mean over shifted maps cannot be the control:
        # all shifts of a map add up to an even one, so it is 0 by construction. How many images
        # beat 95 % of their own shifted maps can: without more than chance gives, where the grid
        # can tell, the claim is undecided, for a test that finds nothing shows nothing.
        verdict=_verdict(
            own.low > 0 and all(gained.low > 0 for gained in gains) and _beats_shifts(evidence),
            own.high < 0 or any(gained.high < 0 for gained in gains),
        ),
        finding=outline_finding(evidence),
        evidence=(outline.CONTRAST if evidence else labels.CLS_ATTENTION).path,
    )


def _beats_shifts(evidence: OutlineEvidence | None) -> bool:
    """Tell whether more images than by chance beat their own shifted maps, or none could."""
    if evidence is None:
        return False
    return evidence.by_chance == 0 or evidence.beyond_shifts.low > evidence.by_chance


def centre_claim(evidence: MaskingEvidence) -> Claim:
    """Does hiding a patch in the middle keep the label?"""
    centre = evidence.small_centre
    return Claim(
        id=names.CENTRE_CLAIM,
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
        evidence=masking.SURVIVAL.path,
    )


def random_claim(evidence: MaskingEvidence) -> Claim:
    """Do random masks flip the label, and to a puzzle where the model can say so?"""
    return _puzzle_claim(evidence) if evidence.has_puzzles else _flip_claim(evidence)


def _puzzle_claim(evidence: MaskingEvidence) -> Claim:
    black, dropped = evidence.puzzle_black, evidence.puzzle_dropped
    return Claim(
        id=names.RANDOM_CLAIM,
        sentence="Random masks all over flip the label to 'crossword puzzle'.",
        original="one photo, one random mask",
        value=black.value,
        low=black.low,
        high=black.high,
        unit="share of pictures with black patches all over that are called a puzzle",
        n=evidence.n_images,
        control=dropped.value,
        control_name="the same patches' tokens dropped",
        # Supported when puzzles are no rarity under black patches and more frequent than without
        # the patches; refuted when they are one.
        verdict=_verdict(
            black.low >= PUZZLE_RARE and black.low > dropped.high, black.high < PUZZLE_RARE
        ),
        finding=random_finding(evidence),
        evidence=masking.PUZZLE_SHARE.path,
    )


def _flip_claim(evidence: MaskingEvidence) -> Claim:
    flips = evidence.flips_black
    return Claim(
        id=names.RANDOM_CLAIM,
        # The model has no puzzle among its labels: what can be tested is the flip itself.
        sentence="Random masks all over flip the label (the original's, to 'crossword puzzle').",
        original="one photo, one random mask",
        value=flips.value,
        low=flips.low,
        high=flips.high,
        unit=f"share of labels lost, {percent(evidence.half_ratio)} of the patches black",
        n=evidence.n_images,
        control=evidence.flips_dropped.value,
        control_name="the same patches' tokens dropped",
        # Supported when a label is more likely lost than kept, refuted when more likely kept.
        verdict=_verdict(flips.low > FLIPS, flips.high < FLIPS),
        finding=random_finding(evidence),
        evidence=masking.SURVIVAL.path,
    )


def _verdict(supported: bool, refuted: bool) -> Verdict:
    """Return the verdict; comparisons with NaN are false, so a missing value is undecided."""
    return "supported" if supported else "refuted" if refuted else "undecided"
