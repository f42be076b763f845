"""The steps of the ViT study that run the model, in shards that survive a kill."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from numpy.typing import NDArray

from precompute.compute.shards import Arrays, Shard, compute, merge, split_rows
from precompute.data.image_set import ImageSet
from precompute.job import JobContext
from precompute.settings import VitSettings
from precompute.vit.attention.measure import locate_attention
from precompute.vit.faithfulness.measure import predict_curves
from precompute.vit.masking.fills import show_fills
from precompute.vit.masking.predict import MaskPlan, look_at, predict_masked
from precompute.vit.model.inference import Lens, predict_rows, read_gallery, read_maps
from precompute.vit.outline.region_drop import predict_region_drop
from store.schema.vit.names import ATTRIBUTIONS, CLS_ATTENTION

STUDY = "vit"
# Masking has already measured CLS attention's order: it is what two of its arms follow.
RANKED = tuple(name for name in ATTRIBUTIONS if name != CLS_ATTENTION)


@dataclass(frozen=True)
class Study:
    """One run: its settings, its population and its model."""

    settings: VitSettings  # with the mask ratios that the model's grid can tell apart
    context: JobContext
    key: str
    lens: Lens
    plan: MaskPlan
    n_gallery: int

    @property
    def images(self) -> ImageSet:
        """The population."""
        return self.lens.images

    @property
    def label_names(self) -> tuple[str, ...]:
        """The model's labels."""
        return self.lens.classifier.label_names

    def predict(self) -> Arrays:
        """Run the whole images, also through random weights."""
        seen = dict(
            self._compute(
                "predict",
                len(self.images),
                lambda shard: predict_rows(self.lens, shard.rows),
                "attention and labels",
            )
        )
        control = replace(self.lens, classifier=self.lens.classifier.untrained(self.settings.seed))
        maps = self._compute(
            "untrained", len(self.images), lambda s: read_maps(control, s.rows), "random weights"
        )
        return {**seen, "untrained_map": maps["cls_map"]}

    def gallery(self) -> Arrays:
        """Read everything about the gallery's images."""
        return self._compute(
            "gallery",
            self.n_gallery,
            lambda shard: read_gallery(self.lens, shard.rows, self.settings.n_top),
            "gallery",
        )

    def locate(self) -> Arrays:
        """Attribute every image by every method; the gallery's with every layer and head."""
        return self._compute(
            "where",
            len(self.images),
            lambda shard: locate_attention(self.lens, shard.rows, self._gallery_rows(shard)),
            "where attention lies",
        )

    def mask(self, seen: Arrays, maps: NDArray) -> Arrays:
        """Hide patches in every way: by arm and fill, by attribution, by region.

        maps: (image, ATTRIBUTIONS, *grid) from locate.
        """
        return self._compute(
            "mask", len(self.images), lambda shard: self._mask(shard, seen, maps), "masking"
        )

    def _mask(self, shard: Shard, seen: Arrays, maps: NDArray) -> Arrays:
        rows, settings = slice(shard.start, shard.stop), self.settings
        n_gallery = self._gallery_rows(shard)
        colour = seen["mean_pixel"].mean(axis=0)
        whole = look_at(self.lens, shard.rows, seen["predicted"][rows], colour)
        rankings = self.plan.rankings(shard.rows, seen["cls_map"][rows])
        found = dict(predict_masked(self.lens, self.plan, rankings, whole, n_gallery))
        source = whole.source.first(n_gallery)
        found["gallery_fill_pixels"] = show_fills(self.lens.classifier, source, settings.fills)
        ranked = {name: maps[rows, ATTRIBUTIONS.index(name)] for name in RANKED}
        found["curves"] = predict_curves(self.lens, whole, ranked, self.plan.n_masked)
        if "region_share" in seen:
            shares, sources = seen["region_share"][rows], self.plan.source_rows[rows]
            found |= predict_region_drop(
                self.lens, whole, shares, sources, settings.n_seeds, settings.seed
            )
        return found

    def _gallery_rows(self, shard: Shard) -> int:
        return min(max(self.n_gallery - shard.start, 0), len(shard.rows))

    def _compute(
        self, step: str, n_rows: int, work: Callable[[Shard], Arrays], label: str
    ) -> Arrays:
        shards = split_rows(step, n_rows, self.settings.shard_images)
        return merge(compute(shards, work, self.context.shard_folder(STUDY), self.key, label))
