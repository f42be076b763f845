import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from transformers import ViTForImageClassification

from precompute.errors import JobFailed
from precompute.vit.model import attention_function
from precompute.vit.model.attention_function import ATTENTION_NAME
from precompute.vit.model.forward import CLS, forward_readout, read_attention
from tests.support.reference_rollout import attention_rollout, rollout_row
from tests.support.vit_families import HEADS, LAYERS, PATCHES, TOKENS, make_twins, pictures


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    return make_twins(tmp_path_factory.mktemp("vit"))


@pytest.fixture(scope="module")
def eager(twins):
    """What eager attention says of four pictures: logits and every (T, T) matrix."""
    output = twins[1](pixel_values=pictures(4), output_attentions=True)
    return output.logits, torch.stack(output.attentions, dim=1)  # (B, L, H, T, T)


def test_cls_rows_and_readout_equal_eager_attention(twins, eager):
    reading = read_attention(twins[0], pictures(4))
    assert reading.cls_rows.shape == (4, LAYERS, HEADS, TOKENS)
    torch.testing.assert_close(reading.cls_rows, eager[1][..., CLS, :], atol=1e-6, rtol=0)
    torch.testing.assert_close(reading.readout, eager[0], atol=1e-5, rtol=0)
    assert reading.rollout is None


def test_the_random_model_attends_unevenly_so_that_the_comparison_can_fail(eager):
    assert float(eager[1][..., CLS, :].std(dim=-1).min()) > 0.01


def test_rollout_equals_the_definition_on_eager_matrices(twins, eager):
    reading = read_attention(twins[0], pictures(4), with_rollout=True)
    expected = [attention_rollout(matrices.numpy().astype(float)) for matrices in eager[1]]
    np.testing.assert_allclose(reading.rollout.numpy(), expected, atol=1e-6)


def test_a_batch_of_eight_equals_eight_single_pictures(twins):
    batch = pictures(8, seed=3)
    together = read_attention(twins[0], batch, with_rollout=True)
    for row in range(8):
        alone = read_attention(twins[0], batch[row : row + 1], with_rollout=True)
        torch.testing.assert_close(alone.cls_rows[0], together.cls_rows[row], atol=1e-6, rtol=0)
        torch.testing.assert_close(alone.rollout[0], together.rollout[row], atol=1e-6, rtol=0)


def test_hiding_keys_equals_dropping_the_tokens(twins):
    network, images = twins[0], pictures(4, seed=5)
    hidden = torch.zeros(4, PATCHES, dtype=torch.bool)
    hidden[:, [1, 2, 6, 11, 15]] = True  # the same in each picture, so that one tensor holds them
    keep = torch.cat([torch.ones(4, 1, dtype=torch.bool), ~hidden], dim=1)
    masked = forward_readout(network, images, keep)
    dropped = _logits_of_tokens(network, images, keep[0])
    torch.testing.assert_close(masked, dropped, atol=2e-6, rtol=0)
    assert float((masked - forward_readout(network, images, None)).abs().max()) > 0.01


def test_hidden_keys_get_no_attention_and_the_rest_still_sums_to_one(twins):
    keep = torch.ones(2, TOKENS, dtype=torch.bool)
    keep[0, 3:9] = False
    rows = read_attention(twins[0], pictures(2), keep=keep).cls_rows
    assert float(rows[0, :, :, 3:9].abs().max()) == 0
    assert float(rows[1, :, :, 3:9].min()) > 0
    torch.testing.assert_close(rows.sum(-1), torch.ones(2, LAYERS, HEADS), atol=1e-6, rtol=0)


def test_a_key_mask_of_another_shape_is_refused(twins):
    with pytest.raises(JobFailed, match="key mask has shape"):
        forward_readout(twins[0], pictures(2), torch.ones(2, TOKENS - 1, dtype=torch.bool))


@pytest.mark.parametrize("name", ["sdpa", "eager"])
def test_a_model_loaded_without_our_attention_fails_the_job(twins, name, tmp_path):
    twins[1].save_pretrained(tmp_path)
    network = ViTForImageClassification.from_pretrained(tmp_path, attn_implementation=name).eval()
    with (
        pytest.raises(JobFailed, match=f"0 of {LAYERS} layers.*{ATTENTION_NAME}"),
        torch.inference_mode(),
    ):
        read_attention(network, pictures(1))


def test_weights_that_are_not_finite_fail_the_job(tmp_path):
    network, _ = make_twins(tmp_path)
    first = next(layer for layer in network.modules() if isinstance(layer, nn.LayerNorm))
    first.weight[0] = torch.nan
    with pytest.raises(JobFailed, match="not finite"):
        read_attention(network, pictures(1))
    with pytest.raises(JobFailed, match="not finite"):
        forward_readout(network, pictures(1), None)


def test_attention_that_does_not_sum_to_one_fails_the_job(twins, monkeypatch):
    softmax = attention_function._softmax_scores
    monkeypatch.setattr(
        attention_function, "_softmax_scores", lambda *given: softmax(*given) * 0.99
    )
    with pytest.raises(JobFailed, match=r"a row of CLS attention sums to 1 ± 1\.0e-02"):
        read_attention(twins[0], pictures(1))


def _logits_of_tokens(network, images, keep):
    """Embed all tokens, drop those not kept, and run the rest of the model on what is left."""
    tokens = network.vit.embeddings(images)[:, keep]
    for layer in network.vit.layers:
        tokens = layer(tokens)
    return network.classifier(network.vit.layernorm(tokens)[:, CLS])


def random_attention(seed, layers=4, heads=3, tokens=6):
    return np.random.default_rng(seed).dirichlet(np.ones(tokens), (layers, heads, tokens))


@given(st.integers(0, 10_000))
def test_rows_are_distributions(seed):
    rollout = attention_rollout(random_attention(seed))
    np.testing.assert_allclose(rollout.sum(axis=1), 1, atol=1e-12)
    assert (rollout >= 0).all()


@given(st.integers(0, 10_000), st.integers(0, 5))
def test_one_row_equals_the_row_of_the_whole(seed, token):
    attention = random_attention(seed)
    np.testing.assert_allclose(rollout_row(attention, token), attention_rollout(attention)[token])


def test_it_is_the_mean_over_all_paths():
    attention = random_attention(1, layers=2, heads=1, tokens=3)[:, 0]
    first, second = (0.5 * layer + 0.5 * np.eye(3) for layer in attention)
    expected = np.zeros((3, 3))
    for source in range(3):
        for middle in range(3):
            for target in range(3):
                expected[target, source] += second[target, middle] * first[middle, source]
    np.testing.assert_allclose(attention_rollout(attention[:, None]), expected)


def test_tokens_that_attend_to_themselves_stay_themselves():
    attention = np.broadcast_to(np.eye(5), (3, 2, 5, 5))
    np.testing.assert_array_equal(attention_rollout(attention), np.eye(5))


def test_one_even_layer_gives_the_known_number():
    rollout = attention_rollout(np.full((1, 1, 4, 4), 0.25))
    assert rollout[0, 0] == pytest.approx(0.625)  # (1/4 + 1) / 2
    assert rollout[0, 1] == pytest.approx(0.125)
