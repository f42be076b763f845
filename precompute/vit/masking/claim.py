"""What becomes of a label under a mask: evidence, rules, verdicts and words of two claims."""

from dataclasses import dataclass, replace

import numpy as np

from precompute.claims import judge
from precompute.statistics import Estimate, percent, percent_range, points
from precompute.vit.masking.fills import FILL_ROWS
from store.records import Claim
from store.schema.vit import masking, names

SURVIVES = 0.9  # "keeps the label": nine masked images in ten, so that a rare flip is no refutation
FLIPS = 0.5  # "flip the label": more often than not
PUZZLE_RARE = 0.05  # fewer puzzles than one in twenty are a rarity


@dataclass(frozen=True)
class FillOutcome:
    """What one fill does to labels under scattered masks."""

    fill: str
    survival: float  # at the ratio nearest one half
    wrong_label: str | None  # where lost labels go most often; None when none was lost
    wrong_share: float  # share of the lost labels that went there
    puzzle_share: float  # share of all predictions that turned to one; NaN without such labels


@dataclass(frozen=True)
class MaskingEvidence:
    """Label survival in the cells that the two masking claims rest on."""

    n_images: int
    n_patches: int
    small_masked: int  # patches hidden at the smallest ratio
    small_centre: Estimate  # centre block, black, smallest ratio
    small_scattered: Estimate
    centres: tuple[tuple[float, float], ...]  # larger ratios and survival there, likewise
    block_ratio: float  # the ratio at which contiguity is judged
    half_ratio: float  # the ratio nearest 0.5
    flips_black: Estimate  # share of scattered black masks that flip the label
    flips_dropped: Estimate  # the same masks with the tokens dropped
    flips_between: Estimate  # black minus dropped, paired: what the fill adds
    contiguity_black: Estimate  # survival, block at a random place - scattered, paired
    contiguity_dropped: Estimate
    fill_range: Estimate  # largest minus smallest survival over fills, scattered
    fill_chance: float  # that range by chance
    fills: tuple[FillOutcome, ...]
    n_labels: int
    puzzle_black: Estimate  # share of scattered black predictions; UNDEFINED without such labels
    puzzle_dropped: Estimate

    @property
    def has_puzzles(self) -> bool:
        """Whether any of the model's labels is puzzle-like."""
        return not np.isnan(self.puzzle_black.value)


def centre_claim(evidence: MaskingEvidence) -> Claim:
    """Does hiding a patch in the middle keep the label?"""
    centre = evidence.small_centre
    return Claim(
        id=names.CENTRE_CLAIM,
        sentence="Hiding a patch in the middle keeps the label.",
        original="one photo, one masked patch, label unchanged",
        **vars(centre),
        unit="label survival",
        n=evidence.n_images,
        control=evidence.small_scattered.value,
        control_name="the same area scattered",
        # Supported when the whole interval is at or above SURVIVES, refuted when all is below.
        verdict=judge(centre.low >= SURVIVES, centre.high < SURVIVES),
        finding=centre_finding(evidence, SURVIVES),
        evidence=masking.SURVIVAL.path,
    )


def random_claim(evidence: MaskingEvidence) -> Claim:
    """Do random masks flip the label, and to a puzzle where the model can say so?"""
    if evidence.has_puzzles:
        black, dropped = evidence.puzzle_black, evidence.puzzle_dropped
        sentence = "Random masks all over flip the label to 'crossword puzzle'."
        unit = "share of pictures with black patches all over that are called a puzzle"
        # Supported when puzzles are no rarity under black patches and more frequent than without
        # the patches; refuted when they are one.
        often = black.low >= PUZZLE_RARE and black.low > dropped.high
        verdict, measured = judge(often, black.high < PUZZLE_RARE), masking.PUZZLE_SHARE
    else:  # what can be tested is the flip itself
        black, dropped = evidence.flips_black, evidence.flips_dropped
        sentence = "Random masks all over flip the label (the original's, to 'crossword puzzle')."
        unit = f"share of labels lost, {percent(evidence.half_ratio)} of the patches black"
        # Supported when a label is more likely lost than kept, refuted when more likely kept.
        verdict, measured = judge(black.low > FLIPS, black.high < FLIPS), masking.SURVIVAL
    return Claim(
        id=names.RANDOM_CLAIM,
        sentence=sentence,
        original="one photo, one random mask",
        **vars(black),
        unit=unit,
        n=evidence.n_images,
        control=dropped.value,
        control_name="the same patches' tokens dropped",
        verdict=verdict,
        finding=random_finding(evidence),
        evidence=measured.path,
    )


def centre_finding(evidence: MaskingEvidence, threshold: float) -> str:
    """Say how often a small centre block keeps the label."""
    centre, scattered = evidence.small_centre, evidence.small_scattered
    n_hidden = evidence.small_masked
    larger = ", ".join(
        f"{percent(survival)} at {percent(ratio)} of the patches"
        for ratio, survival in evidence.centres
    )
    return (
        f"With {n_hidden} of {evidence.n_patches} patches black in the middle, "
        f"{percent(centre.value)} of the images keep their label. On {evidence.n_images:,} images: "
        f"{percent_range(centre)}; with {n_hidden} black anywhere {percent(scattered.value)} do. "
        f"The claim holds from {percent(threshold)} on."
        + (f" Larger black blocks in the middle leave {larger}." if larger else "")
    )


def random_finding(evidence: MaskingEvidence) -> str:
    """Say how often random masks flip the label, how much of it is the fill, and where to."""
    flips, dropped = evidence.flips_black, evidence.flips_dropped
    flipped = (
        f"With {percent(evidence.half_ratio)} of the patches black, all over the picture, "
        f"{percent(flips.value)} of the images lose their label. On {evidence.n_images:,} images: "
        f"{percent_range(flips)}. With the same patches' tokens dropped, {percent(dropped.value)} "
        f"do. {_cause(evidence)}"
    )
    if evidence.has_puzzles:
        black, drop = evidence.puzzle_black, evidence.puzzle_dropped
        return (
            f"With black patches all over, {percent(black.value)} of the pictures are called a "
            f"puzzle ({percent_range(black)}). With the tokens dropped, {percent(drop.value)} are. "
            f"{flipped}"
        )
    return (
        f"{flipped} None of the {evidence.n_labels:,} labels is a puzzle, so only the flip itself "
        f"can be tested."
    )


def _cause(evidence: MaskingEvidence) -> str:
    """Say whether the flips come from what is put in or from what is taken away."""
    between = evidence.flips_between
    effect = points(between)
    if between.low > 0:
        return f"The black fill makes the difference, not what it hides: {effect}."
    if between.high < 0:
        return f"The black fill loses fewer labels than dropping the tokens: {effect}."
    return f"Black fill and dropped tokens make no clear difference: {effect}."


def masking_findings(evidence: MaskingEvidence) -> dict[str, str]:
    """Return a sentence on each of MASKING_FINDINGS: contiguity, fills, where lost labels go."""
    black, dropped = evidence.contiguity_black, evidence.contiguity_dropped
    spread = evidence.fill_range
    if dropped.low > 0:
        effect = "Hiding what lies together costs fewer labels than hiding as much all over"
    elif dropped.high < 0:
        effect = "Hiding what lies together costs more labels than hiding as much all over"
    else:
        effect = "Whether hidden patches lie together makes no clear difference"
    by_fill = ", ".join(
        f"{FILL_ROWS[one.fill].words} {percent(one.survival)}"
        for one in sorted(evidence.fills, key=lambda one: -one.survival)
    )
    went = "; ".join(map(_destination, evidence.fills))
    return {
        names.ABOUT_CONTIGUITY: (
            f"{effect}. Survival with {percent(evidence.block_ratio)} hidden as one block, minus "
            f"as much all over: {points(dropped)} with tokens dropped, {points(black)} with black "
            f"patches."
        ),
        names.ABOUT_FILLS: (
            f"Between the best and the worst fill lie {spread.value * 100:.1f} points of survival. "
            f"On the same scattered masks, {percent(evidence.half_ratio)} hidden: 95% interval "
            f"{spread.low * 100:.1f} to {spread.high * 100:.1f}; chance alone gives "
            f"{evidence.fill_chance * 100:.1f}. Images that keep their label: {by_fill}."
        ),
        names.ABOUT_DESTINATIONS: f"Most frequent wrong label, share of the labels lost: {went}.",
    }


def _destination(one: FillOutcome) -> str:
    words = FILL_ROWS[one.fill].words
    if one.wrong_label is None:
        return f"{words}: none was lost"
    return f"{words}: '{one.wrong_label}' ({percent(one.wrong_share)})"


def named_by_stand_ins(claim: Claim) -> Claim:
    """Say of a claim on a picture keeping its label what a label is without a classifier."""
    if claim.id not in (names.CENTRE_CLAIM, names.RANDOM_CLAIM, names.SHAPE_CLAIM) or not claim.n:
        return claim
    label = (
        "The model has no classifier: a picture keeps its label here while its CLS feature is "
        "nearer to that of the same whole picture than to any other's."
    )
    return replace(claim, finding=f"{claim.finding} {label}")


CLAIMS = (centre_claim, random_claim)
