"""The page on collapse: what each loss line leaves in use, and what a reader's own line means."""

import numpy as np
import pytest

from dashboard.vae.collapse import Run, latents_by_epoch_chart, main_sentence, outcomes_frame
from store.records import MEAN, SUM, LossLine
from store.schema.vae import names
from tests.support import report_states
from tests.support.opened_pages import words

RUNS = [
    Run(0, LossLine(SUM, SUM, 1.0), 1.0, names.NO_CURE, 13, np.array([7.0, 6.0, 8.0])),
    Run(1, LossLine(MEAN, MEAN, 1.0), 39.2, names.NO_CURE, 1, np.array([1.0, 1.0, 1.0])),
    Run(2, LossLine(MEAN, MEAN, 1.0), 39.2, names.WARM_UP, 1, np.array([1.0, 1.0, 1.0])),
]


def test_the_first_sentence_names_the_best_and_the_worst_loss():
    assert main_sentence(RUNS[:2], 20) == (
        "The same network uses 7 of 20 latents or 1, depending on how its loss is written. Most "
        "are in use with “sum over pixels + sum over latents, β 1”, fewest with “mean over pixels "
        "+ mean over latents, β 1”."
    )


def test_the_map_of_latents_begins_with_the_one_of_most_kl():
    chart = latents_by_epoch_chart(np.array([[0.1, 0.2, 0.0], [0.1, 0.9, 0.4]], np.float32))
    assert list(dict.fromkeys(chart.numbers["latent"])) == [1, 2, 0]
    first = chart.numbers[chart.numbers["latent"] == 1]
    np.testing.assert_allclose(first[names.KL_NATS], [0.2, 0.9])


def test_the_table_holds_every_loss_with_every_cure():
    table = outcomes_frame(RUNS)
    assert table["cure"].tolist() == ["no cure", "no cure", "warm-up"]
    assert table["linear theory"].tolist() == [13, 1, 1]


@pytest.mark.parametrize(
    ("query", "beta"),
    [({}, "1"), ({"pixels": "mean", "latents": "mean"}, "98"), ({"pixels": "mean"}, "784")],
)
def test_a_readers_own_line_is_told_with_its_weight(page_of, query, beta):
    app = page_of("collapse", report_states.made_up, **query)
    assert not app.exception
    text = words(app)
    assert f"It amounts to β = {beta}: expect" in text
    assert "over the first 50% of the steps" in text
    assert "costs nothing up to 0.25 nat" in text


def test_a_report_from_before_says_that_collapse_was_not_measured(page_of):
    app = page_of("collapse", report_states.archived)
    assert not app.exception
    assert "made before collapse was measured" in words(app, "info")
