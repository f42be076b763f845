"""Pages over stores that cannot be read: each fault has its words and its next step."""

import shutil

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import loaders, navigation
from dashboard.ui import formatting
from store import errors
from tests.support import report_states
from tests.support.hostile_files import HOSTILE
from tests.support.made_up_stores import write_report
from tests.support.opened_pages import words

OF_ONE_STUDY = [name for name, page in navigation.PAGES.items() if page.study]
OF_SEVERAL = [name for name, page in navigation.PAGES.items() if not page.study]
REFUSED = [case for case in HOSTILE if case.name != "no file"]  # that one is a study left out


FACTS = {
    report_states.without_stores: ("there is no report yet", "make precompute"),
    report_states.damaged: ("the file ends after", "make precompute"),
    report_states.newer: ("the file is format 99", "git pull"),
}
# Each page of several studies has its own way to leave one out; what a page of one study raises is
# caught in one place for all of them, so one fault shows that it is raised at all.
ASKED = [(page, state) for page in OF_SEVERAL for state in FACTS]
ASKED += [(page, report_states.damaged) for page in OF_ONE_STUDY]


@pytest.mark.parametrize(("page", "state"), ASKED)
def test_a_page_without_its_store_says_why_and_what_to_do(page, state, page_of):
    fact, command = FACTS[state]
    app = page_of(page, state)
    assert not app.exception
    assert "This part of the report cannot be shown" in words(app)
    assert fact in words(app)
    assert any(command in block.value for block in app.code)


@pytest.mark.parametrize(
    ("state", "meaning", "command"),
    [
        (report_states.without_stores, "has not been made yet", "make precompute"),
        (report_states.damaged, "cut short", "Copy or download it again"),
        (report_states.newer, "A later version", "git pull"),
        (report_states.older, "Another version of this program", "make precompute"),
        (report_states.linked, "holds what no report has", "from a source you trust"),
        (report_states.unfinished, "did not finish", "make precompute"),
        (report_states.emptied, "is empty", "make precompute"),
        (report_states.not_fetched, "was not fetched", "git lfs pull"),
    ],
)
@pytest.mark.parametrize("page", ["overview", "one_picture", "about", "training"])
def test_each_fault_has_its_own_panel_with_the_next_step(page, state, meaning, command, page_of):
    app = page_of(page, state)
    assert not app.exception
    assert meaning in words(app)
    assert any(command in block.value for block in app.code)


def test_every_kind_of_reading_fault_has_its_words():
    kinds = {kind.__name__ for kind in errors.StoreError.__subclasses__()}
    assert set(formatting.FAULTS) == kinds - {"StoreUnwritable"}


def test_one_damaged_store_leaves_the_other_studies_alone(open_page):
    def without_the_vae(folder):
        (report_states.committed(folder) / "embedded" / "vae.h5").unlink()
        return folder

    app = open_page("overview", without_the_vae)
    assert "This report has no VAE study" in words(app)
    assert app.title[0].value.startswith("9 claims about three vision models")


@pytest.fixture(scope="module")
def panels(tmp_path_factory):
    """What a page shows in place of each hostile store, by the name of the case."""
    data = tmp_path_factory.mktemp("hostile")
    valid = write_report(tmp_path_factory.mktemp("valid") / "made-up")
    for number, case in enumerate(REFUSED):
        case.breaker(shutil.copytree(valid, data / str(number)) / "vit.h5")

    def load_each(n_reports):
        from dashboard import loaders
        from dashboard.ui import page_parts

        for number in range(n_reports):
            try:
                loaders.load_study("vit", str(number))
            except loaders.StoreError as error:
                page_parts.store_panel(error)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(loaders.DATA_VARIABLE, str(data))
        app = AppTest.from_function(
            load_each, kwargs={"n_reports": len(REFUSED)}, default_timeout=150
        )
        app.run()
    assert not app.exception
    texts = words(app).split("This part of the report cannot be shown")[1:]
    return dict(zip((case.name for case in REFUSED), texts, strict=True))


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_hostile_store_is_named_in_place_of_its_page(case, panels):
    assert case.says.replace("\\", "") in panels[case.name]
