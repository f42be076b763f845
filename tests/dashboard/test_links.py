"""What the URL asks for, and what is chosen after it."""

import pytest

from tests.support import report_states
from tests.support.opened_pages import charts, words

NONSENSE = {
    "report": "../../../etc",
    **{"layer": "<script>alert(1)</script>", "head": "-1"},
    **{"picture": "99999", "ratio": "200%", "method": "nothing"},
    **{"beta": "-7", "start": "x", "share": "1e9", "latent0": "999", "map": "?", "sample": "no"},
}


@pytest.mark.parametrize(
    "page",
    ["attention", "masking", "modality_gap", "reconstructions", "latent_space", "explorer"],
)
def test_nonsense_in_the_url_falls_back_to_a_default(page, page_of):
    app = page_of(page, report_states.committed, **NONSENSE)
    assert not app.exception
    assert len(app.title) == 1


def test_what_the_url_asks_for_in_vain_is_named_with_what_is_chosen_instead(page_of):
    app = page_of("attention", report_states.committed, layer="77")
    (note,) = [one for one in words(app, "info").splitlines() if "“77”" in one]
    chosen = app.selectbox(key="layer").value
    assert chosen != app.selectbox(key="layer").options[0]
    assert note == f"Layer: “77” is not available here; showing “{chosen}”."


@pytest.mark.parametrize(
    ("page", "key", "field", "name", "start"),
    [
        ("attention", "image_wall", "row", "image", "3 · "),
        ("modality_gap", "gap_layout", "shown", "picture", "7"),
    ],
)
def test_what_was_clicked_can_be_clicked_again_once_another_was_picked(
    page, key, field, name, start, open_page
):
    app = open_page(page, report_states.committed)
    options = [option for option in app.selectbox(key=name).options if option.startswith(start)]
    app.session_state[f"0_{key}"] = {"selection": {"clicked": [{field: 1}]}}
    app.selectbox(key=name).set_value(options[0]).run()
    assert f"1_{key}" in {chart.id.split("-")[-1] for chart in charts(app)}
