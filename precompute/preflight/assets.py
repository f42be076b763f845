"""What a run needs from outside: what is here, how to stage the rest, which studies it serves."""

import hashlib
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse

from rich.markup import escape

from precompute.cli.progress import bar, console
from precompute.data.archives import Archive
from precompute.data.filesystem import is_there, sha256_of
from precompute.data.registry import DATA_SETS, data_set
from precompute.errors import InputError
from precompute.preflight.download import stage_set
from precompute.preflight.places import places_of, without_query
from precompute.preflight.unpack import MEGABYTE
from precompute.settings import STUDIES, Profile
from precompute.study import preflight_of

SUMS = "SHA256SUMS"  # in sha256sum's own format, so that `sha256sum -c` reads it too
SHA256_DIGITS = 64  # a blob of the hub's cache is named by its digest: sha256 for large files,
GIT_DIGITS = 40  # and git's own for small ones
CONNECT_SECONDS = 3.0  # to find out whether a host can be reached at all
# Download sizes in megabytes, for the models that a profile or the README names.
KNOWN_MEGABYTES = {
    "google/vit-base-patch16-224": 346,
    "ViT-B-32-quickgelu/openai": 605,
    "ViT-L-14-quickgelu/openai": 1710,
}


@dataclass(frozen=True)
class Asset:
    """A model or a set of images that a study needs."""

    study: str
    name: str
    present: bool
    stage: str  # the command that brings it, on a machine with network
    # Handed the user's own mirrors; None: only the user can bring it.
    fetch: Callable[[tuple[str, ...]], object] | None = None
    host: str = ""  # where a model would come from
    archives: tuple[Archive, ...] = ()  # what a data set would come as, and from where

    @property
    def size(self) -> str:
        """Size of the download in words."""
        n_bytes = sum(archive.n_bytes for archive in self.archives)
        megabytes = n_bytes // MEGABYTE or KNOWN_MEGABYTES.get(self.name)
        return f"about {megabytes} MB" if megabytes else "size unknown"

    def places(self, mirrors: tuple[str, ...]) -> list[str]:
        """Say where each archive of a data set is looked for, in order; mirrors: the user's own."""
        return [
            f"{archive.name}: " + ", then ".join(map(without_query, places_of(archive, mirrors)))
            for archive in self.archives
        ]


def list_assets(
    profile: Profile, studies: tuple[str, ...], data: Path, hub: Path | None = None
) -> list[Asset]:
    """Return what the studies need, here or not. Reads no model and opens no connection.

    hub: the hub's cache, where it is another than HF_HOME names.
    """
    return [
        asset
        for study in studies
        for asset in preflight_of(study).assets(profile.study(study), data, hub)
    ]


def fetch_missing(assets: list[Asset], mirrors: tuple[str, ...] = ()) -> list[tuple[Asset, str]]:
    """Download what is missing and can be reached; return what is still missing, and why.

    mirrors: the user's own places of data sets, tried before the published ones.
    """
    refused: list[tuple[Asset, str]] = []
    for asset in assets:
        if asset.present:
            continue
        if asset.fetch is None:
            refused.append((asset, "not found"))
        elif os.environ.get("HF_HUB_OFFLINE") == "1":
            refused.append((asset, "not here, and cannot be reached while HF_HUB_OFFLINE=1"))
        elif asset.host and not _reachable(asset.host):
            refused.append((asset, f"not in the cache, and {asset.host} cannot be reached"))
        else:
            try:
                asset.fetch(mirrors)
            except InputError as error:  # in our own words
                refused.append((asset, str(error)))
            except Exception as error:  # a download can fail in any way; the run must not start
                reason = str(error) or type(error).__name__
                refused.append((asset, f"download failed: {reason.splitlines()[0]}"))
    return refused


def refuse_missing(missing: list[tuple[Asset, str]]) -> None:
    """List every missing asset with its size and how to stage it, and stop."""
    if not missing:
        return
    for asset, why in missing:
        console.print(
            f"[red]missing[/red] {asset.study}: {escape(asset.name)} ({asset.size}): {escape(why)}"
        )
        console.print(f"        on a machine with network: {escape(asset.stage)}", highlight=False)
    raise InputError(
        f"{len(missing)} of the run's inputs are missing. Stage them as above, or choose "
        f"PROFILE=embedded, which needs nothing."
    )


def leave_out_unfit(
    profile: Profile, studies: tuple[str, ...], images: str, only: str
) -> tuple[str, ...]:
    """Leave out what makes no sense for the user's pictures, and say so; --only is obeyed."""
    if not images or only or data_set(images).of_studies:
        return studies
    fit = []
    for study in STUDIES:
        preflight, settings = preflight_of(study), profile.study(study)
        unfit = preflight.unfit(settings) if study in studies else ""
        if unfit:
            console.print(f"[bold]{study}[/bold]: left out: {escape(unfit)}.", highlight=False)
        elif study in studies:
            fit.append(study)
    for study in STUDIES:
        if warning := preflight_of(study).warning(profile.study(study)):
            console.print(warning, style="yellow", highlight=False)
    return tuple(fit)


def images_asset(study: str, source: str, data: Path) -> Asset:
    """Return the images that a study reads: a named set, or the user's own."""
    if source not in DATA_SETS:
        fix = "give a folder, .tar files or a URL that exist"
        return Asset(study, source, is_there(source), fix)
    chosen = DATA_SETS[source]
    if chosen.lies_in:
        return Asset(study, f"{source} (in {chosen.lies_in})", True, "")
    folder = data / chosen.unpacked_in
    marker = (data / chosen.staged_file).relative_to(folder)
    return Asset(
        study,
        source,
        (folder / marker).is_file(),
        f"python -m precompute stage STAGED --only {study} --set {study}.images={source}; "
        f"then copy STAGED and add --data STAGED/data",
        lambda mirrors: stage_set(chosen.archives, folder, str(marker), mirrors),
        archives=chosen.archives,
    )


def hub_asset(study: str, name: str, repository: str, marker: str, hub: Path | None) -> Asset:
    """Return a model of the hub; marker: the file whose presence in the cache shows it is there."""
    from huggingface_hub import constants, snapshot_download, try_to_load_from_cache

    stage = f"hf download {repository}; then copy that cache folder and set HF_HOME to it"
    return Asset(
        study,
        name,
        isinstance(try_to_load_from_cache(repository, marker, cache_dir=hub), str),
        stage,
        lambda _: snapshot_download(  # resumes, in the hub's own cache
            repository, cache_dir=hub, allow_patterns=["*.json", "*.safetensors", "*.txt"]
        ),
        urlparse(constants.ENDPOINT).hostname or "",
    )


def is_folder(model: str) -> bool:
    """Tell whether a model is named by its folder."""
    return Path(model).expanduser().is_dir() or model.startswith(("/", ".", "~"))


def _reachable(host: str) -> bool:
    """Tell whether a connection to the host opens; a proxy in the environment counts as one."""
    if os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy"):
        return True
    try:
        with socket.create_connection((host, 443), timeout=CONNECT_SECONDS):
            return True
    except OSError:
        return False


def write_sums(folder: Path) -> int:
    """Write the digest of every file and return how many; a link counts where it ends.

    Raises InputError where the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Every plain file but the sums; a link into the hub's blobs is its blob.
        every = (file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
        files = sorted(file for file in every if file != folder / SUMS)
        lines = []
        with bar("digests", len(files), "files") as advance:
            for file in files:
                lines.append(f"{sha256_of(file)}  {file.relative_to(folder)}\n")
                advance()
        (folder / SUMS).write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be written ({error.strerror}). Choose another folder."
        ) from None
    return len(files)


def check_sums(folder: Path) -> int:
    """Compare every file that SHA256SUMS names; return how many there are, 0 without the file.

    Raises InputError naming the first file that is not what it was.
    """
    sums = folder / SUMS
    lines = sums.read_text(encoding="utf-8").splitlines() if sums.is_file() else []
    for line in lines:
        digest, _, name = line.partition("  ")
        file = folder / name
        if not file.resolve().is_relative_to(folder.resolve()):
            raise InputError(f"{sums}: {name!r} lies outside the folder. Stage it again.")
        if not file.is_file() or sha256_of(file) != digest:
            fact = "does not match its sha256" if file.is_file() else "is missing"
            raise InputError(f"{file}: {fact}. Copy it again, or delete it and stage again.")
    return len(lines)


def refuse_damaged_blobs(hub: Path) -> None:
    """Compare every blob of the hub's cache with the digest that the hub gave it as a name."""
    for blob in hub.glob("*/blobs/*"):
        if len(blob.name) == SHA256_DIGITS:
            actual = sha256_of(blob)
        elif len(blob.name) == GIT_DIGITS:
            actual = hashlib.sha1(
                f"blob {blob.stat().st_size}\0".encode() + blob.read_bytes()
            ).hexdigest()
        else:
            continue  # an unfinished download, which nothing links to
        if actual != blob.name:
            raise InputError(f"{blob}: its content is not what the hub has. Delete it and go on.")
