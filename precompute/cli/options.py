"""What the command line's words mean: device, workers, profile, settings and studies."""

import tomllib
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from precompute.cli.progress import console
from precompute.errors import InputError
from precompute.settings import STUDIES, Profile, load_profile

if TYPE_CHECKING:  # slow to import, and --help should not wait
    import torch

    from precompute.compute.shards import Workers


def choose_device(name: str) -> "torch.device":
    """Return the device asked for, or CUDA where there is one."""
    import torch

    try:
        device = torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"device {name!r} cannot be used: {reason}. Try --device cpu.") from None
    return device


def choose_workers(engine: str, device: str) -> "Workers":
    """Return what computes shards: a cluster, every GPU here, or this process alone."""
    import torch

    from precompute.compute.workers import OneProcessPerDevice, ThisProcess

    if engine == "ray":
        from precompute.compute.ray import connect

        workers = connect()
        console.print(f"Engine ray: {workers.n_slots} shards at a time.", highlight=False)
        return workers
    if engine != "local":
        raise InputError(f"--engine {engine!r}: no such engine. Known: local, ray.")
    n_gpus = torch.cuda.device_count()
    if device or n_gpus < 2:
        return ThisProcess()
    console.print(f"Engine local: one process on each of {n_gpus} GPUs.", highlight=False)
    return OneProcessPerDevice([f"cuda:{number}" for number in range(n_gpus)])


def choose_profile(
    name: str,
    device: str,
    images: str,
    vit: str,
    clip: str,
    embeddings: str,
    values: list[str] | None,
) -> Profile:
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
    if images:  # the labels that a profile expects are those of its own pictures
        profile = profile.override("vit", images=images, expected_labels=())
        profile = profile.override("clip", images=images)
    if vit:
        profile = profile.override("vit", model=vit)
    if clip:
        whole = clip.startswith(("local-dir:", "hf-hub:"))
        model, _, tag = (clip, "", "") if whole else clip.partition("/")
        profile = profile.override("clip", model=model, pretrained=tag, seen_class_names=False)
    if embeddings:
        profile = profile.override("clip", embeddings=embeddings, seen_class_names=False)
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


def leave_out_unfit(
    profile: Profile, studies: tuple[str, ...], images: str, only: str
) -> tuple[str, ...]:
    """Leave out what makes no sense for the user's pictures, and say so; --only is obeyed."""
    from precompute.cli.fitting_studies import NAMED_SETS, choose_fitting, warn_of_vit

    if not images or images in NAMED_SETS or only:
        return studies
    unfit = choose_fitting(profile, studies)
    for study, reason in unfit.items():
        console.print(f"[bold]{study}[/bold]: left out: {escape(reason)}.", highlight=False)
    if warning := warn_of_vit(profile):
        console.print(warning, style="yellow", highlight=False)
    return tuple(study for study in studies if study not in unfit)
