"""What is said of the prompt 'a photo of', and when it holds."""

import numpy as np
import pytest

from precompute.clip.prompts.claim import accuracy_name, prompts_claim
from precompute.clip.prompts.summary import PairedWording, PromptEvidence
from precompute.statistics import paired_test, share

N = 1000


def right(n):
    return np.arange(N) < n


def prompts(plain, photo, small, listed=0, averaged=0, n_images=N):
    """Evidence of the report's three templates, one more template and one ensemble."""
    highest = share(max(plain, photo, small, listed), N)
    others = {"plain": plain, "small": small, "open_clip_80 1": listed}
    others["ensemble openai_stl10"] = averaged
    rivals = []
    for style, n in others.items():
        test = paired_test(right(photo), right(n))
        own, many = style in ("plain", "small"), style.startswith("ensemble")
        rivals.append(PairedWording(style, share(n, N), test, test.p_value, own, many))
    return PromptEvidence(
        share(photo, N), share(plain, N), n_images, 4, share(0, N), highest, "{}", tuple(rivals)
    )


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ((800, 900, 700), "supported"),
        ((899, 900, 700), "undecided"),  # one rival is as good
        ((950, 900, 700), "refuted"),
        ((900, 900, 900), "undecided"),
        ((800, 900, 700, 950), "refuted"),  # a template of a list does better
        ((800, 900, 700, 903), "undecided"),  # one does, though by no more than chance
        ((800, 900, 700, 900), "supported"),
        ((800, 900, 700, 0, 990), "supported"),  # an ensemble is no single prompt
    ],
)
def test_photo_must_beat_every_other_template(counts, verdict):
    claim = prompts_claim(prompts(*counts), True, "embedded/clip", "FashionMNIST test")
    assert claim.verdict == verdict
    assert claim.value == counts[1] / N
    assert claim.control == counts[0] / N


def test_weights_that_saw_the_class_names_are_never_called_zero_shot():
    assert "zero-shot" not in accuracy_name(seen_class_names=True)
    claim = prompts_claim(prompts(800, 900, 700), True, "embedded/clip", "FashionMNIST test")
    assert "zero-shot" not in claim.unit + claim.finding


def test_public_runs_are_reproduced_within_four_images_or_not():
    model, images = "ViT-B-32-quickgelu/openai", "STL10 train and test"
    claim = prompts_claim(prompts(800, 974, 700, averaged=971, n_images=8000), False, model, images)
    assert "Public runs report 0.9736 with 'photo'" in claim.finding
    assert "reproduced within 4 images of 8,000." in claim.finding


def test_the_published_accuracy_is_named_for_its_own_model_and_images():
    evidence = prompts(800, 900, 700, averaged=971, n_images=8000)
    model, images = "ViT-B-32-quickgelu/openai", "STL10 train and test"
    finding = prompts_claim(evidence, False, model, images).finding
    assert "publishes 0.971; measured here: 0.9710, within 0.002" in finding
    far = prompts(800, 900, 700, averaged=960, n_images=8000)
    assert "0.9600, NOT within" in prompts_claim(far, False, model, images).finding
    assert "0.971" not in prompts_claim(evidence, False, model, "embeddings of my.npz").finding
    some = prompts(800, 900, 700, averaged=971, n_images=500)
    assert "0.971;" not in prompts_claim(some, False, model, images).finding
