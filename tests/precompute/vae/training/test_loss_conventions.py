from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from precompute.vae.training.loss_conventions import Loss, convert, implied_sigma
from store.records import LossConvention

OWN = LossConvention(
    "squared_error", (0.0, 1.0), "sum", "mean", 1.0, "latent_sample", "test images after the epoch"
)
CONVENTIONS = [
    replace(OWN, reconstruction=term, reduce_pixels=pixels, reduce_batch=batch, pixel_range=span)
    for term in ("squared_error", "half_squared_error", "gaussian")
    for pixels in ("sum", "mean")
    for batch in ("sum", "mean")
    for span in ((0.0, 1.0), (-1.0, 1.0))
]
CONVENTIONS = [replace(c, sigma=0.3) if c.reconstruction == "gaussian" else c for c in CONVENTIONS]


@given(
    st.sampled_from(CONVENTIONS),
    st.sampled_from(CONVENTIONS),
    st.floats(0.1, 500),
    st.floats(0, 400),
    st.floats(0.01, 4),
)
def test_a_loss_converted_there_and_back_is_the_same(source, target, term, kl, weight):
    loss = Loss(term, kl, replace(source, kl_weight=weight), 784, 100)
    back = convert(convert(loss, target), loss.convention)
    assert back.reconstruction == pytest.approx(term, rel=1e-9, abs=1e-5)
    assert back.convention.kl_weight == pytest.approx(weight, rel=1e-9)
    assert back.total == pytest.approx(loss.total, rel=1e-9, abs=1e-5)


def measured(images, copies, convention):
    """The reconstruction term computed directly, as a training loop in that convention would."""
    low, high = convention.pixel_range
    one, other = (low + pixels * (high - low) for pixels in (images, copies))
    if convention.reconstruction == "gaussian":
        density = torch.distributions.Normal(torch.from_numpy(other), convention.sigma)
        each = -density.log_prob(torch.from_numpy(one)).numpy()
    else:
        each = (one - other) ** 2 * (0.5 if convention.reconstruction.startswith("half") else 1)
    of_image = each.sum(axis=1) if convention.reduce_pixels == "sum" else each.mean(axis=1)
    return of_image.sum() if convention.reduce_batch == "sum" else of_image.mean()


@pytest.mark.parametrize("target", CONVENTIONS, ids=str)
def test_a_converted_loss_is_what_direct_measurement_gives(target):
    images, copies = np.random.default_rng(0).uniform(0, 1, (2, 6, 50))
    loss = Loss(measured(images, copies, OWN), 3.0, OWN, 50, 6)
    result = convert(loss, target)
    assert result.reconstruction == pytest.approx(measured(images, copies, target), abs=1e-5)


def test_half_the_error_needs_half_the_weight():
    half = convert(Loss(17.0, 8.0, OWN, 784, 1), replace(OWN, reconstruction="half_squared_error"))
    assert (half.reconstruction, half.convention.kl_weight, half.total) == (8.5, 0.5, 12.5)


def test_the_originals_weight_assumes_noise_of_seven_tenths():
    assert implied_sigma(OWN, 784) == pytest.approx(np.sqrt(0.5))
    gaussian = replace(OWN, reconstruction="gaussian", sigma=implied_sigma(OWN, 784))
    assert convert(Loss(17.0, 8.0, OWN, 784, 1), gaussian).convention.kl_weight == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reconstruction": "bernoulli"}, "are different quantities"),
        ({"latent": "posterior_mean"}, "measure it"),
        ({"averaged_over": "train images while the epoch runs"}, "measure it"),
    ],
)
def test_what_is_another_quantity_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        convert(Loss(17.0, 8.0, OWN, 784, 1), replace(OWN, **change))


def test_a_cross_entropy_changes_its_reductions_but_not_its_pixels():
    entropy = replace(OWN, reconstruction="bernoulli")
    mean = convert(Loss(240.0, 10.0, entropy, 784, 1), replace(entropy, reduce_pixels="mean"))
    assert mean.reconstruction == pytest.approx(240 / 784)
    with pytest.raises(ValueError, match="no meaning on pixels outside"):
        convert(Loss(240.0, 10.0, entropy, 784, 1), replace(entropy, pixel_range=(-1.0, 1.0)))
