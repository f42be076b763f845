"""Every family of models: our readings against transformers' own eager matrices."""

import numpy as np
import pytest
import torch

from precompute.compute.batches import BatchRunner
from precompute.vit.attention.measure import attention_maps, class_specific, own_directions
from precompute.vit.model.checkpoint import find_model
from precompute.vit.model.classifier import load_classifier
from precompute.vit.model.forward import CLS, forward_readout, read_attention
from store.schema.vit.names import ATTRIBUTIONS, CLASS_SPECIFIC
from tests.support.reference_rollout import attention_rollout, rollout_row
from tests.support.vit_families import FAMILIES, HEADS, LAYERS, load_twin, pictures, save_random


@pytest.fixture(scope="module", params=FAMILIES)
def twins(request, tmp_path_factory):
    """A family's model as the study loads it, the same with eager attention, and its pictures."""
    folder = tmp_path_factory.mktemp("model")
    family = FAMILIES[request.param]
    save_random(family, folder)
    classifier = load_classifier(find_model(str(folder)), torch.device("cpu"))
    return classifier, load_twin(folder, "eager"), pictures(8, size=family.size), family


def eager_output(twins, images):
    eager = twins[1]
    resized = images.shape[-1] != images.shape[-2] and eager.config.image_size == 32
    return eager(
        pixel_values=images,
        output_attentions=True,
        output_hidden_states=True,
        **({"interpolate_pos_encoding": True} if resized else {}),
    )


def test_tokens_before_the_patches_are_found(twins):
    classifier, _, _, family = twins
    assert classifier.n_prefix == family.n_prefix
    assert classifier.grid == (family.size[0] // 8, family.size[1] // 8)


def test_rows_norms_and_readout_equal_eager_attention(twins):
    classifier, _, images, _ = twins
    reading = read_attention(classifier.network, images)
    output = eager_output(twins, images)
    matrices = torch.stack(output.attentions, dim=1)
    torch.testing.assert_close(reading.cls_rows, matrices[..., CLS, :], atol=1e-6, rtol=0)
    assert float(matrices[..., CLS, :].std(dim=-1).min()) > 0.005  # so that it can fail
    entering = torch.stack(output.hidden_states[:LAYERS], dim=1).norm(dim=-1)
    torch.testing.assert_close(reading.token_norms, entering, atol=1e-4, rtol=1e-5)
    expected = output.logits if "logits" in output else output.last_hidden_state[:, CLS]
    if "CLIP" in type(classifier.network).__name__:
        expected = output.pooler_output
    torch.testing.assert_close(reading.readout, expected, atol=1e-4, rtol=1e-4)


def test_the_three_forms_of_rollout_agree(twins):
    classifier, _, images, _ = twins
    accumulated = read_attention(classifier.network, images, with_rollout=True).rollout
    matrices = torch.stack(eager_output(twins, images).attentions, dim=1).double().numpy()
    for one, of_eager in zip(accumulated.numpy(), matrices, strict=True):
        full = attention_rollout(of_eager)
        np.testing.assert_allclose(one, full, atol=1e-6)
        np.testing.assert_allclose(rollout_row(of_eager, CLS), full[CLS], atol=1e-6)


def attribute(classifier, images, runner):
    """Return every map of every picture, made in the runner's batches."""

    @torch.inference_mode()
    def forward(batch):
        reading = read_attention(classifier.network, images[batch], with_rollout=True)
        maps = attention_maps(reading).items()
        return {name: classifier.lay_out(rows) for name, rows in maps} | {
            "readout": reading.readout.numpy()
        }

    maps = dict(runner.run(len(images), forward))
    readout = torch.from_numpy(maps.pop("readout"))
    return {**maps, CLASS_SPECIFIC: class_specific(classifier, images, readout, runner)}


def test_a_batch_of_eight_equals_eight_single_pictures(twins):
    classifier, _, images, _ = twins
    together = attribute(classifier, images, BatchRunner(8))
    alone = attribute(classifier, images, BatchRunner(1))
    assert tuple(together) == ATTRIBUTIONS
    for name in ATTRIBUTIONS:
        assert together[name].shape == (8, *classifier.grid)
        rounding = 1e-5 if name == CLASS_SPECIFIC else 0  # gradients have no fixed scale
        np.testing.assert_allclose(
            alone[name], together[name], atol=1e-6, rtol=rounding, err_msg=name
        )


def test_relevance_equals_the_whole_matrices_of_the_paper(twins):
    classifier, _, images, family = twins
    result = attribute(classifier, images[:2], BatchRunner(2))[CLASS_SPECIFIC]
    readout = forward_readout(classifier.network, images[:2], None)
    directions = own_directions(classifier, readout)
    for one, image, direction in zip(result, images[:2], directions, strict=True):
        expected = relevance_by_matrices(twins, image[None], direction)
        patches = expected[family.n_prefix :].reshape(classifier.grid)
        assert float(patches.std()) > 0
        np.testing.assert_allclose(one, patches, atol=2e-6 * max(1, float(patches.max())))


def relevance_by_matrices(twins, image, direction):
    """Chefer's rule as written: R <- R + E_h[(grad A o A)+] R, read where the score is read."""
    classifier, _, _, _ = twins
    with torch.enable_grad():
        output = eager_output(twins, image.clone().requires_grad_(True))
        score = readout_of(classifier, output) @ direction
        gradients = torch.autograd.grad(score.sum(), (*output.attentions, output.hidden_states[-2]))
    n_tokens = output.attentions[0].shape[-1]
    relevance = torch.eye(n_tokens)
    for attention, gradient in zip(output.attentions, gradients[:-1], strict=True):
        added = (attention[0] * gradient[0]).clamp(min=0).mean(dim=0)
        relevance = relevance + added @ relevance
    start = reading_tokens(twins, image, direction)
    return (start @ (relevance - torch.eye(n_tokens))).detach()


def reading_tokens(twins, image, direction):
    """Share of each token in the score, by the gradient of the last layer's attention output."""
    _, eager, _, _ = twins
    caught = []
    last = [m for m in eager.modules() if type(m).__name__.endswith("Attention")][-1]
    projection = next(m for name, m in last.named_children() if name in ("o_proj", "out_proj"))
    hook = projection.register_forward_pre_hook(lambda _, given: caught.append(given[0]))
    with torch.enable_grad():
        output = eager_output(twins, image.clone().requires_grad_(True))
        score = readout_of(twins[0], output) @ direction
        (gradient,) = torch.autograd.grad(score.sum(), caught)
    hook.remove()
    lengths = gradient[0].norm(dim=-1)
    return lengths / lengths.sum()


def readout_of(classifier, output):
    if classifier.has_classifier:
        return output.logits
    pooled = "CLIP" in type(classifier.network).__name__
    return output.pooler_output if pooled else output.last_hidden_state[:, CLS]


def test_hiding_keys_moves_the_readout_of_every_family(twins):
    classifier, _, images, family = twins
    keep = torch.ones(8, family.n_prefix + classifier.n_patches, dtype=torch.bool)
    keep[:, -5:] = False
    rows = read_attention(classifier.network, images, keep=keep).cls_rows
    assert rows.shape == (8, LAYERS, HEADS, keep.shape[1])
    assert float(rows[..., -5:].abs().max()) == 0
    hidden = forward_readout(classifier.network, images, keep)
    assert float((hidden - forward_readout(classifier.network, images, None)).abs().max()) > 1e-3
