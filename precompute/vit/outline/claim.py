"""Is attention higher on the outline than inside it: evidence, rule, verdict and words."""

from dataclasses import dataclass

import numpy as np

from precompute.claims import judge
from precompute.statistics import UNDEFINED, Estimate, percent, percent_range, points
from store.records import Claim
from store.schema.vit import attention, names, outline


@dataclass(frozen=True)
class OutlineEvidence:
    """Outline-minus-interior enrichment of the own map and of what may look like it."""

    own: Estimate
    controls: tuple[tuple[str, Estimate, Estimate], ...]  # name, its contrast, own minus it
    n_images: int
    n_left_out: int
    beyond_shifts: Estimate  # share of images that beat 95% of their own map's shifts
    by_chance: float  # that share by chance; 0 where the grid has too few shifts to tell
    regions: tuple[Estimate, ...]  # mean enrichment of outline, interior and background
    drop_cost: Estimate  # survival without interior tokens minus without outline tokens, paired

    @property
    def strongest(self) -> tuple[str, Estimate, Estimate]:
        """The control that comes nearest to the own map, or passes it."""
        return min(self.controls, key=lambda control: np.nan_to_num(control[2].value, nan=np.inf))


def outline_claim(evidence: OutlineEvidence | None) -> Claim:
    """Is CLS attention higher on the outline than inside it? None: the images have no regions."""
    own = UNDEFINED if evidence is None else evidence.own
    name, control, _ = ("none", UNDEFINED, UNDEFINED) if evidence is None else evidence.strongest
    gains = [] if evidence is None else [gained for _, _, gained in evidence.controls]
    beats_shifts = evidence is not None and (
        evidence.by_chance == 0 or evidence.beyond_shifts.low > evidence.by_chance
    )
    return Claim(
        id=names.OUTLINE_CLAIM,
        # The original's conclusion, that the model sees outlines, is about what a label rests on:
        # attention cannot show that, so the finding sets the causal arm beside it.
        sentence="CLS attention singles out the object's outline.",
        original="heat maps over three cat photos, judged by eye: 'the model sees outlines'",
        **vars(own),
        unit="outline minus interior enrichment (attention mass per area; 0 is no preference)",
        n=0 if evidence is None else evidence.n_images,
        control=control.value,
        control_name=name,
        # Supported when attention is higher on the outline than on the interior AND more so than
        # another image's map, the untrained model's, a centred Gaussian and the picture's own
        # edges would be, because objects and attention both favour the centre and an outline is
        # made of edges; refuted when it is lower, or when a map without the image or without the
        # model does better. The mean over shifted maps cannot be the control:
        # all shifts of a map add up to an even one, so it is 0 by construction. How many images
        # beat 95% of their own shifted maps can: without more than chance gives, where the grid
        # can tell, the claim is undecided, for a test that finds nothing shows nothing.
        verdict=judge(
            own.low > 0 and all(gained.low > 0 for gained in gains) and beats_shifts,
            own.high < 0 or any(gained.high < 0 for gained in gains),
        ),
        finding=outline_finding(evidence),
        evidence=(outline.CONTRAST if evidence else attention.CLS_ATTENTION).path,
    )


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
    rim, interior, background = (region.value for region in evidence.regions)
    own, (name, control, gained) = evidence.own, evidence.strongest
    return (
        f"Attention is {abs(own.value):.2f} {'higher' if own.value > 0 else 'lower'} on the "
        f"outline than inside the object, {_words(name)} {control.value:+.2f}. Even attention "
        f"would be 1 everywhere; the last layer's CLS attention, mean over heads, is {rim:.2f} on "
        f"the outline, {interior:.2f} inside and {background:.2f} on the background (difference "
        f"{_signed(own)}). From {_words(name)}, its nearest control, the model's map differs by "
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
        f"On {evidence.n_images:,} images, {percent(beyond.value)} of the maps beat 95% of their "
        f"own shifted copies ({percent_range(beyond)}); chance gives {percent(evidence.by_chance)}."
    )


def _causal(evidence: OutlineEvidence) -> str:
    cost = evidence.drop_cost
    if np.isnan(cost.value):
        return "No image has tokens of every region to drop, so nothing is said about their use."
    if cost.low > 0:
        effect = "loses more labels than"
    elif cost.high < 0:
        effect = "loses fewer labels than"
    else:
        effect = "loses about as many labels as"
    unused = "" if cost.low > 0 else " So attention does not show what the label rests on."
    return f"Dropping outline tokens {effect} dropping tokens inside: {points(cost)}.{unused}"


def _words(name: str) -> str:
    return name if name in (names.OTHER_MAP, names.UNTRAINED_MAP) else f"the {name}"


def _signed(estimate: Estimate) -> str:
    return f"{estimate.value:+.2f}, 95% interval {estimate.low:+.2f} to {estimate.high:+.2f}"


CLAIMS = (outline_claim,)
