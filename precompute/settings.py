"""The profiles that give every study its settings.

A profile is one TOML file with a table per study. A key that no study knows, a value of the wrong
type and a value out of range are refused with one line that says what to write instead. What a
setting means and what must fit together stands in each study's own `settings`.
"""

import importlib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, get_args, get_origin

from rich.markup import escape

from precompute.cli.progress import console
from precompute.errors import InputError, SettingsError, refuse_unknown

PROFILES = Path(__file__).parent / "profiles"
STUDIES = ("vit", "vae", "clip")  # in a report's order; each is a folder with `settings` and `job`
LARGEST_SEED = 2**32 - 1  # that NumPy's older generators take, which UMAP draws from


@dataclass(frozen=True)
class Options:
    """What the command line says of images and models; empty where it says nothing."""

    images: str = ""
    vit: str = ""
    clip: str = ""
    embeddings: str = ""


@dataclass(frozen=True)
class Profile:
    """A name and the settings of each study."""

    name: str
    studies: Mapping[str, Any]  # study -> its Settings

    def study(self, name: str) -> Any:
        """Return the settings of one study by its name."""
        return self.studies[name]

    def override(self, study: str, **values: Any) -> "Profile":
        """Return a copy with some settings of one study replaced, checked as a file's are."""
        table = {**asdict(self.study(study)), **values}
        checked = read_settings(study, table, f"--set {study}")
        return replace(self, studies={**self.studies, study: checked})


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
    refuse_unknown(tables, STUDIES, f"{path.name}: no study")
    studies = {study: read_settings(study, tables.get(study, {}), path.name) for study in STUDIES}
    return Profile(path.stem, studies)


def settings_class(study: str) -> type:
    """Return the frozen dataclass of a study's settings."""
    return importlib.import_module(f"precompute.{study}.settings").Settings


def read_settings(study: str, table: Mapping[str, Any], file: str) -> Any:
    """Turn one table into the study's frozen dataclass, checking names, types and ranges.

    file: where the table stands, for the message. Raises SettingsError.
    """
    cls, where = settings_class(study), f"{file}: [{study}]"
    known = {field.name: field.type for field in fields(cls)}
    refuse_unknown(table, tuple(known), f"{where} has no setting")
    missing = [name for name in known if name not in table]
    if missing:
        raise SettingsError(f"{where} lacks {missing[0]!r}. Add a line '{missing[0]} = …'.")
    settings = cls(
        **{
            name: _checked(table[name], wanted, f"{where} {name}", cls)
            for name, wanted in known.items()
        }
    )
    if settings.seed > LARGEST_SEED:
        raise SettingsError(f"{where} seed is {settings.seed}, expected at most {LARGEST_SEED}.")
    settings.check(where)
    return settings


def _checked(value: Any, wanted: Any, where: str, cls: Any) -> Any:
    """Return the value in its declared type, or refuse it; cls: the study's settings."""
    name = where.rsplit(" ", 1)[-1]
    if get_origin(wanted) is tuple:
        if not isinstance(value, (list, tuple)) or (not value and name not in cls.MAY_BE_EMPTY):
            raise SettingsError(f"{where} is {value!r}, expected a list with at least one entry.")
        inner = get_args(wanted)[0]
        return tuple(_checked(entry, inner, where, cls) for entry in value)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise SettingsError(f"{where} is {value!r}, expected {wanted.__name__}.")
    if wanted is float and not math.isfinite(value):
        raise SettingsError(f"{where} is {value!r}, expected a finite number.")
    if wanted in (int, float) and (value < 0 or (value == 0 and name not in cls.MAY_BE_ZERO)):
        raise SettingsError(f"{where} is {value!r}, expected a positive number.")
    return value


def choose_profile(name: str, device: str, options: Options, values: list[str] | None) -> Profile:
    """Load the profile, say why it was chosen, and apply what the command line changes."""
    if name:
        console.print(f"Profile {escape(name)}: asked for.", highlight=False)
    elif device == "cuda":
        name = "full"
        console.print("Profile full: there is a CUDA device. For the other: PROFILE=embedded")
    else:
        name = "embedded"
        console.print("Profile embedded: there is no CUDA device. For the other: PROFILE=full")
    profile = load_profile(name)
    for study in STUDIES:
        if chosen := settings_class(study).chosen(options):
            profile = profile.override(study, **chosen)
    wanted: dict[str, dict[str, Any]] = {}
    for study, setting, value in map(_read_setting, values or []):
        wanted.setdefault(study, {})[setting] = value
    for study, table in wanted.items():  # together, as settings are checked against one another
        profile = profile.override(study, **table)
    return profile


def _read_setting(text: str) -> tuple[str, str, Any]:
    """Read one --set STUDY.KEY=VALUE; a value is TOML, and bare words are text."""
    key, equals, value = text.partition("=")
    study, dot, setting = key.partition(".")
    if not equals or not dot or study not in STUDIES:
        raise InputError(f"--set {text!r}: write STUDY.KEY=VALUE, such as vit.n_images=100.")
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value
    return study, setting, parsed


def choose_studies(only: str) -> tuple[str, ...]:
    """Return the studies asked for, in the report's order."""
    if not only:
        return STUDIES
    wanted = [part.strip() for part in only.split(",")]
    for study in wanted:
        if study not in STUDIES:
            raise InputError(f"--only {study!r}: no such study. Known: {', '.join(STUDIES)}.")
    return tuple(study for study in STUDIES if study in wanted)
