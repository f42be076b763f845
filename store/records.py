"""What a store says, as plain records: claims, provenance, skipped images, loss conventions."""

import json
import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from numpy.typing import NDArray

Verdict = Literal["supported", "refuted", "undecided"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True)
class Claim:
    """One checkable sentence: the original's evidence, ours, its control and the verdict."""

    id: str  # stable name, such as "vit-outline"
    sentence: str  # the claim as the original report made it
    original: str  # the original's evidence, in words
    value: float
    low: float  # 95 % interval; NaN where none is defined
    high: float
    unit: str  # what the value measures, with its unit
    n: int  # independent items the value rests on
    control: float  # NaN where there is none
    control_name: str
    verdict: Verdict
    finding: str  # one sentence with its numbers, whichever way it fell
    evidence: str  # path of the dataset behind the value

    def __post_init__(self) -> None:
        """Refuse a verdict outside the three words and an interval that misses its value."""
        if self.verdict not in VERDICTS:
            raise ValueError(f"{self.id}: verdict {self.verdict!r} is not one of {VERDICTS}")
        ends = (self.low, self.value, self.high)
        if not any(math.isnan(end) for end in ends) and not self.low <= self.value <= self.high:
            raise ValueError(f"{self.id}: interval [{self.low}, {self.high}] misses {self.value}")


@dataclass(frozen=True)
class Skipped:
    """An image that was left out, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class LossConvention:
    """Everything that must be known before two VAE losses may be compared."""

    reconstruction: str  # squared_error, half_squared_error, gaussian, bernoulli, ...
    pixel_range: tuple[float, float]
    reduce_pixels: str  # sum or mean
    reduce_batch: str
    kl_weight: float
    latent: str  # posterior_mean or latent_sample
    averaged_over: str  # "train images while the epoch runs", "test images after the epoch"
    sigma: float = 0.0  # of a Gaussian term, in units of the pixel range; 0 where there is none

    def to_json(self) -> str:
        """Return the record as JSON, keys sorted."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "LossConvention":
        """Read the record back; an unknown or missing field raises TypeError."""
        fields = json.loads(text)
        fields["pixel_range"] = tuple(fields["pixel_range"])
        return cls(**fields)


@dataclass(frozen=True)
class Provenance:
    """Where a store's numbers come from: enough to make them again."""

    study: str
    report: str
    profile: str
    command: str  # rebuilds this store
    settings: dict[str, Any]
    dataset: str
    dataset_digest: str  # sha256 over the images' bytes and labels
    model: str  # hub id, folder name, or what was trained in the job
    model_revision: str
    model_digest: str  # sha256 of the weights; for the ViT, of their settings too
    preprocessing: dict[str, Any]
    seed: int
    device: str
    versions: dict[str, str] = field(default_factory=dict)  # library -> version
    git_commit: str = ""
    created_utc: str = ""  # the only clock; ignored by diff and by the content hash
    seconds: float = math.nan  # wall time of the job; ignored likewise


@dataclass(frozen=True)
class StoreContents:
    """All that one store holds, before it is written."""

    arrays: dict[Any, NDArray]  # ArraySpec -> values
    claims: tuple[Claim, ...]
    skipped: tuple[Skipped, ...]
    class_names: tuple[str, ...]
    provenance: Provenance
