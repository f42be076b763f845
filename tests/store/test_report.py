"""A report in a notebook: arrays with named axes, claims as a table, and nothing lost."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import store
from store.errors import StoreMissing
from store.schema import STUDIES
from store.schema.vit import masking
from tests.support import made_up_stores, report_states

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    return store.open_report(made_up_stores.write_report(tmp_path_factory.mktemp("made") / "up"))


def test_every_array_of_the_schema_is_there_with_its_axes(report):
    assert list(report) == list(STUDIES)
    for study, results in report.items():
        arrays = made_up_stores.make_contents(study).arrays
        assert set(results) >= {spec.path for spec in arrays}  # and the claims
        for spec, values in arrays.items():
            assert results.axes(spec.path) == spec.dims
            np.testing.assert_array_equal(results[spec.path], values)
    assert report["vit"].about(masking.SURVIVAL.path).endswith("[1]")


def test_the_claims_are_a_table(report):
    claims = report.claims
    wanted = [claim.id for study in STUDIES for claim in made_up_stores.make_contents(study).claims]
    assert claims.index.tolist() == wanted
    assert {"study", "value", "low", "high", "control", "verdict"} <= set(claims.columns)


@pytest.mark.parametrize("study", STUDIES)
def test_xarray_has_named_axes_units_and_the_content_hash(report, study):
    whole = report[study].to_xarray()
    assert not [name for name in whole.sizes if str(name).startswith("phony")]
    assert whole.attrs["content_hash"] == report[study].store.content_hash
    assert whole["estimate"].values.tolist() == ["value", "low", "high"]
    for path, values in whole.data_vars.items():
        assert values.dims == report[study].axes(str(path))
        assert values.attrs["long_name"]


def test_a_folder_without_stores_is_one_clear_line(tmp_path):
    with pytest.raises(StoreMissing, match="it holds no store"):
        store.open_report(tmp_path)


def test_the_lines_of_the_document_run_where_the_dashboard_alone_is_installed():
    """None of the libraries of the jobs may be loaded on the way."""
    document = (ROOT / "docs/reading-a-store.md").read_text(encoding="utf-8")
    lines = document.split("```python\n")[1].split("```")[0]
    banned = "assert not {'torch', 'transformers', 'sklearn', 'xarray'} & set(sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", f"import sys\n{lines}\n{banned}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert report_states.COMMITTED.name in lines
