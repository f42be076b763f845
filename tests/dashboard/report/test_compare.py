"""Two made-up reports side by side: differences, and what forbids them."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import vl_convert

from dashboard.report.compare import curves
from store.records import LossConvention
from store.schema import STUDIES
from store.schema.vae import reconstructions
from store.schema.vit import masking
from store.writer import publish
from tests.support import made_up_stores, opened_pages


def publish_report(folder, seed, studies=STUDIES, changed=lambda made: made):
    folder.mkdir(parents=True)
    for study in studies:
        path, made = folder / f"{study}.h5", made_up_stores.make_contents(study, seed)
        if (contents := changed(made)) is made:
            path.write_bytes(made_up_stores.published(study, seed))
        else:
            publish(path, contents)
    return folder.parent


def first_alone(folder):
    return publish_report(folder / "first", seed=0)


def first_and_second(folder):
    return publish_report(first_alone(folder) / "second", seed=1)


def first_and_changed(changed):
    """Return what makes a data folder whose second report has changed contents."""
    return lambda folder: publish_report(first_alone(folder) / "second", seed=1, changed=changed)


@pytest.fixture
def compare(open_page):
    """Return a function that opens the comparison of the first report with what is beside it."""

    def open_comparison(state, **query):
        app = open_page("compare", state, report="first", **query)
        assert not app.exception
        return app

    return open_comparison


@pytest.fixture
def bags(page_of):
    """The comparison of two reports by a link that asks for a class and for no report."""
    query = {"report": "first", "other": "../../etc", "class": "bag"}
    app = page_of("compare", first_and_second, **query)
    assert not app.exception
    return app


def words(app):
    return opened_pages.words(app, "info", "warning")


def raised(by):
    """Return a change that raises every claim's value, and flips the first verdict."""

    def change(made):
        claims = [
            replace(claim, value=claim.value + by, high=claim.high + by) for claim in made.claims
        ]
        claims[0] = replace(claims[0], verdict="refuted")
        return replace(made, claims=tuple(claims))

    return change


def test_one_report_alone_says_how_to_get_another(compare):
    assert "only one report" in words(compare(first_alone))


def test_every_claim_has_both_values_and_their_difference(compare):
    app = compare(first_and_changed(raised(0.125)))
    assert "first and second reach the same verdict on 9 of the 12 claims" in words(app)
    table = next(d.value for d in app.dataframe if "difference" in d.value.columns)
    assert len(table) == 12
    assert table["difference"].tolist() == pytest.approx([0.125] * 12)
    assert table["second"][0].startswith("0.875 (0.700 to 0.925)")
    assert "second minus first: +0.125" in words(app)
    alts = [chart.alt for chart in opened_pages.charts(app)]
    assert sum("in both reports, with 95% intervals" in alt for alt in alts) == 12
    assert sum("layout of report" in alt for alt in alts) == 2
    assert any(alt.startswith("Loss of both reports") for alt in alts)
    assert any(alt.startswith("Images that keep their label in both") for alt in alts)


def test_one_choice_colours_a_class_in_both_layouts(bags):
    alts = [chart.alt for chart in opened_pages.charts(bags)]
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
    ("changed", "reasons"),
    [
        (other_unit, ["they measure different things: share of images; bananas"]),
        (other_images, ["the two reports looked at different images"]),
        (
            lambda made: other_loss(other_arms(made)),  # one is the VAE's, the other the ViT's
            ["follow different conventions", "hide patches in different ways"],
        ),
        (never_masked, ["ran no mask in common"]),
    ],
    ids=["unit", "images", "loss and arms", "masks"],
)
def test_what_cannot_be_compared_says_why(compare, changed, reasons):
    text = words(compare(first_and_changed(changed)))
    assert [reason for reason in reasons if reason not in text] == []


def test_reports_without_a_common_study_say_so(compare):
    def nothing_in_common(folder):
        publish_report(folder / "first", seed=0, studies=("vit", "vae"))
        return publish_report(folder / "second", seed=1, studies=("clip",))

    assert "make no claim in common" in words(compare(nothing_in_common))


def test_the_other_report_comes_from_the_list_and_never_from_the_url(bags):
    assert "../../etc" in words(bags)
    assert "first and second reach the same verdict" in words(bags)


def only_blocks(made):
    """Return contents in which black patches were run as blocks in the centre alone."""
    if made.provenance.study != "vit":
        return made
    n_masks = made.arrays[masking.N_MASKS].copy()
    n_masks[1:, :, 0] = 0
    return replace(made, arrays=made.arrays | {masking.N_MASKS: n_masks})


def test_only_masks_that_both_reports_ran_are_offered(compare):
    app = compare(first_and_changed(only_blocks))
    (arm,) = [group for group in app.button_group if group.key == "arm"]
    assert len(arm.options) == 1
    assert "no number to draw" not in words(app)


def test_one_patch_of_many_is_no_zero_on_the_axis():
    frame = pd.DataFrame(
        {"report": ["first", "first"], "ratio": [0.0051, 0.5], "value": [0.985, 0.99]}
    )
    x, y = ("ratio", "hidden", ".2~p"), ("value", "kept", "~%")
    svg = vl_convert.vegalite_to_svg(curves(frame, x, y, "Kept.").chart.to_dict())
    labels = re.findall(r">([\d.]+%)</text>", svg)
    assert {"0.51%", "50%", "98.5%"} <= set(labels)
