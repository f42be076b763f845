"""What a loss line means: its effective weight, latents in use, and what is no loss line."""

import pytest
from typer.testing import CliRunner

from precompute.__main__ import app
from precompute.errors import InputError
from precompute.vae.collapse.loss_line import read_line


@pytest.mark.parametrize(
    ("line", "beta", "alive"),
    [
        ("sum sum beta=1", "1", 13),
        ("sum sum beta=5", "5", 5),
        ("mean mean", "39.2", 1),
        ("mean, sum", "784", 0),
        ("SUM SUM beta=0", "0", 20),
    ],
)
def test_a_line_is_told_with_its_effective_weight_and_the_latents_it_leaves(line, beta, alive):
    result = CliRunner().invoke(app, ["loss", line])
    assert result.exit_code == 0
    words = " ".join(result.stderr.split())
    assert f"both terms as sums: {beta}." in words
    assert f"{alive} of 20 latents in use" in words


@pytest.mark.parametrize(
    "line", ["", "mean", "mean mean mean", "mean median", "sum sum beta=x", "sum sum beta=-1"]
)
def test_what_is_no_loss_line_is_refused_with_one_that_is(line):
    with pytest.raises(InputError, match="loss line"):
        read_line(line)


def test_the_size_of_image_and_latent_decide():
    result = CliRunner().invoke(app, ["loss", "mean mean", "--pixels", "4096", "--latents", "64"])
    assert "both terms as sums: 64." in " ".join(result.stderr.split())
