"""What each claim rests on, and one sentence that says what was found, whichever way it fell."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from precompute.statistics import Estimate, percent

FILL_WORDS = {"black": "black patches", "grey": "grey patches", "token_drop": "dropped tokens"}


@dataclass(frozen=True)
class LabelEvidence:
    """How often the model names what is in the picture."""

    share: Estimate  # UNDEFINED when nothing says what is in the pictures
    n_images: int
    guess: float  # share that the best guess without looking gets right
    guess_name: str
    against: str  # "their true label", or the expected labels


@dataclass(frozen=True)
class OutlineEvidence:
    """Outline-minus-interior enrichment of three maps, and how they differ."""

    own: Estimate
    other: Estimate  # the next image's map on this image's regions
    own_minus_other: Estimate
    n_images: int
    n_left_out: int
    share_beyond_shifts: float  # share of images with a shift p value of at most 0.05
    regions: tuple[Estimate, ...]  # mean enrichment of outline, interior and background


@dataclass(frozen=True)
class MaskingEvidence:
    """Label survival in the cells that the two masking claims rest on."""

    n_images: int
    small_ratio: float
    small_centre: Estimate  # centre block, black, smallest ratio
    small_scattered: Estimate
    half_ratio: float  # the ratio nearest 0.5
    half_difference: Estimate  # centre block - scattered, black, paired
    half_difference_dropped: Estimate  # the same with the tokens dropped
    scattered_by_fill: tuple[tuple[str, float], ...]  # survival at that ratio
    destinations: tuple[str, ...]  # per fill, where lost labels go, in words


def label_finding(evidence: LabelEvidence) -> str:
    """Say how often the model named what is in the picture."""
    share = evidence.share
    if np.isnan(share.value):
        return (
            "The images carry no labels that the model knows and no expected labels are set, so "
            "nothing can be said about right or wrong."
        )
    return (
        f"Of {evidence.n_images:,} images {percent(share.value)} were labelled right against "
        f"{evidence.against} ({_percent_range(share)}); {evidence.guess_name} would get "
        f"{percent(evidence.guess)}."
    )


def outline_finding(evidence: OutlineEvidence | None) -> str:
    """Say where attention is higher; None: the images have no regions."""
    if evidence is None:
        return "The images come without object masks, so outline and interior are not known."
    if np.isnan(evidence.own.value):
        return (
            f"None of {evidence.n_left_out:,} images has all three regions: nothing was measured."
        )
    outline, interior, background = (region.value for region in evidence.regions)
    own, gained = evidence.own, evidence.own_minus_other
    return (
        f"Last-layer CLS attention, averaged over heads, is "
        f"{'higher' if own.value > 0 else 'lower'} on the outline than on the interior: "
        f"{outline:.2f} against {interior:.2f} times what even attention gives "
        f"(background {background:.2f}; difference {_signed(own)}). Over another "
        f"image's map the difference gains {_signed(gained)}. Of {evidence.n_images:,} images "
        f"{percent(evidence.share_beyond_shifts)} beat 95 % of their shifted maps, where chance "
        f"gives 5 %; {evidence.n_left_out:,} more lacked a region. Where attention is higher does "
        f"not show what the model uses."
    )


def centre_finding(evidence: MaskingEvidence, threshold: float) -> str:
    """Say how often a small centre block keeps the label."""
    centre, scattered = evidence.small_centre, evidence.small_scattered
    return (
        f"With {percent(evidence.small_ratio)} of the patches blacked out in the middle, "
        f"{percent(centre.value)} of {evidence.n_images:,} images kept their label "
        f"({_percent_range(centre)}), and {percent(scattered.value)} with the same area scattered; "
        f"the claim asks for {percent(threshold)}."
    )


def random_finding(evidence: MaskingEvidence) -> str:
    """Say what scattering costs beside a block, how it depends on the fill, where labels go."""
    fills = ", ".join(
        f"{FILL_WORDS[fill]} {percent(value)}" for fill, value in evidence.scattered_by_fill
    )
    return (
        f"With {percent(evidence.half_ratio)} of the patches hidden, the survival of a centre "
        f"block minus that of scattered patches is {_points(evidence.half_difference)} when they "
        f"are black and {_points(evidence.half_difference_dropped)} when their tokens are "
        f"dropped. Scattered survival: {fills}. {' '.join(evidence.destinations)}"
    )


def destination(fill: str, label: str | None, share: float, puzzle_share: float) -> str:
    """Say where lost labels went under one fill; label is None when none was lost."""
    if label is None:
        return f"Under {FILL_WORDS[fill]} no label was lost."
    said = f"Under {FILL_WORDS[fill]} lost labels went most often to '{label}' ({percent(share)})"
    if np.isnan(puzzle_share):
        return f"{said}."
    return f"{said}; {percent(puzzle_share)} of all predictions were puzzle-like."


def no_puzzle_note(label_names: Sequence[str]) -> str:
    """Say that the flip to a puzzle cannot be seen with these labels."""
    return f"None of the model's {len(label_names):,} labels is puzzle-like."


def _percent_range(estimate: Estimate) -> str:
    return f"95 % interval {estimate.low * 100:.1f} to {estimate.high * 100:.1f} %"


def _signed(estimate: Estimate) -> str:
    return f"{estimate.value:+.2f}, 95 % interval {estimate.low:+.2f} to {estimate.high:+.2f}"


def _points(estimate: Estimate) -> str:
    low, value, high = (end * 100 for end in (estimate.low, estimate.value, estimate.high))
    return f"{value:+.1f} points (95 % interval {low:+.1f} to {high:+.1f})"
