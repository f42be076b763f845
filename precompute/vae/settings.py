"""The settings of the VAE study, and the trainings that they ask for."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from precompute.errors import SettingsError, refuse_unknown
from store.records import MEAN, SUM, LossLine
from store.schema.vae.names import ARCHITECTURES, CURES, NO_CURE, SQUARED_ERROR, TERMS

if TYPE_CHECKING:
    from precompute.settings import Options

LEAST_SHOWN = 5  # points of a layout that its neighbours can be judged by
# Latents are drawn by PCA and by UMAP in a plane.
LEAST = {"latent_dim": 2, "umap_neighbours": 2, "n_shown": LEAST_SHOWN}
# The ways in which a course's loss is commonly written, and those that a cure is tried on.
LOSS_LINES = (
    LossLine(pixels=SUM, latents=SUM, kl_weight=1.0),
    LossLine(pixels=SUM, latents=SUM, kl_weight=5.0),
    LossLine(pixels=MEAN, latents=MEAN, kl_weight=1.0),
    LossLine(pixels=MEAN, latents=SUM, kl_weight=1.0),
)
CURED = (LOSS_LINES[0], LOSS_LINES[2])


@dataclass(frozen=True)
class VaeSettings:
    """The VAE study: training, the sweep, reconstructions, blur, re-encoding and latents."""

    MAY_BE_ZERO: ClassVar = frozenset(
        {"n_train", "n_test", "seed", "kl_weight", "umap_min_dist"}
        | {"sweep_kl_weights", "sweep_images", "collapse_images"}
    )
    MAY_BE_EMPTY: ClassVar = frozenset({"first_epoch_batches", "first_epoch_rates"})
    KEEP_LESS: ClassVar = "vae.n_test=1000"  # makes a store smaller that would be too large

    images: str  # "FashionMNIST"
    architecture: str  # of the study's own model: "convolutional" is the course's, "mlp" smaller
    latent_dim: int
    hidden_dim: int  # width of the MLP's one hidden layer on each side
    epochs: int
    batch_size: int
    learning_rate: float
    n_seeds: int  # trainings of the own model: the first is measured, all give the loss's spread
    first_epoch_batches: tuple[int, ...]  # batch sizes by
    first_epoch_rates: tuple[float, ...]  # learning rates: the first epoch's loss of each pair
    kl_weight: float  # beta; 1 is the original report's
    n_train: int  # training images; 0 means all
    n_test: int  # held-out images; 0 means all
    sweep_kl_weights: tuple[float, ...]  # beta of each point, at latent_dim
    sweep_latent_dims: tuple[int, ...]  # latents of each point, at kl_weight
    sweep_terms: tuple[str, ...]  # reconstruction terms compared, at latent_dim and kl_weight
    sweep_architectures: tuple[str, ...]  # the first one is that of all other points
    sweep_seeds: int  # trainings of each point, which its interval is over
    sweep_epochs: int
    sweep_images: int  # training images of the sweep; 0 means n_train
    sweep_test: int  # held-out images behind the sweep's costly measures
    collapse_seeds: int  # trainings of each way to collapse or to be cured of it
    collapse_epochs: int
    collapse_images: int  # training images; 0 means all
    warm_up_share: float  # of the steps, over which a warm-up lets the KL's weight grow from 0
    free_nats: float  # KL of a latent, mean over a batch, that free bits does not punish
    n_importance_images: int  # images whose likelihood is estimated
    n_importance_samples: int  # samples per image: K of the importance-weighted bound
    n_passes: int  # how often pictures are decoded and encoded again
    n_samples: int  # test images stored as pictures
    n_extremes: int  # worst and best reconstructions stored as pictures
    n_traversals: int  # latents traversed, highest KL first
    n_prior_samples: int  # stored as pictures, of each prior
    n_generated: int  # pictures of each prior, which its distances are measured of
    n_shown: int  # test images laid out by UMAP
    n_neighbours: int  # for the class of a latent by its nearest neighbours
    umap_neighbours: int
    umap_min_dist: float
    n_bootstrap: int
    seed: int

    @staticmethod
    def chosen(options: "Options") -> dict[str, Any]:
        """Return no setting: this study has its own images and trains its own models."""
        return {}

    def check(self, where: str) -> None:
        """Raise SettingsError where a name is unknown or latents cannot be laid out."""
        refuse_unknown(self.sweep_terms, TERMS, f"{where} term")
        architectures = (self.architecture, *self.sweep_architectures)
        refuse_unknown(architectures, ARCHITECTURES, f"{where} architecture")
        for name, bound in LEAST.items():
            value = getattr(self, name)
            if value < bound:
                raise SettingsError(f"{where} {name} is {value}, expected at least {bound}.")
        if self.warm_up_share > 1:
            raise SettingsError(
                f"{where} warm_up_share is {self.warm_up_share}, expected at most 1."
            )
        if self.umap_min_dist > 1:  # umap's spread, which it must not exceed
            raise SettingsError(
                f"{where} umap_min_dist is {self.umap_min_dist}, expected at most 1."
            )


Settings = VaeSettings


@dataclass(frozen=True)
class Variant:
    """Everything in which one training differs from another of the same study."""

    architecture: str  # one of ARCHITECTURES
    term: str  # one of TERMS
    kl_weight: float
    latent_dim: int
    epochs: int
    n_train: int  # images; 0 means all
    seed: int
    cure: str = NO_CURE  # of posterior collapse, one of CURES
    batch_size: int = 0  # images a step; 0 means the study's
    learning_rate: float = 0.0  # 0 means the study's

    @property
    def name(self) -> str:
        """Return a name that is a file's stem, other for every variant."""
        parts = [self.architecture, self.term, f"beta{self.kl_weight!r}"]
        parts += [f"latent{self.latent_dim}", f"epochs{self.epochs}", f"images{self.n_train}"]
        if self.cure != NO_CURE:
            parts.append(self.cure)
        if self.batch_size or self.learning_rate:
            parts += [f"batch{self.batch_size}", f"rate{self.learning_rate!r}"]
        return "-".join([*parts, f"seed{self.seed}"])


def own_model(settings: VaeSettings) -> Variant:
    """Return the original report's model: the course's network, squared error, one seed."""
    return Variant(
        architecture=settings.architecture,
        term=SQUARED_ERROR,
        kl_weight=settings.kl_weight,
        latent_dim=settings.latent_dim,
        epochs=settings.epochs,
        n_train=settings.n_train,
        seed=settings.seed,
    )


def first_epoch_points(settings: VaeSettings) -> list[Variant]:
    """Return trainings of one epoch, batch sizes by learning rates: what a first loss tells."""
    centre = replace(own_model(settings), epochs=1)
    return [
        replace(centre, batch_size=batch, learning_rate=rate)
        for batch in settings.first_epoch_batches
        for rate in settings.first_epoch_rates
    ]


def sweep_points(settings: VaeSettings) -> list[Variant]:
    """Return every point of the sweep once, each with the first seed.

    Each point differs from the first architecture's model in one thing: the KL weight, the number
    of latents, the reconstruction term or the architecture.
    """
    centre = replace(
        own_model(settings),
        architecture=settings.sweep_architectures[0],
        epochs=settings.sweep_epochs,
        n_train=settings.sweep_images or settings.n_train,
    )
    points = [replace(centre, kl_weight=weight) for weight in settings.sweep_kl_weights]
    points += [replace(centre, latent_dim=dim) for dim in settings.sweep_latent_dims]
    points += [replace(centre, term=term) for term in settings.sweep_terms]
    points += [replace(centre, architecture=name) for name in settings.sweep_architectures]
    return list(dict.fromkeys(points))


def collapse_points(settings: VaeSettings, n_pixels: int) -> list[tuple[LossLine, Variant]]:
    """Return the trainings on posterior collapse, each with the first seed: loss lines by cures.

    A loss that is a mean over pixels or latents is trained as the sum with the KL weight that it
    amounts to: the steps of Adam do not depend on a loss's scale.
    """
    centre = replace(
        own_model(settings),
        epochs=settings.collapse_epochs,
        n_train=settings.collapse_images or settings.n_train,
    )
    return [
        (
            line,
            replace(
                centre, kl_weight=line.effective_beta(n_pixels, settings.latent_dim), cure=cure
            ),
        )
        for line in LOSS_LINES
        for cure in (CURES if line in CURED else (NO_CURE,))
    ]


def seeds_of(point: Variant, n_seeds: int) -> list[Variant]:
    """Return the point's trainings: the same but for the seed."""
    return [replace(point, seed=point.seed + number) for number in range(n_seeds)]
