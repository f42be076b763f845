"""Two made-up reports side by side: differences, and what forbids them."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit as st
import vl_convert
from streamlit.testing.v1 import AppTest

from dashboard import navigation
from dashboard.report.compare import charts as charts
from store.records import LossConvention
from store.schema.vae import reconstructions
from store.schema.vit import masking
from store.writer import publish
from tests.support import made_up_stores

HOME = Path(__file__).resolve().parents[3] / "dashboard" / "Home.py"


def publish_report(folder, seed, studies=("vit", "vae", "clip"), changed=lambda made: made):
    for study in studies:
        publish(folder / f"{study}.h5", changed(made_up_stores.make_contents(study, seed)))


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Return a function that opens the comparison of `first` with what was published beside it."""

    def open_page(**query):
        st.cache_data.clear()
        st.cache_resource.clear()
        monkeypatch.setenv("THREE_LENSES_DATA", str(tmp_path))
        app = AppTest.from_file(str(HOME), default_timeout=60)
        app.query_params["report"] = "first"
        for key, value in query.items():
            app.query_params[key] = value
        app.run()
        app.switch_page(navigation.page_file("compare")).run()
        assert not app.exception
        return app

    publish_report(tmp_path / "first", seed=0)
    return open_page


def words(app):
    kinds = ("markdown", "caption", "info", "warning")
    found = "\n".join(element.value for kind in kinds for element in app.get(kind))
    return found.replace("\\", "")


def raised(by):
    """Return a change that raises every claim's value, and flips the first verdict."""

    def change(made):
        claims = [
            replace(claim, value=claim.value + by, high=claim.high + by) for claim in made.claims
        ]
        claims[0] = replace(claims[0], verdict="refuted")
        return replace(made, claims=tuple(claims))

    return change


def test_one_report_alone_says_how_to_get_another(page):
    assert "only one report" in words(page())


def test_every_claim_has_both_values_and_their_difference(page, tmp_path):
    publish_report(tmp_path / "second", seed=1, changed=raised(0.125))
    app = page()
    assert "first and second reach the same verdict on 7 of the 10 claims" in words(app)
    table = next(d.value for d in app.dataframe if "difference" in d.value.columns)
    assert len(table) == 10
    assert table["difference"].tolist() == pytest.approx([0.125] * 10)
    assert table["second"][0].startswith("0.875 (0.700 to 0.925)")
    assert "second minus first: +0.125" in words(app)
    alts = [chart.proto.alt for chart in app.get("vega_lite_chart")]
    assert sum("in both reports, with 95 % intervals" in alt for alt in alts) == 10
    assert sum("layout of report" in alt for alt in alts) == 2
    assert any(alt.startswith("Loss of both reports") for alt in alts)
    assert any(alt.startswith("Images that keep their label in both") for alt in alts)


def test_one_choice_colours_a_class_in_both_layouts(page, tmp_path):
    publish_report(tmp_path / "second", seed=1)
    alts = [chart.proto.alt for chart in page(**{"class": "bag"}).get("vega_lite_chart")]
    assert sum(alt.endswith("in colour: bag") for alt in alts) == 2


def other_unit(made):
    return replace(made, claims=tuple(replace(c, unit="bananas") for c in made.claims))


def other_images(made):
    return replace(made, provenance=replace(made.provenance, dataset_digest="f" * 64))


def other_loss(made):
    if made.provenance.study != "vae":
        return made
    loss = LossConvention("bernoulli", (0.0, 1.0), "sum", "mean", 1.0, "latent_sample", "all")
    texts = np.array([loss.to_json()] * len(made.arrays[reconstructions.LOSS_CONVENTION]))
    return replace(made, arrays=made.arrays | {reconstructions.LOSS_CONVENTION: texts})


def other_arms(made):
    if made.provenance.study != "vit":
        return made
    names = np.array([f"{name} 2" for name in made.arrays[masking.MASK_ARM].tolist()])
    return replace(made, arrays=made.arrays | {masking.MASK_ARM: names})


def never_masked(made):
    if made.provenance.study != "vit":
        return made
    zeros = np.zeros_like(made.arrays[masking.N_MASKS])
    return replace(made, arrays=made.arrays | {masking.N_MASKS: zeros})


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (other_unit, "they measure different things: share of images; bananas"),
        (other_images, "the two reports looked at different images"),
        (other_loss, "follow different conventions"),
        (other_arms, "hide patches in different ways"),
        (never_masked, "ran no mask in common"),
    ],
)
def test_what_cannot_be_compared_says_why(page, tmp_path, changed, reason):
    publish_report(tmp_path / "second", seed=1, changed=changed)
    assert reason in words(page())


def test_reports_without_a_common_study_say_so(page, tmp_path):
    (tmp_path / "first" / "clip.h5").unlink()
    publish_report(tmp_path / "second", seed=1, studies=("clip",))
    assert "make no claim in common" in words(page())


def test_the_other_report_comes_from_the_list_and_never_from_the_url(page, tmp_path):
    publish_report(tmp_path / "second", seed=1)
    app = page(other="../../etc")
    assert "../../etc" in words(app)
    assert "first and second reach the same verdict" in words(app)


def only_blocks(made):
    """Return contents in which black patches were run as blocks in the centre alone."""
    if made.provenance.study != "vit":
        return made
    n_masks = made.arrays[masking.N_MASKS].copy()
    n_masks[1:, :, 0] = 0
    return replace(made, arrays=made.arrays | {masking.N_MASKS: n_masks})


def test_only_masks_that_both_reports_ran_are_offered(page, tmp_path):
    publish_report(tmp_path / "second", seed=1, changed=only_blocks)
    app = page()
    (arm,) = [group for group in app.button_group if group.key == "arm"]
    assert len(arm.options) == 1
    assert "no number to draw" not in words(app)


def test_one_patch_of_many_is_no_zero_on_the_axis():
    frame = pd.DataFrame(
        {"report": ["first", "first"], "ratio": [0.0051, 0.5], "value": [0.985, 0.99]}
    )
    x, y = ("ratio", "hidden", ".2~p"), ("value", "kept", "~%")
    drawn = vl_convert.vegalite_to_svg(charts.curves(frame, x, y, "Kept.").chart.to_dict())
    labels = re.findall(r">([\d.]+%)</text>", drawn)
    assert {"0.51%", "50%", "98.5%"} <= set(labels)
