"""Datasets of the CLIP study's modality gap: metrics, cosines, and the axis along the gap."""

from store.schema.spec import TEXT, ArraySpec

GAP_VECTOR = ArraySpec(
    "gap/vector",
    ("embedding_dim",),
    "float32",
    "Mean image embedding minus mean text embedding, held-out images.",
    tolerance=1e-3,
)
METRIC_NAME = ArraySpec(
    "gap/metric",
    ("metric",),
    TEXT,
    "gap_distance, centroid_cosine, relative_gap, matched_cosine, separability ...",
)
METRIC = ArraySpec(
    "gap/value",
    ("metric", "estimate"),
    "float32",
    "Each metric on held-out images: value, low, high (bootstrap); NaN where not defined.",
    tolerance=2e-2,
)
METRIC_ABOUT = ArraySpec("gap/about", ("metric",), TEXT, "What each metric measures.")
METRIC_REASON = ArraySpec(
    "gap/reason", ("metric",), TEXT, "Why a metric is not defined here; empty where it is."
)
COSINE_KIND = ArraySpec(
    "gap/cosine_kind",
    ("cosine_kind",),
    TEXT,
    "matched, unmatched, image-image, text-text.",
)
COSINE_EDGE = ArraySpec("gap/cosine_edge", ("edge",), "float32", "Edges of the histogram's bins.")
COSINE_DENSITY = ArraySpec(
    "gap/cosine_density",
    ("cosine_kind", "bin"),
    "float32",
    "Share of pairs in each bin.",
    tolerance=0.002,
)
GAP_AXIS_IMAGE = ArraySpec(
    "gap/axis_image",
    ("shown",),
    "float32",
    "Shown images' coordinate along the gap vector's direction.",
    tolerance=1e-3,
)
MATCHED_COSINE_SHOWN = ArraySpec(
    "gap/matched_cosine_shown",
    ("shown",),
    "float32",
    "Shown images' cosine with their own class's prompt.",
    tolerance=1e-3,
)
GAP_AXIS_TEXT = ArraySpec(
    "gap/axis_text",
    ("text",),
    "float32",
    "Texts' coordinate along the gap vector's direction.",
    tolerance=1e-3,
)

ARRAYS = (
    GAP_VECTOR,
    METRIC_NAME,
    METRIC,
    METRIC_ABOUT,
    METRIC_REASON,
    COSINE_KIND,
    COSINE_EDGE,
    COSINE_DENSITY,
    GAP_AXIS_IMAGE,
    MATCHED_COSINE_SHOWN,
    GAP_AXIS_TEXT,
)
