"""What the masking claims rest on, and sentences that say what was found, whichever way it fell."""

from dataclasses import dataclass

import numpy as np

from precompute.statistics import Estimate, percent, percent_range, points
from store.schema.vit.names import BLACK, BLUR, GREY, MEAN, OTHER_IMAGE, TOKEN_DROP

FILL_WORDS = {
    BLACK: "black patches",
    GREY: "grey patches",
    MEAN: "patches of the mean colour",
    BLUR: "blurred patches",
    OTHER_IMAGE: "another image's patches",
    TOKEN_DROP: "dropped tokens",
}


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


def centre_finding(evidence: MaskingEvidence, threshold: float) -> str:
    """Say how often a small centre block keeps the label."""
    centre, scattered = evidence.small_centre, evidence.small_scattered
    n_hidden = evidence.small_masked
    larger = ", ".join(f"{percent(ratio)}: {percent(kept)}" for ratio, kept in evidence.centres)
    return (
        f"With {n_hidden} of {evidence.n_patches} patches blacked out in the middle, "
        f"{percent(centre.value)} of {evidence.n_images:,} images kept their label "
        f"({percent_range(centre)}), and {percent(scattered.value)} with {n_hidden} anywhere; "
        f"the claim asks for {percent(threshold)}."
        + (f" With larger blocks: {larger}." if larger else "")
    )


def random_finding(evidence: MaskingEvidence) -> str:
    """Say how often random masks flip the label, how much of it is the fill, and where to."""
    flips, dropped = evidence.flips_black, evidence.flips_dropped
    said = (
        f"With {percent(evidence.half_ratio)} of the patches blacked out all over, "
        f"{percent(flips.value)} of {evidence.n_images:,} images lose their label "
        f"({percent_range(flips)}); with the tokens of the same patches dropped, "
        f"{percent(dropped.value)} do. {_cause(evidence)}"
    )
    if evidence.has_puzzles:
        black, drop = evidence.puzzle_black, evidence.puzzle_dropped
        return (
            f"Of all pictures with black patches all over, {percent(black.value)} come to be "
            f"called a puzzle ({percent_range(black)}), and {percent(drop.value)} with the tokens "
            f"dropped. {said}"
        )
    return (
        f"{said} None of the {evidence.n_labels:,} labels is a puzzle, so only the flip itself can "
        f"be tested."
    )


def _cause(evidence: MaskingEvidence) -> str:
    """Say whether the flips come from what is put in or from what is taken away."""
    between = evidence.flips_between
    said = points(between)
    if between.low > 0:
        return f"So {said} of the flips are the work of the black fill, not of what it hides."
    if between.high < 0:
        return f"So the black fill adds no flips: it has {said} against dropping the tokens."
    return f"So the black fill itself makes no clear difference: {said}."


def masking_findings(evidence: MaskingEvidence) -> tuple[str, ...]:
    """Return what was found about contiguity, about the fills, and where lost labels go."""
    return _contiguity_finding(evidence), _fill_finding(evidence), _destinations(evidence)


def _contiguity_finding(evidence: MaskingEvidence) -> str:
    black, dropped = evidence.contiguity_black, evidence.contiguity_dropped
    return (
        f"{_direction(dropped)}. With {percent(evidence.block_ratio)} hidden, survival under a "
        f"block at a random place minus survival under patches all over is {points(dropped)} when "
        f"tokens are dropped and {points(black)} when they are black."
    )


def _direction(dropped: Estimate) -> str:
    if dropped.low > 0:
        return "Hiding what lies together costs fewer labels than hiding as much all over"
    if dropped.high < 0:
        return "Hiding what lies together costs more labels than hiding as much all over"
    return "Whether hidden patches lie together makes no clear difference"


def _fill_finding(evidence: MaskingEvidence) -> str:
    by_fill = ", ".join(
        f"{FILL_WORDS[one.fill]} {percent(one.survival)}"
        for one in sorted(evidence.fills, key=lambda one: -one.survival)
    )
    found = evidence.fill_range
    return (
        f"On the same scattered masks, {percent(evidence.half_ratio)} hidden, survival depends on "
        f"the fill by {found.value * 100:.1f} points (95 % interval {found.low * 100:.1f} to "
        f"{found.high * 100:.1f}; {evidence.fill_chance * 100:.1f} by chance). Images that keep "
        f"their label: {by_fill}."
    )


def _destinations(evidence: MaskingEvidence) -> str:
    went = [_destination(one) for one in evidence.fills]
    return f"Most frequent wrong label, share of the labels lost: {'; '.join(went)}."


def _destination(one: FillOutcome) -> str:
    words = FILL_WORDS[one.fill]
    if one.wrong_label is None:
        return f"{words}: none was lost"
    return f"{words}: '{one.wrong_label}' ({percent(one.wrong_share)})"
