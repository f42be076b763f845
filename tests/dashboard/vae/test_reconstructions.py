"""The page on reconstructions: the chosen model's sharpness, drift, and latents not in use."""

from dataclasses import replace

import pytest

from dashboard.vae.reconstructions import unused_words
from store.schema.vae import reconstructions, sweep
from tests.support import made_up_stores, report_states
from tests.support.opened_pages import chart_tables, charts, image_urls, words
from tests.support.stored_arrays import vae_study


def test_another_kl_weight_shows_another_models_figures(open_page):
    app = open_page("reconstructions", report_states.committed)
    (slider,) = app.select_slider
    sentences, urls = [], []
    for option in (slider.options[0], slider.options[-1]):
        app.select_slider[0].set_value(option)
        app.run()
        sentences.append(next(m.value for m in app.markdown if "of the sharpness kept" in m.value))
        urls.append(image_urls(app))
    assert sentences[0] != sentences[1]
    changed = {about for about, url in urls[0].items() if urls[1][about] != url}
    titles = ("reconstruction", "difference", "encoded again")
    assert {about.split(" of test picture 1,")[0] for about in changed} == set(titles)


def test_the_reconstructions_page_tells_drift_in_use_from_drift_of_all(page_of):
    app = page_of("reconstructions", report_states.made_up)
    drift = chart_tables(app, "relative move of the latent in this pass")[0]
    starts = {"test images", "prior samples"}
    assert set(drift["series"]) == starts | {f"{start}, in use" for start in starts}
    assert "by their KL" in words(app)
    ratio = chart_tables(app, "median error of the second pass")[0]
    assert set(ratio["name"]) == starts
    (points,) = [table.value for table in app.dataframe if "prior drift" in table.value]
    assert len(points) == made_up_stores.make_contents("vae").arrays[sweep.TERM].size
    assert {"prior drift, in use", "class kept", "second-pass error ratio"} <= set(points)


@pytest.mark.parametrize("matched", [True, False])
def test_sharpness_at_equal_contrast_is_drawn_where_the_store_has_it(open_page, matched):
    """A store of before it opens all the same."""
    specs = (
        reconstructions.MATCHED_RATIO,
        reconstructions.MATCHED_RATIO_BLURRED,
        reconstructions.MATCHED_RATIO_SHARPENED,
    )

    made = made_up_stores.make_contents("vae")
    arrays = {s: values for s, values in made.arrays.items() if matched or s not in specs}
    app = open_page("reconstructions", report_states.holding(replace(made, arrays=arrays)))
    assert not app.exception
    assert sum("at equal contrast" in chart.alt for chart in charts(app)) == matched


def test_numbers_of_the_studys_own_model_are_said_to_be_its_own(page_of):
    app = page_of("reconstructions", report_states.committed, beta="0")
    titles = [one.proto.popover.label for one in app.get("popover")]
    assert "The same picture under the study's own model" in titles
    beneath = next(one.value for one in app.caption if "From the sweep's model" in one.value)
    assert "Whiskers" not in beneath


def test_the_share_of_unused_latents_is_said_where_there_are_any():
    words = unused_words(vae_study(8, 20))
    assert "by 0.83 of its length over all 20 latents, and by 0.41 over the 8 in use" in words
    assert "The other 12 return to near 0" in words
    assert "account for 83% of the squared move" in words
    assert unused_words(vae_study(20, 20)).startswith("All 20 latents are in use")
    assert unused_words(vae_study(0, 20)).startswith("No latent is in use")
