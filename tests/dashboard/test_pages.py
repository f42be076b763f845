"""The pages' shape: short, with a text each, and no model library behind them."""

import subprocess
import sys
from pathlib import Path

import pytest

from dashboard import navigation
from store.reader import open_store
from tests import reports

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"
VIEWS = sorted((DASHBOARD / "views").glob("*.py"))


@pytest.mark.parametrize("view", VIEWS, ids=lambda path: path.stem)
def test_a_page_is_short_and_has_its_text(view):
    assert len(view.read_text(encoding="utf-8").splitlines()) < 60
    assert (DASHBOARD / "text" / f"{view.stem}.md").is_file()


def test_navigation_lists_every_page_once():
    listed = [name for pages in navigation.SECTIONS.values() for name, _, _ in pages]
    assert sorted(listed) == [view.stem for view in VIEWS]


def test_every_claim_of_the_report_has_a_page():
    claims = set()
    for study in reports.STUDIES:
        with open_store(reports.COMMITTED / f"{study}.h5", study) as store:
            claims |= {claim.id for claim in store.claims}
    assert claims == set(navigation.EVIDENCE)


def test_opening_a_page_loads_no_model_library():
    program = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(DASHBOARD / 'Home.py')!r}, default_timeout=60).run()\n"
        "app.switch_page('views/alignment.py').run()\n"
        "assert not app.exception\n"
        "heavy = {'torch', 'transformers', 'open_clip', 'umap', 'sklearn', 'scipy'}\n"
        "sys.exit(f'loaded: {heavy & set(sys.modules)}' if heavy & set(sys.modules) else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-500:]
