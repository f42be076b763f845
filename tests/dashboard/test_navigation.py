"""The pages: one row, one topic and a text each, and no model library behind them."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard import navigation
from store.reader import open_store
from store.schema.clip import names as clip
from store.schema.vae import names as vae
from store.schema.vit import names as vit
from tests.support import made_up_stores, report_states

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"
TEXTS = sorted(DASHBOARD.rglob("*.md"))


@pytest.mark.parametrize("page", navigation.PAGES.values(), ids=lambda page: page.name)
def test_a_page_is_one_topic_and_has_its_method(page):
    module = DASHBOARD / page.file
    assert len(module.read_text(encoding="utf-8").splitlines()) <= 350
    assert page.method.is_file()


def test_every_page_has_a_row():
    assert sorted(page.method for page in navigation.PAGES.values()) == TEXTS


def test_every_claim_is_told_by_one_page_of_its_study():
    told = {name: [] for name in report_states.STUDIES}
    for page in navigation.PAGES.values():
        told.get(page.study, []).extend(page.claims)
    for study, names in (("vit", vit), ("vae", vae), ("clip", clip)):
        assert sorted(told[study]) == sorted(names.CLAIMS)


def test_every_claim_of_the_committed_report_is_known():
    for study, names in (("vit", vit), ("vae", vae), ("clip", clip)):
        with open_store(report_states.COMMITTED / f"{study}.h5", study) as store:
            assert {claim.id for claim in store.claims} <= set(names.CLAIMS)


def test_a_claim_that_no_page_tells_is_an_error_by_name_and_leaves_the_others(open_page):
    with pytest.raises(LookupError, match="claim 'vit-new'"):
        navigation.page_of_claim("vit-new")

    made = made_up_stores.make_contents("vit")
    claims = (replace(made.claims[0], id="vit-new"), *made.claims[1:])
    app = open_page("overview", report_states.holding(replace(made, claims=claims)))
    assert not app.exception
    assert ["vit\\-new" in error.value for error in app.error] == [True]
    links = [element.proto.label for element in app.main if element.type == "page_link"]
    assert len(links) == 2 + len(vit.CLAIMS) - 1  # two figures, and every claim with a page


OPEN = """
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file({home!r}, default_timeout=60).run()
app.switch_page({page!r}).run()
assert not app.exception
"""


def run(program, folder):
    """Run a program in a process of its own, which imports from a folder."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-500:]


def test_opening_a_page_loads_no_model_library():
    program = OPEN + (
        "heavy = {{'torch', 'transformers', 'open_clip', 'umap', 'sklearn', 'scipy'}}\n"
        "sys.exit(f'loaded: {{heavy & set(sys.modules)}}' if heavy & set(sys.modules) else 0)\n"
    )
    page = navigation.PAGES["alignment"].file
    run(program.format(home=str(DASHBOARD / "Home.py"), page=page), DASHBOARD.parent)
