"""What docs/extending.md shows, applied to copies of the project: whole, and without one file."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from store.reader import open_store
from store.schema.clip import alignment, modality_gap
from store.schema.vit import attention, faithfulness, masking
from store.verify import verify

ROOT = Path(__file__).resolve().parents[1]
GUIDE = (ROOT / "docs/extending.md").read_text(encoding="utf-8")
DRILLS = dict(re.findall(r"^## (.+?)\n.*?^```diff\n(.*?)^```", GUIDE, re.M | re.S))
MOST_FILES = 3
ARMS = ("centre_block", "random_block", "scattered", "most_attended", "least_attended")
COPIED = ("store", "precompute", "dashboard", "tests/precompute", "tests/dashboard")
COPIED += ("tests/support", "tests/regression")


def files_of(drill):
    """Return the diff of each file that a drill touches."""
    parts = re.split(r"^(?=--- )", DRILLS[drill], flags=re.M)[1:]
    return {re.search(r"^\+\+\+ b/(.+)$", part, re.M).group(1): part for part in parts}


def copy_to(folder, *diffs):
    """Copy the project's code and apply diffs to it; models and data are linked."""
    keep_out = shutil.ignore_patterns("__pycache__", "embedded", "data", "*.h5")
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=keep_out)
    shutil.copytree(ROOT / "precompute/data", folder / "precompute/data")
    (folder / "precompute/embedded").symlink_to(ROOT / "precompute/embedded")
    (folder / "store/data").mkdir()
    for name in ("pyproject.toml", "tests/conftest.py", "tests/__init__.py"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, folder / name)
    for diff in diffs:
        subprocess.run(["git", "apply", "-"], input=diff, text=True, cwd=folder, check=True)
    return folder


def run(folder, *command):
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-1500:]
    return done.stdout


@pytest.mark.parametrize("drill", DRILLS)
def test_a_drill_touches_few_files(drill):
    assert 1 <= len(files_of(drill)) <= MOST_FILES


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """A copy of the project with every drill, and a small report that it made."""
    folder = copy_to(tmp_path_factory.mktemp("extended"), *DRILLS.values())
    chosen = {
        "vit.images": "Digits",
        "vit.arms": [*ARMS, "checkerboard"],
        "vit.fills": ["black", "white", "token_drop"],
        "vit.mask_ratios": [0.1, 0.5],
        "vit.n_seeds": 1,
        "vit.n_images": 4,
        "vit.n_gallery": 2,
        "clip.n_images": 120,
        "clip.umap_neighbours": [15],
        "clip.umap_min_dist": [0.1],
    }
    sets = [
        word for key, value in chosen.items() for word in ("--set", f"{key}={json.dumps(value)}")
    ]
    profile = ("--profile", "tests/regression/tiny.toml", "--device", "cpu", "--only", "vit,clip")
    run(folder, "-m", "precompute", "run", "--name", "more", *profile, *sets)
    return folder


def test_every_drill_reaches_the_store(extended):
    report = extended / "store/data/more"
    verify(report / "vit.h5", "vit")
    with open_store(report / "vit.h5", "vit") as store:
        assert store.provenance.dataset == "Digits"
        assert "white" in store.read(masking.MASK_FILL)
        assert "checkerboard" in store.read(masking.MASK_ARM)
        assert "value_length" in store.read(attention.ATTRIBUTION)
        assert "value_length" in store.read(faithfulness.FAITHFUL_MAP)
        assert "vit-scattered" in [claim.id for claim in store.claims]
        assert any("white patches" in text for text in store.read(masking.MASKING_FINDING))
    verify(report / "clip.h5", "clip")
    with open_store(report / "clip.h5", "clip") as store:
        assert "centroid_angle" in store.read(modality_gap.METRIC_NAME)
        assert "image_shift" in store.read(alignment.METHOD)


PAGES = """
import sys
from streamlit.testing.v1 import AppTest

app = AppTest.from_file("dashboard/Home.py", default_timeout=60).run()
assert not app.exception, app.exception
shown_text = ""
for page in sys.argv[1:]:
    app.switch_page(page).run()
    assert not app.exception, (page, app.exception)
    shown_text += repr([element.value for element in (*app.title, *app.markdown)])
for words in ("Does attention narrow with depth?", "of the images kept their label"):
    assert words in shown_text, words
"""


def test_every_drill_reaches_its_page(extended):
    pages = ("vit/depth.py", "vit/masking.py", "vit/faithfulness.py", "vit/attention.py")
    run(extended, "-c", PAGES, *pages, "clip/alignment.py", "clip/modality_gap.py")


STORED = re.compile(r'^\+([A-Z_]+) = "([\w-]+)"', re.M)  # a name's constant and what is stored


@pytest.fixture(scope="module")
def incomplete(tmp_path_factory):
    """What the tests of names say of copies in which the first, second or third file is missing."""
    folders = []
    for place in range(MOST_FILES):
        diffs = [list(files_of(drill).values()) for drill in DRILLS]
        result = [part for parts in diffs for row, part in enumerate(parts) if row != place]
        folders.append(copy_to(tmp_path_factory.mktemp("incomplete"), *result))
    return list(
        map(json.loads, run(ROOT, "-m", "tests.support.forks", *map(str, folders)).splitlines())
    )


def test_a_forgotten_name_fails_at_once(incomplete):
    code, heard = incomplete[0]
    assert code != 0
    constants = [constant for diff in DRILLS.values() for constant, _ in STORED.findall(diff)]
    assert any(constant in heard for constant in constants), heard[-2000:]


@pytest.mark.parametrize("drill", [drill for drill in DRILLS if len(files_of(drill)) == MOST_FILES])
@pytest.mark.parametrize("place", range(1, MOST_FILES))
def test_a_forgotten_row_or_word_fails_by_name(incomplete, drill, place):
    _, heard = incomplete[place]
    stored = [name for _, name in STORED.findall(DRILLS[drill])]
    assert any(name in heard for name in stored or ["depth"]), heard[-3000:]
