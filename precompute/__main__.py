"""The command line: `python -m precompute run | check | train`."""

import os
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from precompute.cli.command_line import command_line, next_command
from precompute.cli.exit import one_line_errors, refuse_missing
from precompute.cli.options import (
    choose_device,
    choose_profile,
    choose_studies,
    choose_workers,
    leave_out_unfit,
)
from precompute.cli.progress import Advance, bar, console
from precompute.errors import InputError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Probe a ViT, a VAE and CLIP, and write what was found into verified HDF5 stores.",
    epilog="Start with `python -m precompute run`, then `streamlit run dashboard/Home.py`.",
)
DATA = Path("data")  # where data sets are staged unless --data says otherwise

ProfileOption = Annotated[
    str,
    typer.Option(help="embedded, full, or a TOML file. Left out: full with CUDA, else embedded."),
]
NameOption = Annotated[
    str, typer.Option(help="Report folder under store/data. Default: run-PROFILE.")
]
OnlyOption = Annotated[str, typer.Option(help="Studies to run, such as 'vit' or 'vae,clip'.")]
DeviceOption = Annotated[
    str, typer.Option(help="cpu, cuda, cuda:1 … Left out: CUDA if there is one.")
]
DataOption = Annotated[Path, typer.Option(help="Folder where data sets are staged.")]
ImagesOption = Annotated[
    str, typer.Option(help="Your own pictures for the ViT and CLIP studies: a folder.")
]
VitOption = Annotated[str, typer.Option(help="ViT checkpoint: a hub id or a folder.")]
EngineOption = Annotated[
    str, typer.Option(help="local: every GPU of this machine. ray: a cluster, at RAY_ADDRESS.")
]
ClipOption = Annotated[
    str, typer.Option(help="open_clip model: MODEL/PRETRAINED or local-dir:FOLDER.")
]
EmbeddingsOption = Annotated[
    str,
    typer.Option(help="Embeddings made elsewhere for the CLIP study: an .npz or .parquet file."),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="One setting, such as --set vit.n_images=100. May be repeated."),
]


@app.command()
def run(
    profile: ProfileOption = "",
    name: NameOption = "",
    only: OnlyOption = "",
    device: DeviceOption = "",
    data: DataOption = DATA,
    images: ImagesOption = "",
    vit: VitOption = "",
    clip: ClipOption = "",
    embeddings: EmbeddingsOption = "",
    set_: SetOption = None,
    engine: EngineOption = "local",
    again: Annotated[bool, typer.Option("--again", help="Make finished stores again.")] = False,
    committed: Annotated[
        bool, typer.Option("--committed", help="Allow a report that git keeps.")
    ] = False,
) -> None:
    """Run the studies and publish one verified store each.

    A finished store is left alone; an interrupted run goes on where it stopped.
    """
    from precompute import report
    from precompute.compute.shards import computed_by
    from precompute.job import JobContext
    from precompute.preflight.assets import fetch_missing, list_assets

    with one_line_errors():
        torch_device = choose_device(device)
        chosen = choose_profile(profile, torch_device.type, images, vit, clip, embeddings, set_)
        studies = leave_out_unfit(chosen, choose_studies(only), images, only)
        folder = report.report_folder(name or f"run-{chosen.name}", committed)
        refuse_missing(fetch_missing(list_assets(chosen, studies, data)))
        started = time.monotonic()
        with report.only_run(folder), computed_by(choose_workers(engine, device)):
            for study in studies:
                typed = command_line(profile or chosen.name, str(torch_device))
                context = JobContext(folder, chosen.name, typed, torch_device, data.absolute())
                report.run_study(study, chosen, context, again)
        console.print(report.claims_table(folder))
        console.print(f"{report.display(folder)}: done in {time.monotonic() - started:.0f} s")
        console.print("Next: make dashboard", f"(choose the report {folder.name!r} there)")


@app.command()
def check(
    profile: ProfileOption = "",
    only: OnlyOption = "",
    device: DeviceOption = "",
    data: DataOption = DATA,
    images: ImagesOption = "",
    vit: VitOption = "",
    clip: ClipOption = "",
    embeddings: EmbeddingsOption = "",
    set_: SetOption = None,
    name: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Say what a run would need, whether it is here, and how to stage what is not."""
    from precompute import report
    from precompute.job import JobContext, device_name
    from precompute.preflight.assets import list_assets
    from precompute.preflight.runtime import estimates

    with one_line_errors():
        folder = report.report_folder(name or "run", committed=True)
        torch_device = choose_device(device)
        chosen = choose_profile(profile, torch_device.type, images, vit, clip, embeddings, set_)
        studies = leave_out_unfit(chosen, choose_studies(only), images, only)
        assets = list_assets(chosen, studies, data)
        for asset in assets:
            mark = "[green]here   [/green]" if asset.present else "[red]missing[/red]"
            console.print(f"{mark} {asset.study:5} {escape(asset.name)}")
        refuse_missing([(asset, "not here") for asset in assets if not asset.present])
        context = JobContext(folder, chosen.name, "", torch_device, data.absolute())
        n_images = {}
        for study in studies:
            inputs = report.inspect(study, chosen, context)
            report.announce(study, inputs)
            n_images[study] = len(inputs.images)
        console.print(f"On {device_name(torch_device)}, from a few timed batches of each model:")
        for line in estimates(chosen, n_images, data, torch_device):
            console.print(f"  {escape(line)}", highlight=False)
        console.print(f"Everything is here. Next: {escape(next_command())}", highlight=False)


@app.command()
def stage(
    folder: Annotated[Path, typer.Argument(help="Folder to fill, and then to copy.")],
    profile: Annotated[str, typer.Option(help="embedded, full, or a TOML file.")] = "full",
    only: OnlyOption = "",
    images: ImagesOption = "",
    vit: VitOption = "",
    clip: ClipOption = "",
    set_: SetOption = None,
) -> None:
    """Download all that a run needs into a folder for a machine without network; check it there.

    On the machine with network it fills the folder and writes SHA256SUMS. On the other machine
    the same command finds everything there and compares the digests.
    """
    from precompute.preflight.assets import fetch_missing, list_assets
    from precompute.preflight.staging import check_sums, refuse_damaged_blobs, write_sums

    with one_line_errors():
        chosen = choose_profile(profile, "", images, vit, clip, "", set_)
        n_checked = check_sums(folder)
        home, data = folder / "hf", folder / "data"
        assets = list_assets(chosen, choose_studies(only), data, home / "hub")
        refuse_missing(fetch_missing(assets))
        refuse_damaged_blobs(home / "hub")
        n_files = write_sums(folder)
        console.print(f"{folder}: {n_files} files, {n_checked} of them as SHA256SUMS has them.")
        console.print("Copy the folder, links kept (rsync -a), then on the other machine:")
        console.print(
            f"  HF_HOME={home} HF_HUB_OFFLINE=1 make precompute PROFILE={profile} DATA={data}",
            highlight=False,
        )


@app.command()
def train(
    model: Annotated[str, typer.Argument(help="vit or clip")],
    device: DeviceOption = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder to write. Default: the embedded one.")
    ] = None,
) -> None:
    """Train one of the two checkpoints in this repository again, with its fixed recipe."""
    with one_line_errors():
        if model not in ("vit", "clip"):
            raise InputError(f"model {model!r}: train 'vit' or 'clip'.")
        torch_device = choose_device(device)
        from precompute.checkpoints import train_clip, train_vit

        module, recipe = (
            (train_vit, train_vit.VitRecipe())
            if model == "vit"
            else (train_clip, train_clip.ClipRecipe())
        )
        target = out or Path(__file__).parent / "embedded" / model
        progress = StepBar(f"training the {model} checkpoint")
        with progress:
            summary = module.train(recipe, target, torch_device, progress)
        console.print(
            f"{target}: test accuracy {summary.accuracy:.4f} after {summary.seconds:.0f} s"
        )


class StepBar:
    """A progress bar that learns its length from the first step."""

    def __init__(self, label: str) -> None:
        """Label the bar; it appears with the first step."""
        self._label, self._stack, self._done = label, ExitStack(), 0
        self._advance: Advance | None = None

    def __enter__(self) -> "StepBar":
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def __call__(self, step: int, total: int, message: str) -> None:
        """Show that `step` of `total` steps are done."""
        if self._advance is None:
            self._advance = self._stack.enter_context(bar(self._label, total, "steps"))
        self._advance(step - self._done, message)
        self._done = step


if __name__ == "__main__":
    os.environ.setdefault(
        "TOKENIZERS_PARALLELISM", "false"
    )  # it warns after a fork, and is not needed
    app()
