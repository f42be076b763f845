"""Datasets of the CLIP study's modality gap: metrics, cosines, and the axis along the gap."""

from store.schema.clip.names import COSINE_KINDS, METRICS, MODALITIES, SCALES
from store.schema.spec import array, listed, optional

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

# --- normalised or not, and class by class; older files have none of these -------------------
SCALE = optional("gap/scale (scale) utf8", f"{listed(SCALES)}; raw where norms are known.")
SCALED_GAP = optional(
    "gap/scaled_gap (scale, estimate) float32 ±0.02",
    "Gap distance over the root mean square length of images and texts (bootstrap).",
)
MODALITY = optional("gap/modality (modality) utf8", f"{listed(MODALITIES)}.")
MEAN_NORM = optional(
    "gap/mean_norm (modality, estimate) float32 ±0.02",
    "Mean length of the embeddings before normalising (bootstrap; texts have no interval).",
)
CLASS_GAP = optional(
    "gap/class_gap (class, estimate) float32 ±0.02",
    "Distance between the mean of a class's images and of its texts (1.96 bootstrap standard "
    "errors over images); NaN where a class has fewer than two images.",
)
