"""Probes: what a linear classifier reads from the CLS token, and from the mean of the patches."""

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.charts import encodings, lines
from dashboard.charts.colours import BLUE, ORANGE
from dashboard.charts.figure import Figure
from dashboard.loaders import Study
from dashboard.ui import figures, formatting, page_parts, pickers
from dashboard.vit import titles
from store.schema.vit import names, probes

DASHES = {names.TRAINED: [1, 0], names.UNTRAINED: [5, 4]}
AXIS = "images named right"


def by_layer(study: Study, view: int) -> None:
    """Draw the accuracy of each pooling at every depth, with trained and with random weights."""
    n_fit, n_test = (int(study.read(spec)) for spec in (probes.N_PROBE_FIT, probes.N_PROBE_TEST))
    st.caption(
        f"A linear probe for each point, fitted on {n_fit:,} whole images and judged on {n_test:,} "
        f"others. Bands are 95% intervals; dashed: the same network with random weights."
    )
    table, chance = accuracy_frame(study, view), float(study.read(probes.PROBE_CHANCE))
    title = titles.stored_titles(study, probes.PROBE_VIEW)[view]
    about = f"Accuracy of linear probes by layer and pooling, pictures {title}."
    page_parts.figure(accuracy_chart, table, chance, about)


def differences(study: Study, view: int) -> None:
    """Draw by how much the CLS token is ahead at every depth, and the test of each layer."""
    st.subheader("By how much, layer by layer?", anchor=False)
    st.caption(
        "Accuracy from the CLS token minus accuracy from the mean of the patches, on the same "
        "images: right of zero the CLS token says more, left of it the patches do."
    )
    trained = study.row(probes.PROBE_WEIGHTS, names.TRAINED)
    apart = 100 * study.read(probes.PROBE_DIFFERENCE)[trained, view]
    depths = [depth(layer) for layer in range(len(apart))]
    about = "The CLS token's accuracy minus the patch mean's, in points, by layer."
    marks = [(0.0, "equal")]
    page_parts.intervals(depths, apart, "difference, points", about, marks=marks)
    only = study.read(probes.PROBE_ONLY)[trained, view]
    p_values = study.read(probes.PROBE_P_VALUE)[trained, view].tolist()
    table = {
        "after": depths,
        "difference, points": [f"{v:+.1f} ({a:+.1f} to {b:+.1f})" for v, a, b in apart.tolist()],
        **{
            f"only {title} right": only[:, row]
            for row, title in enumerate(titles.stored_titles(study, probes.PROBE_POOLING))
        },
        "McNemar, Holm": list(map(formatting.p_value, p_values)),
    }
    figures.numbers(table, "The two poolings compared at every depth", "The tests")


def accuracy_frame(study: Study, view: int) -> pd.DataFrame:
    """Return a row per weights, pooling and layer: accuracy with its interval."""
    accuracy = study.read(probes.PROBE_ACCURACY)[:, view]  # (weights, layer, pooling, estimate)
    poolings = titles.stored_titles(study, probes.PROBE_POOLING)
    rows = [
        (weights, pooling, layer, *map(float, accuracy[w, layer, p]))
        for w, weights in enumerate(titles.stored_titles(study, probes.PROBE_WEIGHTS))
        for p, pooling in enumerate(poolings)
        for layer in range(accuracy.shape[1])
    ]
    return pd.DataFrame(rows, columns=["weights", "read from", "layer", "value", "low", "high"])


def depth(layer: int) -> str:
    """Return where a probe reads, in words."""
    return f"layer {layer}" if layer else "the embedding"


def accuracy_chart(frame: pd.DataFrame, chance: float, about: str) -> Figure:
    """Return accuracy over layers, a colour per pooling, dashed with random weights.

    frame: from `accuracy_frame`. chance: accuracy of always naming one class.
    """
    poolings = list(dict.fromkeys(frame["read from"]))
    weights = list(dict.fromkeys(frame["weights"]))
    x = encodings.x("layer:O", "after layer (0: the embedding)", axis={"labelAngle": 0})
    y = encodings.y("value:Q", AXIS, ".0%", domain=[0, 1])
    words = titles.WEIGHTS_TITLES
    dashes = {words[name]: dash for name, dash in DASHES.items()}
    patterns = alt.Scale(domain=weights, range=[dashes.get(name, [2, 2]) for name in weights])
    dash = alt.StrokeDash("weights:N", scale=patterns, legend=None)
    colours = dict(zip(poolings, (BLUE, ORANGE), strict=False))
    shapes = dict(zip(poolings, ("circle", "diamond"), strict=False))
    numbers = encodings.hover(".1%", "low", "high", value=AXIS)
    base = alt.Chart(frame).encode(
        x=x,
        color=encodings.colour("read from", colours, symbolOpacity=1),
        detail="weights:N",
        tooltip=["read from:N", "weights:N", "layer:O", *numbers],
    )
    band = base.mark_area(opacity=0.15, tooltip=None).encode(
        y=alt.Y("low:Q", title=AXIS), y2="high:Q"
    )
    line = base.mark_line(strokeWidth=2).encode(y=y, strokeDash=dash)
    points = base.mark_point(filled=True, size=60, opacity=1).encode(
        y=y, shape=encodings.shape("read from", shapes, symbolOpacity=1)
    )
    rules = lines.level_rules([(chance, "always one class")], AXIS, "right")
    chart = alt.layer(*rules, band, line, points).properties(height=340)
    return Figure(chart, frame, about)


def main() -> None:
    """Draw the page."""
    study = page_parts.open_page("probes", "Which says more: the CLS token or the patches?")
    if not study.has(probes.PROBE_FINDING):
        st.info("This report was made before probes were fitted. Make it again to see them.")
        return
    findings = study.read(probes.PROBE_FINDING).tolist()
    page_parts.statement(*(findings[:2] or [""]))
    if not study.has(probes.PROBE_ACCURACY, probes.PROBE_DIFFERENCE, probes.PROBE_P_VALUE):
        return
    views = titles.stored_titles(study, probes.PROBE_VIEW)
    view = views.index(pickers.pick_few("Pictures that judge", views, "pictures"))
    by_layer(study, view)
    masked = study.read(probes.PROBE_VIEW)[view] in names.PROBE_ARMS
    about = names.ABOUT_MASKS if masked else names.ABOUT_TRAINING
    told = dict(zip(names.PROBE_FINDINGS, findings, strict=False))
    st.markdown(formatting.escaped(told.get(about, "")))
    differences(study, view)


if __name__ == "__main__":
    main()
