"""Every setting of every study, and the profiles that give them values.

A profile is one TOML file with a table per study. A key that no study knows, a value of the wrong
type and a value out of range are refused with one line that says what to write instead.
"""

import difflib
import math
import tomllib
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, get_args, get_origin

PROFILES = Path(__file__).parent / "profiles"
STUDIES = ("vit", "vae", "clip")


class SettingsError(ValueError):
    """A setting is unknown, of the wrong type or out of range. The message is one line."""


@dataclass(frozen=True)
class VitSettings:
    """The ViT study: attention, masking and outline."""

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
    n_bootstrap: int  # resamples behind each interval
    batch_size: int  # images per forward pass; halved when memory runs out
    shard_images: int  # images per shard: the most work that a kill can cost
    seed: int


@dataclass(frozen=True)
class VaeSettings:
    """The VAE study: training, the sweep, reconstructions, blur, re-encoding and latents."""

    images: str  # "FashionMNIST"
    latent_dim: int
    hidden_dim: int  # width of the one hidden layer on each side
    epochs: int
    batch_size: int
    learning_rate: float
    kl_weight: float  # beta; 1 is the original report's
    n_train: int  # training images; 0 means all
    n_test: int  # held-out images; 0 means all
    sweep_kl_weights: tuple[float, ...]  # beta of each point, at latent_dim
    sweep_latent_dims: tuple[int, ...]  # latents of each point, at kl_weight
    sweep_terms: tuple[str, ...]  # reconstruction terms compared, at latent_dim and kl_weight
    sweep_architectures: tuple[str, ...]  # "mlp", "convolutional"
    sweep_seeds: int  # trainings of each point, which its interval is over
    sweep_epochs: int
    sweep_images: int  # training images of the sweep; 0 means n_train
    sweep_test: int  # held-out images behind the sweep's costly measures
    n_importance_images: int  # images whose likelihood is estimated
    n_importance_samples: int  # samples per image: K of the importance-weighted bound
    n_passes: int  # how often pictures are decoded and encoded again
    n_samples: int  # test images stored as pictures
    n_extremes: int  # worst and best reconstructions stored as pictures
    n_traversals: int  # latents traversed, highest KL first
    n_prior_samples: int
    n_shown: int  # test images laid out by UMAP
    n_neighbours: int  # for the class of a latent by its nearest neighbours
    umap_neighbours: int
    umap_min_dist: float
    n_bootstrap: int
    seed: int


@dataclass(frozen=True)
class ClipSettings:
    """The CLIP study: prompts, modality gap, alignment and layouts."""

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
    umap_neighbours: tuple[int, ...]  # one UMAP each
    umap_min_dist: tuple[float, ...]  # one per entry of umap_neighbours
    shots: tuple[int, ...]  # fit images per class; as many as there are come after them
    n_draws: int  # random choices of the shots
    n_bootstrap: int
    batch_size: int
    shard_images: int
    seed: int


@dataclass(frozen=True)
class Profile:
    """A name and the settings of each study."""

    name: str
    vit: VitSettings
    vae: VaeSettings
    clip: ClipSettings

    def study(self, name: str) -> VitSettings | VaeSettings | ClipSettings:
        """Return the settings of one study by its name."""
        return {"vit": self.vit, "vae": self.vae, "clip": self.clip}[name]

    def override(self, study: str, **values: Any) -> "Profile":
        """Return a copy with some settings of one study replaced, checked as a file's are."""
        table = {**asdict(self.study(study)), **values}
        checked = _read_table(type(self.study(study)), table, f"--set {study}", study)
        return replace(self, **{study: checked})


SETTINGS = {"vit": VitSettings, "vae": VaeSettings, "clip": ClipSettings}
PRECISIONS = ("float32", "float16")  # bfloat16 moves embeddings out of the schema's tolerance
# Settings that may be 0; every other number must be positive.
MAY_BE_EMPTY = {"expected_labels", "template_lists"}
MAY_BE_ZERO = {"n_train", "n_test", "n_images", "seed", "kl_weight", "umap_min_dist"}
MAY_BE_ZERO |= {"sweep_kl_weights", "sweep_images", "n_captions"}
RECONSTRUCTION_TERMS = ("squared_error", "bernoulli", "continuous_bernoulli", "gaussian")
ARCHITECTURES = ("mlp", "convolutional")
LARGEST_SEED = 2**32 - 1  # that NumPy's older generators take, which UMAP draws from
LEAST_SHOWN = 5  # points of a layout that its neighbours can be judged by


def load_profile(name_or_path: str) -> Profile:
    """Read a profile by name ("embedded", "full") or by the path of a TOML file.

    Raises SettingsError with one line when it is unknown or wrong.
    """
    path = PROFILES / f"{name_or_path}.toml"
    if not path.is_file():
        path = Path(name_or_path)
    if path.suffix != ".toml" or not path.is_file():
        known = ", ".join(sorted(file.stem for file in PROFILES.glob("*.toml")))
        raise SettingsError(
            f"no profile {name_or_path!r}. Known: {known}; or give the path of a TOML file."
        )
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name}: not valid TOML: {error}") from None
    _refuse_unknown(tables, STUDIES, f"{path.name}: no study")
    studies = {
        study: _read_table(SETTINGS[study], tables.get(study, {}), path.name, study)
        for study in STUDIES
    }
    return Profile(path.stem, **studies)  # type: ignore[arg-type]  # each key has its own class


def _read_table(cls: type, table: dict[str, Any], file: str, study: str) -> Any:
    """Turn one TOML table into its frozen dataclass, checking names, types and ranges."""
    known = {field.name: field.type for field in fields(cls)}
    _refuse_unknown(table, tuple(known), f"{file}: [{study}] has no setting")
    missing = [name for name in known if name not in table]
    if missing:
        raise SettingsError(
            f"{file}: [{study}] lacks {missing[0]!r}. Add a line '{missing[0]} = …'."
        )
    values = {
        name: _checked(table[name], wanted, f"{file}: [{study}] {name}")
        for name, wanted in known.items()
    }
    settings = cls(**values)
    _check_study(settings, f"{file}: [{study}]")
    return settings


def _refuse_unknown(table: dict[str, Any], known: tuple[str, ...], prefix: str) -> None:
    for name in table:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known)}."
            raise SettingsError(f"{prefix} {name!r}. {hint}")


def _checked(value: Any, wanted: Any, where: str) -> Any:
    """Return the value in its declared type, or refuse it."""
    name = where.rsplit(" ", 1)[-1]
    if get_origin(wanted) is tuple:
        if not isinstance(value, (list, tuple)) or (not value and name not in MAY_BE_EMPTY):
            raise SettingsError(f"{where} is {value!r}, expected a list with at least one entry.")
        inner = get_args(wanted)[0]
        return tuple(_checked(entry, inner, where) for entry in value)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise SettingsError(f"{where} is {value!r}, expected {wanted.__name__}.")
    if wanted is float and not math.isfinite(value):
        raise SettingsError(f"{where} is {value!r}, expected a finite number.")
    if wanted in (int, float) and (value < 0 or (value == 0 and name not in MAY_BE_ZERO)):
        raise SettingsError(f"{where} is {value!r}, expected a positive number.")
    return value


def _check_study(settings: Any, where: str) -> None:
    """Check what one value's type cannot show."""
    if settings.seed > LARGEST_SEED:
        raise SettingsError(f"{where} seed is {settings.seed}, expected at most {LARGEST_SEED}.")
    if isinstance(settings, VitSettings):
        if any(ratio >= 1 for ratio in settings.mask_ratios):
            raise SettingsError(f"{where} mask_ratios must lie between 0 and 1.")
        if list(settings.mask_ratios) != sorted(set(settings.mask_ratios)):  # a curve's axis
            raise SettingsError(f"{where} mask_ratios must increase from each to the next.")
        if not set(settings.fill_ratios) <= set(settings.mask_ratios):
            raise SettingsError(f"{where} fill_ratios must be among mask_ratios.")
        if settings.n_fill_seeds > settings.n_seeds:
            raise SettingsError(f"{where} n_fill_seeds is larger than n_seeds.")
        if settings.n_images and settings.n_gallery > settings.n_images:
            raise SettingsError(f"{where} n_gallery is larger than n_images.")
    if isinstance(settings, VaeSettings):
        _refuse_unknown(dict.fromkeys(settings.sweep_terms), RECONSTRUCTION_TERMS, f"{where} term")
        asked = dict.fromkeys(settings.sweep_architectures)
        _refuse_unknown(asked, ARCHITECTURES, f"{where} architecture")
        _check_layout(settings, where)
    if isinstance(settings, ClipSettings):
        if len(settings.styles) != len(settings.templates):
            raise SettingsError(f"{where} styles and templates must have the same length.")
        if settings.precision not in PRECISIONS:
            known = ", ".join(PRECISIONS)
            raise SettingsError(f"{where} precision is {settings.precision!r}. Known: {known}.")
        wrong = [text for text in settings.templates if text.count("{}") != 1]
        if wrong:
            raise SettingsError(f"{where} template {wrong[0]!r} must hold one {{}}.")
        if len(settings.umap_neighbours) != len(settings.umap_min_dist):
            raise SettingsError(f"{where} umap_min_dist must have one entry per umap_neighbours.")
        if settings.fit_share + settings.select_share >= 1:
            raise SettingsError(f"{where} fit_share + select_share must leave held-out images.")


def _check_layout(settings: VaeSettings, where: str) -> None:
    """Refuse what latents cannot be laid out with: they are drawn by PCA and by UMAP in a plane."""
    least = {"latent_dim": 2, "umap_neighbours": 2, "n_shown": LEAST_SHOWN}
    for name, bound in least.items():
        value = getattr(settings, name)
        if value < bound:
            raise SettingsError(f"{where} {name} is {value}, expected at least {bound}.")
    if settings.umap_min_dist > 1:  # umap's spread, which it must not exceed
        raise SettingsError(
            f"{where} umap_min_dist is {settings.umap_min_dist}, expected at most 1."
        )
