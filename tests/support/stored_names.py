"""All names that the studies store, for tests of who spells them."""

from store.schema.clip import names as clip
from store.schema.vae import names as vae
from store.schema.vit import names as vit


def all_names() -> set[str]:
    """Return every name that a constant or a tuple of constants of the three studies holds."""
    values = [value for study in (clip, vae, vit) for value in vars(study).values()]
    tuples = [name for value in values if isinstance(value, tuple) for name in value]
    return {name for name in (*values, *tuples) if isinstance(name, str)} - _of_the_modules()


def _of_the_modules() -> set[str]:
    """Return what Python itself puts into a module: its name, its file, its docstring."""
    return {
        value
        for study in (clip, vae, vit)
        for key, value in vars(study).items()
        if key.startswith("__") and isinstance(value, str)
    }
