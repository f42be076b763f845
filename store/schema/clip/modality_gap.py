"""Datasets of the CLIP study's modality gap: metrics, cosines, and the axis along the gap."""

from store.schema.clip.names import COSINE_KINDS, METRICS
from store.schema.spec import array, listed

GAP_VECTOR = array(
    "gap/vector (embedding_dim) float32 ±0.001",
    "Mean image embedding minus mean text embedding, held-out images.",
)
METRIC_NAME = array("gap/metric (metric) utf8", f"{listed(METRICS)}.")
METRIC = array(
    "gap/value (metric, estimate) float32 ±0.02",
    "Each metric on held-out images (bootstrap); NaN where not defined.",
)
METRIC_ABOUT = array("gap/about (metric) utf8", "What each metric measures.")
METRIC_REASON = array("gap/reason (metric) utf8", "Why a metric is undefined here; else empty.")
COSINE_KIND = array("gap/cosine_kind (cosine_kind) utf8", f"{listed(COSINE_KINDS)}.")
COSINE_EDGE = array("gap/cosine_edge (edge) float32", "Edges of the histogram's bins.")
COSINE_DENSITY = array(
    "gap/cosine_density (cosine_kind, bin) float32 ±0.002", "Share of pairs in each bin."
)
GAP_AXIS_IMAGE = array(
    "gap/axis_image (shown) float32 ±0.001",
    "Shown images' coordinate along the gap vector's direction.",
)
MATCHED_COSINE_SHOWN = array(
    "gap/matched_cosine_shown (shown) float32 ±0.001",
    "Shown images' cosine with their own class's prompt.",
)
GAP_AXIS_TEXT = array(
    "gap/axis_text (text) float32 ±0.001", "Texts' coordinate along the gap vector's direction."
)
