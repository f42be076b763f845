"""Two reports beside each other: what each says, how far apart they are, and what forbids it."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.loaders import Claim, Study
from dashboard.report import provenance
from dashboard.ui import formatting
from store.schema.vae import reconstructions
from store.schema.vit import masking


@dataclass(frozen=True)
class Pair:
    """The same study of two reports."""

    first: Study
    second: Study

    @property
    def name(self) -> str:
        """Return 'vit', 'vae' or 'clip'."""
        return self.first.name

    @property
    def same_images(self) -> bool:
        """Say whether both looked at the same images and labels."""
        digests = {s.provenance.dataset_digest for s in (self.first, self.second)}
        return len(digests) == 1

    @property
    def same_numbers(self) -> bool:
        """Say whether both stores hold the same contents."""
        return self.first.store.content_hash == self.second.store.content_hash


@dataclass(frozen=True)
class ClaimPair:
    """One claim as two reports found it."""

    first: Claim
    second: Claim

    @property
    def why_not(self) -> str:
        """Return why the two values have no difference, or nothing where they have one."""
        if self.first.unit != self.second.unit:
            return f"they measure different things: {self.first.unit}; {self.second.unit}"
        if math.isnan(self.first.value) or math.isnan(self.second.value):
            return "one of the two is not defined"
        return ""

    @property
    def difference(self) -> float:
        """Return second minus first; NaN where they cannot be compared."""
        return math.nan if self.why_not else self.second.value - self.first.value


def pair_up(first: dict[str, Study], second: dict[str, Study]) -> list[Pair]:
    """Return the studies that both reports hold."""
    return [Pair(study, second[name]) for name, study in first.items() if name in second]


def claim_pairs(pair: Pair) -> list[ClaimPair]:
    """Return the claims that both studies make, in the first one's order."""
    others = {claim.id: claim for claim in pair.second.store.claims}
    mine = pair.first.store.claims
    return [ClaimPair(claim, others[claim.id]) for claim in mine if claim.id in others]


def words(judged: list[ClaimPair], names: tuple[str, str]) -> str:
    """Return on how many of the comparable claims two reports agree, as a sentence."""
    if not judged:
        return f"No claim of {names[0]} and {names[1]} can be compared."
    alike = sum(claim.first.verdict == claim.second.verdict for claim in judged)
    return (
        f"{names[0]} and {names[1]} reach the same verdict on {alike} of the {len(judged)} claims "
        f"that can be compared."
    )


def claims_frame(claims: list[ClaimPair], names: tuple[str, str]) -> pd.DataFrame:
    """Return one row per claim: both values with intervals, their difference, both verdicts."""
    a, b = names
    rows = [
        {
            "claim": claim.first.id,
            a: formatting.with_interval(claim.first.value, claim.first.low, claim.first.high),
            b: formatting.with_interval(claim.second.value, claim.second.low, claim.second.high),
            "difference": claim.difference,
            "unit": claim.first.unit,
            f"verdict, {a}": claim.first.verdict,
            f"verdict, {b}": claim.second.verdict,
            "not compared because": claim.why_not,
        }
        for claim in claims
    ]
    return pd.DataFrame(rows)


def estimates_frame(claim: ClaimPair, names: tuple[str, str]) -> pd.DataFrame:
    """Return one row per report: name, value, low, high."""
    both = zip(names, (claim.first, claim.second), strict=True)
    rows = [(name, c.value, c.low, c.high) for name, c in both]
    return pd.DataFrame(rows, columns=["name", "value", "low", "high"])


def provenance_frame(pair: Pair, names: tuple[str, str]) -> pd.DataFrame:
    """Return what is recorded differently about the two: what, first, second."""
    sides = (provenance.rows(study) for study in (pair.first, pair.second))
    a, b = (dict(zip(rows["what"], rows["value"], strict=True)) for rows in sides)
    every = dict.fromkeys([*a, *b])
    found = [(what, a.get(what, ""), b.get(what, "")) for what in every]
    return pd.DataFrame([row for row in found if row[1] != row[2]], columns=["what", *names])


def why_no_losses(pair: Pair) -> str:
    """Return why the two losses must not stand on one axis, or nothing where they may."""
    conventions = [
        sorted(s.read(reconstructions.LOSS_CONVENTION).tolist()) for s in (pair.first, pair.second)
    ]
    if conventions[0] != conventions[1]:
        return "The two losses follow different conventions, so their heights cannot be compared."
    return ""


def why_no_survival(pair: Pair) -> str:
    """Return why the two survival curves must not stand on one axis, or nothing."""
    for spec, what in ((masking.MASK_ARM, "areas"), (masking.MASK_FILL, "fills")):
        if pair.first.read(spec).tolist() != pair.second.read(spec).tolist():
            return f"The two reports hide patches in different ways ({what})."
    return "" if run_by_both(pair).any() else "The two reports ran no mask in common."


def run_by_both(pair: Pair) -> NDArray[np.bool_]:
    """Return which arms were run under which fills in both reports, at any share: (arms, fills)."""
    both = (pair.first, pair.second)
    return np.all([(study.read(masking.N_MASKS) > 0).any(axis=1) for study in both], axis=0)
