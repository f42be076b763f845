"""Which VAEs are trained: the study's own model, and those of the sweep around it."""

from dataclasses import dataclass, replace

from precompute.settings import VaeSettings

SQUARED_ERROR = "squared_error"
MLP = "mlp"


@dataclass(frozen=True)
class Variant:
    """Everything in which one training differs from another of the same study."""

    architecture: str  # mlp or convolutional
    term: str  # squared_error, bernoulli, continuous_bernoulli or gaussian
    kl_weight: float
    latent_dim: int
    epochs: int
    n_train: int  # images; 0 means all
    seed: int

    @property
    def name(self) -> str:
        """Return a name that is a file's stem, other for every variant."""
        return (
            f"{self.architecture}-{self.term}-beta{self.kl_weight!r}-latent{self.latent_dim}"
            f"-epochs{self.epochs}-images{self.n_train}-seed{self.seed}"
        )


def own_model(settings: VaeSettings) -> Variant:
    """Return the original report's model: an MLP, squared error, one seed."""
    return Variant(
        architecture=MLP,
        term=SQUARED_ERROR,
        kl_weight=settings.kl_weight,
        latent_dim=settings.latent_dim,
        epochs=settings.epochs,
        n_train=settings.n_train,
        seed=settings.seed,
    )


def sweep_points(settings: VaeSettings) -> list[Variant]:
    """Return every point of the sweep once, each with the first seed.

    Each point differs from the study's own model in one thing: the KL weight, the number of
    latents, the reconstruction term or the architecture.
    """
    centre = replace(
        own_model(settings),
        epochs=settings.sweep_epochs,
        n_train=settings.sweep_images or settings.n_train,
    )
    points = [replace(centre, kl_weight=weight) for weight in settings.sweep_kl_weights]
    points += [replace(centre, latent_dim=dim) for dim in settings.sweep_latent_dims]
    points += [replace(centre, term=term) for term in settings.sweep_terms]
    points += [replace(centre, architecture=name) for name in settings.sweep_architectures]
    return list(dict.fromkeys(points))


def seeds_of(point: Variant, n_seeds: int) -> list[Variant]:
    """Return the point's trainings: the same but for the seed."""
    return [replace(point, seed=point.seed + number) for number in range(n_seeds)]
