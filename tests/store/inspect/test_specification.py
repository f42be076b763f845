"""FORMAT.md says what the schema says."""

import json
from pathlib import Path

from store.__main__ import main
from store.inspect.specification import specification
from store.schema import STUDIES

FORMAT = Path(__file__).resolve().parents[3] / "store" / "FORMAT.md"


def test_the_document_is_up_to_date():
    stale = "store/FORMAT.md is stale; write it with `python -m store schema > store/FORMAT.md`"
    assert FORMAT.read_text(encoding="utf-8") == specification(), stale


def test_every_dataset_is_in_it():
    text = specification()
    for study in STUDIES.values():
        for spec in study.arrays:
            assert f"| `{spec.path}` | {'MUST' if spec.required else 'MAY'} |" in text


def test_the_schema_as_json(capsys):
    assert main(["schema", "--json"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["format_version"] == 1
    assert {spec["path"] for spec in schema["studies"]["vae"]} == set(STUDIES["vae"].by_path())


def test_paths_are_unique_within_a_study():
    for study in STUDIES.values():
        assert len(study.by_path()) == len(study.arrays)
