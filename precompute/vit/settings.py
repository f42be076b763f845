"""The settings of the ViT study."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from precompute.errors import SettingsError

if TYPE_CHECKING:
    from precompute.settings import Options


@dataclass(frozen=True)
class VitSettings:
    """The ViT study: attention, masking and outline."""

    MAY_BE_ZERO: ClassVar = frozenset({"n_images", "seed"})
    MAY_BE_EMPTY: ClassVar = frozenset({"expected_labels"})
    KEEP_LESS: ClassVar = "vit.n_gallery=24"  # makes a store smaller that would be too large

    model: str  # "embedded", a hub id, or a folder that save_pretrained wrote
    images: str  # "FashionMNIST", "OxfordIIITPet", or a folder of images
    expected_labels: tuple[str, ...]  # labels that count as right where no true label is known
    n_images: int  # population: 500 images give an interval of at most +-0.044
    n_gallery: int  # images stored with every map
    n_top: int  # labels listed per prediction
    arms: tuple[str, ...]  # which patches are hidden
    fills: tuple[str, ...]  # what replaces them
    mask_ratios: tuple[float, ...]  # shares of patches hidden, increasing, the same for every arm
    n_seeds: int  # masks drawn per image, arm and ratio
    fill_arms: tuple[str, ...]  # arms run under every fill; the others with dropped tokens alone
    fill_ratios: tuple[float, ...]  # ratios run under every fill
    n_fill_seeds: int  # masks run under every fill, the first of n_seeds
    n_probe_fit: int  # images that a linear probe is fitted on, of the train part if there is one
    n_probe_test: int  # other images that judge it
    probe_strength: float  # inverse of its penalty, C of scikit-learn's LogisticRegression
    n_bootstrap: int  # resamples behind each interval
    batch_size: int  # images per forward pass; halved when memory runs out
    shard_images: int  # images per shard: the most work that a kill can cost
    seed: int

    @staticmethod
    def chosen(options: "Options") -> dict[str, Any]:
        """Return the settings that the command line's words stand for."""
        values: dict[str, Any] = {}
        if options.images:  # the labels that a profile expects are those of its own pictures
            values |= {"images": options.images, "expected_labels": ()}
        return values | ({"model": options.vit} if options.vit else {})

    def check(self, where: str) -> None:
        """Raise SettingsError where settings do not fit together."""
        if any(ratio >= 1 for ratio in self.mask_ratios):
            raise SettingsError(f"{where} mask_ratios must lie between 0 and 1.")
        if list(self.mask_ratios) != sorted(set(self.mask_ratios)):  # a curve's axis
            raise SettingsError(f"{where} mask_ratios must increase from each to the next.")
        if not set(self.fill_ratios) <= set(self.mask_ratios):
            raise SettingsError(f"{where} fill_ratios must be among mask_ratios.")
        if self.n_fill_seeds > self.n_seeds:
            raise SettingsError(f"{where} n_fill_seeds is larger than n_seeds.")
        if self.n_images and self.n_gallery > self.n_images:
            raise SettingsError(f"{where} n_gallery is larger than n_images.")


Settings = VitSettings
