import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from precompute.vae.reconstructions.linear_baselines import linear_vae, pca_error, principal


def images(seed, n=400, p=6):
    rng = np.random.default_rng(seed)
    spread = np.array([2.0, 1.5, 1.0, 0.6, 0.3, 0.1])[:p]
    return rng.normal(size=(n, p)) * spread + rng.normal(size=p)


@pytest.mark.parametrize("n_components", [0, 1, 3, 6])
def test_the_error_is_that_of_scikit_learns_pca(n_components):
    train, held_out = images(0), images(1)
    fitted = pca_error(principal(train, 6), held_out, n_components)
    if n_components:
        pca = PCA(n_components).fit(train)
        theirs = ((held_out - pca.inverse_transform(pca.transform(held_out))) ** 2).sum(axis=1)
    else:
        theirs = ((held_out - train.mean(axis=0)) ** 2).sum(axis=1)
    np.testing.assert_allclose(fitted, theirs, rtol=1e-8, atol=1e-10)


@given(st.integers(0, 1000))
def test_less_weight_on_the_kl_uses_more_latents_down_to_pca(seed):
    train = images(seed)
    fit = principal(train, 6)
    result = [linear_vae(fit, train, 4, weight) for weight in (8.0, 1.0, 0.1, 1e-6)]
    active = [one.n_active for one in result]
    assert active == sorted(active)
    assert active[-1] == 4
    np.testing.assert_allclose(result[-1].squared_error, pca_error(fit, train, 4), atol=1e-3)
    assert all((one.kl_nats >= 0).all() for one in result)


def test_a_direction_below_half_the_weight_is_left_at_the_prior():
    fit = principal(images(0), 6)
    weight = 2 * float(fit.variances[2:4].mean())  # between the third and the fourth
    assert linear_vae(fit, images(1), 6, weight).n_active == 3


def test_no_trained_linear_vae_does_better():
    """A second implementation: gradient descent on the same loss, expectations in closed form."""
    train, weight, size = images(2, p=4), 0.8, 3
    data = torch.from_numpy(train)
    torch.manual_seed(0)
    shapes = [(4, size), (size,), (size,), (size, 4), (4,)]
    encode, shift, log_variance, decode, bias = parts = [
        torch.nn.Parameter(0.3 * torch.randn(shape, dtype=torch.float64)) for shape in shapes
    ]
    optimiser = torch.optim.Adam(parts, lr=0.05)
    for _ in range(600):
        mean, variance = data @ encode + shift, log_variance.exp()
        error = (data - mean @ decode - bias).square().sum(dim=1) + variance @ decode.square().sum(
            dim=1
        )
        kl = 0.5 * (mean.square() + variance - log_variance - 1).sum(dim=1)
        loss = (error + weight * kl).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    fit = principal(train, 4)
    ours = linear_vae(fit, train, size, weight).loss.mean()
    assert ours == pytest.approx(loss.item(), rel=2e-3)


def test_without_a_kl_weight_it_is_refused():
    with pytest.raises(ValueError, match="is PCA"):
        linear_vae(principal(images(0), 6), images(1), 3, 0.0)
