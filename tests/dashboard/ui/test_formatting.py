"""Numbers and untrusted text in words."""

import math

import pytest

from dashboard.ui import formatting


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.500"),
        (-0.1447, "\N{MINUS SIGN}0.145"),
        (25.17, "25.2"),
        (0.0001, "1.0e-04"),
        (0.0, "0.000"),
        (12345.6, "12,345.6"),
        (math.nan, "not defined"),
    ],
)
def test_a_number_has_as_many_digits_as_it_needs(value, text):
    assert formatting.number(value) == text


def test_an_interval_is_left_out_where_there_is_none():
    assert formatting.with_interval(0.5, 0.4, 0.6) == "0.500 (0.400 to 0.600)"
    assert formatting.with_interval(0.5, math.nan, math.nan) == "0.500"


@pytest.mark.parametrize(
    ("p", "text"), [(1e-9, "p < 0.001"), (0.281, "p = 0.281"), (math.nan, "not defined")]
)
def test_a_p_value_is_never_zero(p, text):
    assert formatting.p_value(p) == text


@pytest.mark.parametrize(
    "hostile",
    ["[a](http://b)", "![x](y)", "<b>", ":red[x]", "$x$", "# heading\n\nnext", "`code`", "|a|b|"],
)
def test_untrusted_text_is_shown_as_it_is(hostile):
    text = formatting.escaped(hostile)
    assert "\n" not in text
    for character in "[]<>$#`|":
        assert text.count(character) == text.count(f"\\{character}")


def test_every_verdict_has_its_own_icon_and_colour():
    marks = list(formatting.MARKS.values())
    assert len({icon for _, icon in marks}) == len({colour for colour, _ in marks}) == 3


@pytest.mark.parametrize(
    "address", ["www.evil.example", "https://evil.example", "HTTP://evil.example", "a@evil.example"]
)
def test_an_address_in_untrusted_text_is_broken_by_a_character_that_nobody_sees(address):
    text = formatting.escaped(address).replace("\\", "")
    assert address not in text
    assert text.replace("\u2060", "") == address
