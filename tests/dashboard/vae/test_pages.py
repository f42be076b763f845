"""The VAE's views: what they draw changes with what is chosen, and is what the store holds."""

from dataclasses import replace

import numpy as np
import pytest

from store.reader import open_store
from store.schema.vae import latent_space, reconstructions, sweep
from store.writer import publish
from tests.support import made_up_stores, report_states
from tests.support.opened_pages import drawn, pictures_of, words


def made_up(folder):
    """A data folder with a made-up report, which holds every dataset of the schema."""
    return made_up_stores.write_report(folder / "made").parent


def test_moving_a_latent_changes_its_value_and_the_picture_alone(opened):
    app = opened("explorer", report_states.committed)
    share, first = app.slider[:2]
    assert share.label == "Way from start to end"
    before, shown = app.dataframe[0].value, pictures_of(app)
    first.set_value(1.5)
    app.run()
    assert not app.exception
    changed = {about for about, url in pictures_of(app).items() if shown[about] != url}
    assert changed == {"Decoded now"}
    after = app.dataframe[0].value
    moved = after["now"] - before["now"]
    assert moved.iloc[0] == pytest.approx(1.5)
    assert moved.iloc[1:].abs().max() == 0
    app.slider[0].set_value(1.0)
    app.slider[1].set_value(0.0)
    app.run()
    at_end = app.dataframe[0].value
    assert at_end["now"].tolist() == pytest.approx(at_end["end"].tolist(), abs=1e-5)


def test_another_kl_weight_shows_another_models_figures(opened):
    app = opened("reconstructions", report_states.committed)
    (slider,) = app.select_slider
    said, shown = [], []
    for option in (slider.options[0], slider.options[-1]):
        app.select_slider[0].set_value(option)
        app.run()
        said.append(next(m.value for m in app.markdown if "of the sharpness kept" in m.value))
        shown.append(pictures_of(app))
    assert said[0] != said[1]
    changed = {about for about, url in shown[0].items() if shown[1][about] != url}
    titles = ("reconstruction", "difference", "encoded again")
    assert {about.split(" of test picture 1,")[0] for about in changed} == set(titles)


def test_the_originals_two_losses_stand_in_the_chart_of_the_loss(opened):
    tables = drawn(
        opened("training", report_states.committed), "Training and held-out loss by epoch"
    )
    levels = [table for table in tables if "level" in table]
    assert [table["level"].tolist() for table in levels] == [[40.9, 23.9]]


def test_the_training_page_shows_what_bounds_and_states_its_numbers(opened):
    app = opened("training", made_up)
    text = words(app)
    assert "Mutual information cannot be estimated above" in text
    assert any("level" in table for table in drawn(app, "mutual information"))
    (stated,) = [table.value for table in app.dataframe if "KL weight" in table.value]
    assert stated["KL weight"].tolist() == [1.0] * 4
    assert "has no convolutional VAE" in text
    assert "sweep_architectures" in text


def test_over_latents_the_vae_stands_beside_both_linear_models(opened):
    tables = drawn(
        opened("training", report_states.committed), "squared error per image over latent"
    )
    series = {name for table in tables for name in table.get("series", ())}
    assert series == {"VAE", "PCA with as many", "linear VAE, exact"}


def test_the_reconstructions_page_tells_drift_in_use_from_drift_of_all(opened):
    app = opened("reconstructions", made_up)
    drift = drawn(app, "relative move of the latent in this pass")[0]
    starts = {"test images", "prior samples"}
    assert set(drift["series"]) == starts | {f"{start}, in use" for start in starts}
    assert "by their KL" in words(app)
    ratio = drawn(app, "median error of the second pass")[0]
    assert set(ratio["name"]) == starts
    (points,) = [table.value for table in app.dataframe if "prior drift" in table.value]
    assert len(points) == made_up_stores.make_contents("vae").arrays[sweep.TERM].size
    assert {"prior drift, in use", "class kept", "second-pass error ratio"} <= set(points)


@pytest.mark.parametrize("matched", [True, False])
def test_sharpness_at_equal_contrast_is_drawn_where_the_store_has_it(opened, matched):
    """A store of before it opens all the same."""
    specs = (
        reconstructions.MATCHED_RATIO,
        reconstructions.MATCHED_RATIO_BLURRED,
        reconstructions.MATCHED_RATIO_SHARPENED,
    )

    def report(folder):
        made = made_up_stores.make_contents("vae")
        kept = {s: values for s, values in made.arrays.items() if matched or s not in specs}
        publish(folder / "made" / "vae.h5", replace(made, arrays=kept))
        return folder

    app = opened("reconstructions", report)
    assert not app.exception
    about = [chart.proto.alt for chart in app.main if chart.type == "vega_lite_chart"]
    assert sum("at equal contrast" in one for one in about) == matched


def test_numbers_of_the_studys_own_model_are_said_to_be_its_own(opened):
    app = opened("reconstructions", report_states.committed, {"beta": "0"})
    titles = [one.label for one in app.expander]
    assert titles[0] == "The same picture under the study's own model"
    beneath = next(one.value for one in app.caption if "From the sweep's model" in one.value)
    assert "Whiskers" not in beneath


def test_sliders_come_by_kl_where_one_column_stands_below_the_other(opened):
    app = opened("explorer", report_states.committed)
    with open_store(report_states.COMMITTED / "vae.h5", "vae") as store:
        kl = store.read(latent_space.KL_PER_DIM_NATS)
    latents = [int(slider.label.split()[2]) for slider in app.slider if "latent" in slider.label]
    assert len(latents) > 2
    assert (np.diff(kl[latents]) <= 0).all()
