"""Datasets that every study's file holds: its claims and the images that were skipped."""

from store.schema.spec import TEXT, ArraySpec


def _claim(field: str, dtype: str, about: str, tolerance: float = 0.0) -> ArraySpec:
    return ArraySpec(f"claims/{field}", ("claim",), dtype, about, tolerance=tolerance)


CLAIM_ID = _claim("id", TEXT, "Stable name of the claim, such as 'vit-outline'.")
CLAIM_SENTENCE = _claim("sentence", TEXT, "The claim as the original report made it.")
CLAIM_ORIGINAL = _claim("original", TEXT, "What the original report gave as evidence, in words.")
CLAIM_VALUE = _claim("value", "float64", "Our value.", tolerance=0.02)
CLAIM_LOW = _claim("low", "float64", "Lower end of the 95 % interval; NaN if none.", tolerance=0.02)
CLAIM_HIGH = _claim("high", "float64", "Upper end of the interval; NaN if none.", tolerance=0.02)
CLAIM_UNIT = _claim("unit", TEXT, "What the value measures, with its unit.")
CLAIM_N = _claim("n", "int64", "How many independent items the value rests on.")
CLAIM_CONTROL = _claim("control", "float64", "The control's value; NaN if none.", tolerance=0.02)
CLAIM_CONTROL_NAME = _claim("control_name", TEXT, "What the control is.")
CLAIM_VERDICT = _claim("verdict", TEXT, "'supported', 'refuted' or 'undecided'.")
CLAIM_FINDING = _claim("finding", TEXT, "One sentence that says what was found, with its numbers.")
CLAIM_EVIDENCE = _claim("evidence", TEXT, "Path of the dataset that the value was computed from.")

SKIPPED_NAME = ArraySpec("skipped/name", ("skipped",), TEXT, "An image that was left out.")
SKIPPED_REASON = ArraySpec("skipped/reason", ("skipped",), TEXT, "Why it was left out.")

CLASS_NAME = ArraySpec("labels/name", ("class",), TEXT, "Name of each class, by label index.")

CLAIMS = (
    CLAIM_ID,
    CLAIM_SENTENCE,
    CLAIM_ORIGINAL,
    CLAIM_VALUE,
    CLAIM_LOW,
    CLAIM_HIGH,
    CLAIM_UNIT,
    CLAIM_N,
    CLAIM_CONTROL,
    CLAIM_CONTROL_NAME,
    CLAIM_VERDICT,
    CLAIM_FINDING,
    CLAIM_EVIDENCE,
)
COMMON = (*CLAIMS, SKIPPED_NAME, SKIPPED_REASON, CLASS_NAME)
