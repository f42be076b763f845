"""What a store says, as plain records: claims, provenance, skipped images, loss conventions."""

import json
import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from numpy.typing import NDArray

SUM, MEAN = "sum", "mean"  # how a loss is reduced

Verdict = Literal["supported", "refuted", "undecided"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True)
class Reference:
    """What somebody else measured for the same claim."""

    run: str  # "original report", or a public run of the same course by a letter
    value: float  # in the claim's unit
    n: int  # independent items it rests on; 0 where it is not told
    note: str  # what was different


@dataclass(frozen=True)
class Claim:
    """One checkable sentence: the original's evidence, ours, its control and the verdict."""

    id: str  # stable name, such as "vit-outline"
    sentence: str  # the claim as the original report made it
    original: str  # the original's evidence, in words
    value: float
    low: float  # 95% interval; NaN where none is defined
    high: float
    unit: str  # what the value measures, with its unit
    n: int  # independent items the value rests on
    control: float  # NaN where there is none
    control_name: str
    verdict: Verdict
    finding: str  # one sentence with its numbers, whichever way it fell
    evidence: str  # path of the dataset behind the value
    references: tuple[Reference, ...] = ()  # what others measured

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


NUMBERS = ("pixel_range", "kl_weight", "sigma")  # of a loss convention; its other fields are text


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
        """Read the record back.

        Raises:
            TypeError: a field is unknown or missing.
            ValueError: the text is not JSON, or a field is of another kind.
        """
        values = json.loads(text)
        if not isinstance(values, dict) or not isinstance(values.get("pixel_range"), list):
            raise ValueError("a loss convention is a JSON object with a pixel_range")
        values["pixel_range"] = tuple(values["pixel_range"])
        numbers = [values.get("kl_weight"), values.get("sigma", 0.0), *values["pixel_range"]]
        texts = [value for name, value in values.items() if name not in NUMBERS]
        if len(numbers) != 4 or not all(isinstance(number, int | float) for number in numbers):
            raise ValueError("pixel_range, kl_weight and sigma are two, one and one number")
        if not all(isinstance(value, str) for value in texts):
            raise ValueError("every other field of a loss convention is text")
        return cls(**values)


@dataclass(frozen=True)
class LossLine:
    """How a line of code reduces a VAE's squared error and KL; the batch alike in both."""

    pixels: str  # SUM or MEAN
    latents: str
    kl_weight: float

    def effective_beta(self, n_pixels: int, latent_dim: int) -> float:
        """Return the weight that the KL has where both terms are sums: what decides a collapse.

        A mean over P pixels makes the KL weigh P times as much, one over D latents D times less.
        """
        pixels = n_pixels if self.pixels == MEAN else 1
        latents = latent_dim if self.latents == MEAN else 1
        return self.kl_weight * pixels / latents


def latents_alive(variances: NDArray, effective_beta: float, latent_dim: int) -> int:
    """Return how many latents the best linear VAE uses (Lucas, Tucker, Grosse & Norouzi 2019).

    variances: (K,) of the images along their principal directions, most first, pixels in [0, 1].
    A direction is worth a latent where its variance exceeds the noise that the loss assumes,
    effective_beta / 2.
    """
    return int((variances[:latent_dim] > effective_beta / 2).sum())


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
