"""The CLIP study's steps: shards that an interrupted run left are used for the same texts alone."""

import numpy as np
import torch

from precompute.clip import job, pipeline
from precompute.clip.inputs.embeddings import RandomStreams
from precompute.job import JobContext
from precompute.settings import load_profile


def test_other_texts_under_the_same_settings_are_embedded_again(tmp_path, monkeypatch):
    """As after a change of the code that fills templates, which embeds nothing itself."""
    profile = load_profile("tests/regression/tiny.toml").override("clip", n_images=100)
    settings = profile.study("clip")
    context = JobContext(tmp_path / "run", "tiny", "", torch.device("cpu"), tmp_path)
    inputs, streams = job.inspect(settings, context), RandomStreams(settings.seed, 10)
    fill = pipeline.fill_prompts
    first = pipeline.encode(settings, inputs, context, streams)
    again = pipeline.encode(settings, inputs, context, streams)
    assert np.array_equal(first.embeddings.texts, again.embeddings.texts)
    monkeypatch.setattr(
        pipeline, "fill_prompts", lambda *parts: [f"{text} today" for text in fill(*parts)]
    )
    other = pipeline.encode(settings, inputs, context, streams)
    assert other.prompts[0] == f"{first.prompts[0]} today"
    assert not np.array_equal(other.embeddings.texts[0], first.embeddings.texts[0])
