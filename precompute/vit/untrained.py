"""The same architecture with random weights: what attention looks like before any training."""

import copy
from dataclasses import replace

import torch
from torch import nn

from precompute.vit.attention_function import ATTENTION_NAME
from precompute.vit.model import ImageClassifier


def untrained(classifier: ImageClassifier, seed: int) -> ImageClassifier:
    """Return the classifier with freshly initialised weights (Adebayo et al. 2018).

    A finding that holds for these weights too is one about the architecture or the picture's
    layout, not about what the model has learnt.
    """
    config = copy.deepcopy(classifier.network.config)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = type(classifier.network)(config)
    network.set_attn_implementation(ATTENTION_NAME)
    nn.Module.to(network.requires_grad_(False).eval(), classifier.device)
    return replace(classifier, network=network)
