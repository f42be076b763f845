"""What the ViT study says of a run before it starts."""

from dataclasses import replace
from pathlib import Path

import torch

from precompute.settings import load_profile
from precompute.vit.preflight import estimate
from precompute.vit.probes.images import n_passes


def test_the_time_of_a_run_on_all_images_counts_all_of_them():
    settings = load_profile("embedded").study("vit")
    some, every = (
        estimate(replace(settings, n_images=n), 10_000, Path("data"), torch.device("cpu"))
        for n in (10, 0)
    )
    n_some, n_every = (int(line.split()[1].replace(",", "")) for line in (some, every))
    probes = n_passes(settings, 10_000)  # on images of their own, however many are masked
    n_masks = (n_some - 10 - probes) // 10  # the gallery holds all ten
    assert n_every == 10_000 * n_masks + settings.n_gallery + probes
