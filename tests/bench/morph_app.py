"""A page with the dashboard's own moving layout, of as many points as it ever moves."""

import sys
from pathlib import Path

import numpy as np
import streamlit as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from dashboard.charts.scatter import MOST_POINTS as N_POINTS
from dashboard.clip.layout_charts import morph_chart, morph_frame

CLASSES, N_TEXTS = [f"class {n}" for n in range(10)], 100


def main() -> None:
    """Draw the chart."""
    rng = np.random.default_rng(0)
    n_images = N_POINTS - N_TEXTS
    before, after, texts = (rng.normal(size=(n, 2)) for n in (n_images, n_images, N_TEXTS))
    names = [CLASSES[n % 10] for n in range(n_images)]
    table = morph_frame(before, after, names, texts, names[:N_TEXTS])
    st.altair_chart(morph_chart(table, "PCA").wide)


if __name__ == "__main__":
    main()
