"""The steps of the ViT study that run the model, in shards that survive a kill."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from precompute.cli.progress import console
from precompute.compute.batches import BatchRunner
from precompute.compute.shards import Arrays, Shard, compute, merge, split_rows
from precompute.data.image_set import ImageSet, drawing_order
from precompute.job import Inputs, JobContext, run_key, step_key
from precompute.vit.attention.heads import measure_heads
from precompute.vit.attention.measure import locate_attention
from precompute.vit.faithfulness.measure import predict_curves
from precompute.vit.masking.fills import show_fills
from precompute.vit.masking.masks import count_masked
from precompute.vit.masking.predict import MaskPlan, load_batch, merge_ratios, predict_masked
from precompute.vit.model.checkpoint import find_model
from precompute.vit.model.classifier import load_classifier
from precompute.vit.model.inference import (
    PreparedImages,
    Probe,
    predict_rows,
    read_gallery,
    read_maps,
    with_stand_ins,
)
from precompute.vit.outline.measure import predict_region_drop
from precompute.vit.probes.features import judge_rows, read_features, view_masks
from precompute.vit.probes.images import ProbeImages
from precompute.vit.probes.linear import fit_all
from precompute.vit.settings import VitSettings
from precompute.vit.shape.measure import predict_versions
from store.schema.vit.names import ATTRIBUTIONS, CLS_ATTENTION, TRAINED, UNTRAINED

STUDY = "vit"
# Masking has already measured CLS attention's order: it is what two of its arms follow.
RANKED = tuple(name for name in ATTRIBUTIONS if name != CLS_ATTENTION)
# What the masking step calls, and the two steps whose results it starts from.
MASKING = (load_batch, predict_masked, show_fills, predict_curves, predict_region_drop)
MASKING += (predict_rows, locate_attention)


def n_population(settings: VitSettings, images: ImageSet) -> int:
    """Return how many pictures are measured: n_images, or all where it is 0 or more than all."""
    return min(settings.n_images or len(images), len(images))


@dataclass(frozen=True)
class VitRun:
    """One run: its settings, its population and its model."""

    settings: VitSettings  # with the mask ratios that the model's grid can tell apart
    context: JobContext
    key: str
    probe: Probe
    plan: MaskPlan
    n_gallery: int

    @property
    def n_half(self) -> int:
        """How many patches the masking study hides at the share nearest one half."""
        counts = self.plan.n_masked
        return int(counts[np.abs(counts / self.probe.classifier.n_patches - 0.5).argmin()])

    @property
    def images(self) -> ImageSet:
        """The population."""
        return self.probe.images

    def predict(self) -> Arrays:
        """Run the whole images, also through random weights."""
        work = partial(predict_rows, self.probe)
        whole = self._compute("predict", "attention and labels", work, predict_rows)
        random = self.probe.classifier.untrained(self.settings.seed)
        work = partial(read_maps, replace(self.probe, classifier=random))
        maps = self._compute("untrained", "random weights", work, read_maps)
        return {**whole, "untrained_map": maps["cls_map"]}

    def gallery(self) -> Arrays:
        """Read everything about the gallery's images."""
        work = partial(read_gallery, self.probe, n_top=self.settings.n_top)
        return self._compute("gallery", "gallery", work, read_gallery, n_rows=self.n_gallery)

    def locate(self) -> Arrays:
        """Attribute every image by every method; the gallery's with every layer and head."""

        def work(rows: range) -> Arrays:
            return locate_attention(self.probe, rows, self._gallery_rows(rows))

        return self._compute("where", "where attention lies", work, locate_attention)

    def heads(self, weights: str) -> Arrays:
        """Compare the heads of every layer, with the model's weights or with random ones."""
        probe, label = self.probe, "heads"
        if weights == UNTRAINED:
            random = probe.classifier.untrained(self.settings.seed)
            probe, label = replace(probe, classifier=random), "heads, random weights"
        work = partial(measure_heads, probe)
        return self._compute(f"{weights}_heads", label, work, measure_heads)

    def probe_layers(self, parts: ProbeImages) -> Arrays:
        """Fit linear probes on whole images, with either weights, and judge them on others.

        Returns what they name those, predicted (n, WEIGHTS, VIEWS, L + 1, POOLINGS).
        """
        settings, own = self.settings, self.probe.classifier
        networks = {TRAINED: own, UNTRAINED: own.untrained(settings.seed)}
        fit, test = (
            replace(self.probe, images=part, prepared=PreparedImages())
            for part in (parts.fit, parts.test)
        )
        digest = f"{parts.fit.digest} {parts.test.digest}"
        words, work = "probes: images to fit on", partial(read_features, fit, networks)
        n_fit, n_test = len(parts.fit), len(parts.test)
        features = self._compute(
            *("probes_fit", words, work, read_features), n_rows=n_fit, given=digest
        )
        fitted = fit_all(features, parts.fit.labels, settings.probe_strength)
        masks = view_masks(own.grid, parts.test_rows, self.n_half, settings.seed)
        words, work = "probes: other images", partial(judge_rows, test, networks, fitted, masks)
        return self._compute(
            *("probes_test", words, work, judge_rows, fit_all), n_rows=n_test, given=digest
        )

    def mask(self, whole: Arrays, maps: NDArray) -> Arrays:
        """Hide patches in every way: by arm and fill, by attribution, by region.

        whole: of predict; maps: (image, ATTRIBUTIONS, *grid), of locate.
        """
        return self._compute("mask", "masking", partial(self._mask, whole, maps), *MASKING)

    def _mask(self, whole: Arrays, maps: NDArray, of_shard: range) -> Arrays:
        rows, settings = slice(of_shard.start, of_shard.stop), self.settings
        n_gallery = self._gallery_rows(of_shard)
        colour = whole["mean_pixel"].mean(axis=0)
        batch = load_batch(self.probe, of_shard, whole["predicted"][rows], colour)
        rankings = self.plan.rankings(of_shard, whole["cls_map"][rows])
        masked = dict(predict_masked(self.probe, self.plan, rankings, batch, n_gallery))
        source = batch.source.first(n_gallery)
        masked["gallery_fill_pixels"] = show_fills(self.probe.classifier, source, settings.fills)
        ranked = {name: maps[rows, ATTRIBUTIONS.index(name)] for name in RANKED}
        masked["curves"] = predict_curves(self.probe, batch, ranked, self.plan.n_masked)
        if "region_share" in whole:
            shares, sources = whole["region_share"][rows], self.plan.source_rows[rows]
            masked |= predict_region_drop(
                self.probe, batch, shares, sources, settings.n_seeds, settings.seed
            )
        return masked

    def reshape(self) -> Arrays:
        """Keep shape or texture alone of every image; only where images have object masks."""

        def work(rows: range) -> Arrays:
            n_gallery, seed = self._gallery_rows(rows), self.settings.seed
            return predict_versions(self.probe, rows, self.plan.source_rows, n_gallery, seed)

        return self._compute("shape", "shape and texture", work, predict_versions)

    def _gallery_rows(self, rows: range) -> int:
        return min(max(self.n_gallery - rows.start, 0), len(rows))

    def _compute(
        self,
        step: str,
        label: str,
        work: Callable[[range], Arrays],
        *functions: Callable,
        n_rows: int | None = None,
        given: str | None = None,
    ) -> Arrays:
        """Compute a step of so many rows, or of every image, shard by shard.

        functions: what the step calls, whose code its key covers; given: what else the key covers.
        """
        called = (load_classifier, with_stand_ins, *functions)
        key = step_key(self.key, __name__, *called, given=given)
        n_rows = len(self.images) if n_rows is None else n_rows
        shards = split_rows(step, n_rows, self.settings.shard_images)
        ordered, folder = beside_partners(shards), self.context.shard_folder(STUDY)
        parts = compute(ordered, lambda shard: work(shard.rows), folder, key, label)
        of_shard = dict(zip(ordered, parts, strict=True))
        return merge([of_shard[shard] for shard in shards])


def beside_partners(shards: list[Shard]) -> list[Shard]:
    """Return the shards in an order in which an image and its partner are read close together.

    Partners lie half the set apart: each half's next shard comes in turn.
    """
    half = max(1, shards[-1].stop // 2)
    return sorted(shards, key=lambda shard: (shard.start % half, shard.start))


def open_run(settings: VitSettings, inputs: Inputs, context: JobContext) -> VitRun:
    """Load the model and draw the population: the gallery is its first images."""
    classifier = load_classifier(find_model(settings.model), context.device)
    n_all = len(inputs.images)
    n_images = n_population(settings, inputs.images)
    if n_images < settings.n_images:
        console.print(f"  the set has {n_images} images, fewer than n_images = {settings.n_images}")
    population = np.arange(n_all)  # in the set's own order where nothing is left out
    if n_images < n_all:
        population = drawing_order(n_all, settings.seed)[:n_images]
    merged = merge_ratios(settings, classifier.n_patches)
    if left_out := sorted(set(settings.mask_ratios) - set(merged.mask_ratios)):
        listed = ", ".join(map(str, left_out))
        console.print(f"  left out of mask_ratios, as a smaller one hides as many: {listed}")
    probe = Probe(classifier, inputs.images.take(population), BatchRunner(settings.batch_size))
    probe = with_stand_ins(probe, settings.shard_images)
    merged = replace(merged, n_top=min(settings.n_top, len(probe.classifier.label_names)))
    plan = MaskPlan(merged, count_masked(merged.mask_ratios, classifier.n_patches), population)
    n_gallery = min(settings.n_gallery, n_images)
    return VitRun(merged, context, run_key(settings, inputs), probe, plan, n_gallery)
