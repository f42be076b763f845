"""Each registry has a row for every name that the schema stores, in its order, and no other."""

import ast
from pathlib import Path

import pytest

from precompute import claims
from precompute.clip.alignment.methods import METHODS
from precompute.clip.inputs.templates import ABOUT, LISTS
from precompute.clip.modality_gap.metrics import METRICS as GAP_METRICS
from precompute.vae.model.networks import ARCHITECTURES
from precompute.vae.model.terms import TERMS
from precompute.vae.sweep.summary import METRICS as SWEEP_METRICS
from precompute.vit.attention.measure import ATTRIBUTION_ROWS
from precompute.vit.masking.fills import FILL_ROWS
from precompute.vit.masking.masks import ARM_ROWS
from store.schema.clip import names as clip
from store.schema.vae import names as vae
from store.schema.vae import sweep
from store.schema.vit import names as vit

REGISTRIES = {
    "alignment methods": (METHODS, clip.METHODS),
    "gap metrics": (GAP_METRICS, clip.METRICS),
    "template lists, in words": (ABOUT, (clip.OWN_LIST, clip.FILE_LIST, *LISTS)),
    "reconstruction terms": (TERMS, vae.TERMS),
    "architectures": (ARCHITECTURES, vae.ARCHITECTURES),
    "sweep metrics": (SWEEP_METRICS, sweep.METRICS),
    "fills": (FILL_ROWS, vit.FILLS),
    "arms": (ARM_ROWS, vit.ARMS),
    "attributions": (ATTRIBUTION_ROWS, vit.ATTRIBUTIONS),
}


@pytest.mark.parametrize("name", REGISTRIES)
def test_a_registry_and_the_schema_have_the_same_names(name):
    registry, stored = REGISTRIES[name]
    assert sorted(registry) == sorted(stored)


@pytest.mark.parametrize("name", ["alignment methods", "gap metrics", "sweep metrics"])
def test_rows_that_are_stored_in_the_registrys_order_have_the_schemas(name):
    registry, stored = REGISTRIES[name]
    assert list(registry) == list(stored)


@pytest.mark.parametrize("registry", [METHODS, GAP_METRICS, FILL_ROWS, ARM_ROWS, ATTRIBUTION_ROWS])
def test_every_row_says_what_it_is(registry):
    assert all(row.about for row in registry.values())


def claim_ids(study, names):
    """Return the id of every claim that a study's `claim` modules make."""
    for file in (Path(claims.__file__).parent / study).rglob("claim.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "id":
                yield getattr(names, ast.unparse(node.value).removeprefix("names."))


@pytest.mark.parametrize(("study", "names"), [("vit", vit), ("vae", vae), ("clip", clip)])
def test_every_claim_that_is_named_is_made(study, names):
    assert set(claim_ids(study, names)) == set(names.CLAIMS)
