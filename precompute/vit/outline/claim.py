"""What the outline claim rests on, and sentences that say what was found, whichever way it fell."""

from dataclasses import dataclass

import numpy as np

from precompute.statistics import Estimate, percent, percent_range, points


@dataclass(frozen=True)
class OutlineEvidence:
    """Outline-minus-interior enrichment of the own map and of what may look like it."""

    own: Estimate
    controls: tuple[tuple[str, Estimate, Estimate], ...]  # name, its contrast, own minus it
    n_images: int
    n_left_out: int
    beyond_shifts: Estimate  # share of images that beat 95 % of their own map's shifts
    by_chance: float  # that share by chance; 0 where the grid has too few shifts to tell
    regions: tuple[Estimate, ...]  # mean enrichment of outline, interior and background
    drop_cost: Estimate  # survival without interior tokens minus without outline tokens, paired

    @property
    def strongest(self) -> tuple[str, Estimate, Estimate]:
        """The control that comes nearest to the own map, or passes it."""
        return min(self.controls, key=lambda control: np.nan_to_num(control[2].value, nan=np.inf))


def outline_finding(evidence: OutlineEvidence | None) -> str:
    """Say how attention differs between outline and interior, and what remains beside the nulls."""
    if evidence is None:
        return (
            "The images come without object masks, so outline and interior cannot be told apart. "
            "The attention maps themselves are on the attention page."
        )
    if not evidence.n_images:
        return (
            f"None of {evidence.n_left_out:,} images has all three regions: nothing was measured."
        )
    outline, interior, background = (region.value for region in evidence.regions)
    own, (name, control, gained) = evidence.own, evidence.strongest
    return (
        f"Last-layer CLS attention, averaged over heads, is "
        f"{'higher' if own.value > 0 else 'lower'} on the outline than on the interior: "
        f"{outline:.2f} against {interior:.2f} times what even attention gives "
        f"(background {background:.2f}; difference {_signed(own)}). The nearest control, "
        f"{_words(name)}, has a difference of {control.value:+.2f}; the own map's gain over it is "
        f"{_signed(gained)}. {_shifts(evidence)} {_causal(evidence)}"
    )


def _shifts(evidence: OutlineEvidence) -> str:
    beyond = evidence.beyond_shifts
    if not evidence.by_chance:
        return (
            f"On {evidence.n_images:,} images: the grid has too few places for a test of each map "
            f"against its own shifts."
        )
    return (
        f"Of {evidence.n_images:,} images {percent(beyond.value)} beat 95 % of their shifted maps "
        f"({percent_range(beyond)}), where chance gives {percent(evidence.by_chance)}."
    )


def _causal(evidence: OutlineEvidence) -> str:
    cost = evidence.drop_cost
    if np.isnan(cost.value):
        return "No image has tokens of every region to drop, so nothing is said about their use."
    if cost.low > 0:
        said = "costs more labels than dropping as many of the interior"
    elif cost.high < 0:
        said = "costs fewer labels than dropping as many of the interior"
    else:
        said = "costs no clearly different number of labels than dropping as many of the interior"
    unused = "" if cost.low > 0 else "; higher attention does not show what the label rests on"
    return f"Dropping outline tokens {said}: {points(cost)}{unused}."


def _words(name: str) -> str:
    return f"'{name}'" if name.startswith("another") else f"the {name}"


def _signed(estimate: Estimate) -> str:
    return f"{estimate.value:+.2f}, 95 % interval {estimate.low:+.2f} to {estimate.high:+.2f}"
