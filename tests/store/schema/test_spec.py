"""One line says where a dataset is, what its axes are and how closely it must be reproduced."""

from types import ModuleType

import pytest

from store.schema import STUDIES, ArraySpec
from store.schema.spec import array, arrays_in, listed, optional


def test_a_line_gives_every_fact():
    spec = array("a/b (image, layer | row, col) float32 ±2e-5 [nats per image]", "Meaning.")
    assert spec == ArraySpec(
        "a/b", ("image", "layer", "row", "col"), "float32", "Meaning.", "nats per image", 2e-5, 2
    )


def test_what_a_line_leaves_out_has_its_usual_value():
    assert array("a/b () int64", "n") == ArraySpec("a/b", (), "int64", "n")
    assert optional("a/b (x) utf8", "n") == ArraySpec("a/b", ("x",), "utf8", "n", required=False)


@pytest.mark.parametrize(
    "head",
    ["a/b float32", "a/b (x)", "(x) float32", "a/b (x) float32 0.1", "a/b (x) float32 in nats"],
)
def test_a_line_that_does_not_read_so_is_refused(head):
    with pytest.raises(ValueError, match="does not read: path"):
        array(head, "Meaning.")


def test_a_modules_datasets_are_gathered_in_their_order():
    module = ModuleType("module")
    first, second, third = (array(f"a/{name} () int64", name) for name in "zyx")
    vars(module).update(B=first, OTHER=3, A={"y": second, "x": third})
    assert arrays_in(module) == (first, second, third)
    assert arrays_in(module, module) == (first, second, third) * 2


def test_every_dtype_exists_and_every_meaning_is_a_sentence():
    kinds = {"utf8", "uint8", "int16", "int32", "int64", "float16", "float32", "float64"}
    for study in STUDIES.values():
        for spec in study.arrays:
            assert spec.dtype in kinds, spec.path
            assert spec.about.endswith("."), spec.path
            assert "{" not in spec.about.replace("{}", ""), spec.path
    assert listed(("a", "b")) == "a, b"
