"""The page on training: its curves, what bounds them, simpler models, and what is said of them."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from dashboard.vae import training
from store.records import LossConvention
from store.schema.vae import names
from store.schema.vae import sweep as sweep_schema
from tests.support import report_states
from tests.support.opened_pages import chart_tables, words
from tests.support.stored_arrays import StoredArrays


def test_the_originals_two_losses_are_rules_where_they_are_asked_for():
    curves = training.curves_frame(["train"], loss=np.array([[39.0], [25.0]]))
    for asked, expected in ((True, [40.9, 23.9]), (False, [])):
        rules = training.ORIGINAL_LEVELS if asked else ()
        figure = training.curve_chart(curves, "loss", "loss", "Loss.", rules)
        datasets = figure.chart.to_dict()["datasets"].values()
        assert [row["level"] for rows in datasets for row in rows if "level" in row] == expected


def test_baselines_are_rules_beside_the_curve():
    curves = training.curves_frame(["train"], reconstruction=np.array([[20.0], [15.0]]))
    rules = [(15.2, "PCA-20: 15.2")]
    figure = training.curve_chart(curves, "reconstruction", "error", "Error.", rules=rules)
    rows = [row for data in figure.chart.to_dict()["datasets"].values() for row in data]
    assert [row["level"] for row in rows if row.get("label") == "PCA-20: 15.2"] == [15.2]


def test_the_originals_two_losses_stand_in_the_chart_of_the_loss(page_of):
    tables = chart_tables(
        page_of("training", report_states.committed), "Training and held-out loss by epoch"
    )
    levels = [table for table in tables if "level" in table]
    assert [table["level"].tolist() for table in levels] == [[40.9, 23.9]]


def test_the_training_page_shows_what_bounds_and_states_its_numbers(page_of):
    app = page_of("training", report_states.made_up)
    text = words(app)
    assert "Mutual information cannot be estimated above" in text
    assert any("level" in table for table in chart_tables(app, "mutual information"))
    (stated,) = [table.value for table in app.dataframe if "KL weight" in table.value]
    assert stated["KL weight"].tolist() == [1.0] * 4
    assert "which come near to its 40.9" in text
    (first,) = [table.value for table in app.dataframe if "batch size" in table.value]
    assert first.shape[1] > 1


def test_over_latents_the_vae_stands_beside_both_linear_models(page_of):
    tables = chart_tables(
        page_of("training", report_states.committed), "squared error per image over latent"
    )
    series = {name for table in tables for name in table.get("series", ())}
    assert series == {"VAE", "PCA with as many", "linear VAE, exact"}


OWN = LossConvention(names.SQUARED_ERROR, (0.0, 1.0), "sum", "mean", 1.0, "latent_sample", "test")
GAUSSIAN = replace(OWN, reconstruction=names.GAUSSIAN, sigma=0.7071)


@dataclass(frozen=True)
class Informed:
    setting: list

    def of(self, metric):
        values = {4.0: 3.1, 0.5: 6.73, 0.1: 6.9077, 0.0: 6.87}
        return np.array([[values[at]] * 3 for at in self.setting])


def test_the_points_at_the_ceiling_of_the_information_are_named():
    words = training.ceiling_words(Informed([0.0, 0.1, 0.5, 4.0]), float(np.log(1000)))
    assert "above 6.91 nats, the logarithm of 1,000 images" in words
    assert "At β 0, 0.1 it touches that" in words
    assert "no point comes near" in training.ceiling_words(
        Informed([0.5, 4.0]), float(np.log(1000))
    )


def test_a_loss_stated_otherwise_comes_with_its_weight_and_its_noise():
    stored = np.array([OWN.to_json(), GAUSSIAN.to_json(), "in other words"])
    table = training.stated_frame(
        np.array(["own", "nats", "?"]), np.array([25.2, 563.0, 1.0]), stored
    )
    assert table["KL weight"].tolist()[:2] == [1.0, 1.0]
    assert table["σ"].tolist() == ["–", "0.7071", "–"]
    assert table["KL weight"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("values", "monotone", "correlation", "words"),
    [
        ([3.0, 2.0, 1.0], 1, -1.0, "KL falls throughout"),
        ([3.0, 2.0, 2.0], 1, -0.9, "KL never rises"),
        ([1.0, 1.0, 2.0], 1, 0.9, "KL never falls"),
        ([1.0, 3.0, 2.0], 0, 0.5, "KL rises on the whole"),
    ],
)
def test_what_is_flat_in_parts_is_not_said_to_fall_throughout(values, monotone, correlation, words):
    study = StoredArrays(
        {
            sweep_schema.BETA_POINT: np.arange(3),
            sweep_schema.KL_WEIGHT: np.array([0.1, 1.0, 4.0]),
            sweep_schema.ESTIMATES[names.KL_NATS]: np.array([[value] * 3 for value in values]),
            sweep_schema.TREND: np.array([names.KL_NATS]),
            sweep_schema.TREND_SPEARMAN: np.array([correlation]),
            sweep_schema.TREND_MONOTONE: np.array([monotone]),
        }
    )
    assert f"As β grows, {words} (" in training.trend_words(study)
