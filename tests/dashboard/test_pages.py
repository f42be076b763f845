"""The pages' shape: short, with a text each, and no model library behind them."""

import subprocess
import sys
from pathlib import Path

import pytest

from dashboard import navigation
from store.reader import open_store
from tests.support import report_states

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"
PAGES = sorted(DASHBOARD.rglob("*/page.py"))
PAGES.remove(DASHBOARD / "ui" / "page.py")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.parent.name)
def test_a_page_is_short_and_has_its_method(page):
    assert len(page.read_text(encoding="utf-8").splitlines()) < 60
    assert page.with_name("method.md").is_file()


def test_navigation_lists_every_page_once():
    listed = [name for pages in navigation.SECTIONS.values() for name, _, _ in pages]
    assert sorted(listed) == sorted(page.parent.name for page in PAGES)


def test_every_claim_of_the_report_has_a_page():
    claims = set()
    for study in report_states.STUDIES:
        with open_store(report_states.COMMITTED / f"{study}.h5", study) as store:
            claims |= {claim.id for claim in store.claims}
    assert claims == set(navigation.EVIDENCE)


def test_opening_a_page_loads_no_model_library():
    page = navigation.page_file("alignment")
    program = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(DASHBOARD / 'Home.py')!r}, default_timeout=60).run()\n"
        f"app.switch_page({page!r}).run()\n"
        "assert not app.exception\n"
        "heavy = {'torch', 'transformers', 'open_clip', 'umap', 'sklearn', 'scipy'}\n"
        "sys.exit(f'loaded: {heavy & set(sys.modules)}' if heavy & set(sys.modules) else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-500:]
