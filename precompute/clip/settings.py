"""The settings of the CLIP study."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from precompute.errors import SettingsError

if TYPE_CHECKING:
    from precompute.settings import Options

PRECISIONS = ("float32", "float16")  # bfloat16 moves embeddings out of the schema's tolerance


@dataclass(frozen=True)
class ClipSettings:
    """The CLIP study: prompts, modality gap, alignment and layouts."""

    MAY_BE_ZERO: ClassVar = frozenset({"n_images", "seed", "umap_min_dist", "n_captions"})
    MAY_BE_EMPTY: ClassVar = frozenset({"template_lists", "tsne_perplexities"})
    KEEP_LESS: ClassVar = "clip.n_images=1000"  # makes a store smaller that would be too large

    model: str  # "embedded", an open_clip model name, or "local-dir:FOLDER"
    pretrained: str  # open_clip tag of the weights; empty for a folder
    precision: str  # "float32", or "float16" for the towers' products (autocast)
    images: str  # "FashionMNIST", "STL10", or a folder with one sub-folder per class
    styles: tuple[str, ...]  # short names of the templates, in order
    templates: tuple[str, ...]  # one {} each
    template_lists: tuple[str, ...]  # published lists beside them: openai_stl10, clip_benchmark ...
    embeddings: str  # a file of embeddings made elsewhere, instead of model and images; else empty
    seen_class_names: bool  # the weights were trained on these class names
    n_images: int  # labelled test images; 0 means all
    fit_share: float  # share of images that maps may be fitted on, where the set has no train part
    select_share: float  # share kept for choosing between settings
    n_captions: int  # texts beside the prompts, where the images come with captions
    n_shown: int  # images drawn in the layouts
    tsne_perplexities: tuple[float, ...]  # one t-SNE each
    umap_neighbours: tuple[int, ...]  # one UMAP each
    umap_min_dist: tuple[float, ...]  # one per entry of umap_neighbours
    shots: tuple[int, ...]  # fit images per class; as many as there are come after them
    n_draws: int  # random choices of the shots
    n_bootstrap: int
    batch_size: int
    shard_images: int
    seed: int

    @staticmethod
    def chosen(options: "Options") -> dict[str, Any]:
        """Return the settings that the command line's words stand for."""
        values: dict[str, Any] = {"images": options.images} if options.images else {}
        if options.clip:
            whole = options.clip.startswith(("local-dir:", "hf-hub:"))
            model, _, tag = (options.clip, "", "") if whole else options.clip.partition("/")
            values |= {"model": model, "pretrained": tag, "seen_class_names": False}
        if options.embeddings:
            values |= {"embeddings": options.embeddings, "seen_class_names": False}
        return values

    def check(self, where: str) -> None:
        """Raise SettingsError where settings do not fit together."""
        if len(self.styles) != len(self.templates):
            raise SettingsError(f"{where} styles and templates must have the same length.")
        if self.precision not in PRECISIONS:
            known = ", ".join(PRECISIONS)
            raise SettingsError(f"{where} precision is {self.precision!r}. Known: {known}.")
        wrong = [text for text in self.templates if text.count("{}") != 1]
        if wrong:
            raise SettingsError(f"{where} template {wrong[0]!r} must hold one {{}}.")
        if len(self.umap_neighbours) != len(self.umap_min_dist):
            raise SettingsError(f"{where} umap_min_dist must have one entry per umap_neighbours.")
        if self.fit_share + self.select_share >= 1:
            raise SettingsError(f"{where} fit_share + select_share must leave held-out images.")


Settings = ClipSettings
