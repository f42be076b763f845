"""Datasets that every study's file holds: its claims and the images that were skipped."""

import sys

from store.schema.spec import array, arrays_in, optional

CLAIM_ID = array("claims/id (claim) utf8", "Stable name of the claim, such as 'vit-outline'.")
CLAIM_SENTENCE = array("claims/sentence (claim) utf8", "The claim as the original report made it.")
CLAIM_ORIGINAL = array("claims/original (claim) utf8", "The original report's evidence, in words.")
CLAIM_VALUE = array("claims/value (claim) float64 ±0.02", "Our value.")
CLAIM_LOW = array("claims/low (claim) float64 ±0.02", "Low end of the 95% interval; NaN if none.")
CLAIM_HIGH = array("claims/high (claim) float64 ±0.02", "High end of the interval; NaN if none.")
CLAIM_UNIT = array("claims/unit (claim) utf8", "What the value measures, with its unit.")
CLAIM_N = array("claims/n (claim) int64 count", "How many independent items the value rests on.")
CLAIM_CONTROL = array("claims/control (claim) float64 ±0.02", "The control's value; NaN if none.")
CLAIM_CONTROL_NAME = array("claims/control_name (claim) utf8", "What the control is.")
CLAIM_VERDICT = array("claims/verdict (claim) utf8", "'supported', 'refuted' or 'undecided'.")
CLAIM_FINDING = array(
    "claims/finding (claim) utf8", "What was found: one sentence with its numbers."
)
CLAIM_EVIDENCE = array("claims/evidence (claim) utf8", "Path of the dataset behind the value.")
# A row per claim and value that somebody else measured for it; older files have none.
REFERENCE_CLAIM = optional("references/claim (reference) utf8", "Name of the claim.")
REFERENCE_RUN = optional(
    "references/run (reference) utf8", "The original report, or a public run of the same course."
)
REFERENCE_VALUE = optional(
    "references/value (reference) float64", "What it measured, in the claim's unit."
)
REFERENCE_N = optional(
    "references/n (reference) int64 count", "Independent items it rests on; 0 where it is not told."
)
REFERENCE_NOTE = optional("references/note (reference) utf8", "What was different.")

SKIPPED_NAME = array("skipped/name (skipped) utf8", "An image that was left out.")
SKIPPED_REASON = array("skipped/reason (skipped) utf8", "Why it was left out.")

CLASS_NAME = array("labels/name (class) utf8", "Name of each class, by label index.")

COMMON = arrays_in(sys.modules[__name__])
CLAIMS = tuple(spec for spec in COMMON if spec.dims == ("claim",))
REFERENCES = tuple(spec for spec in COMMON if spec.dims == ("reference",))
