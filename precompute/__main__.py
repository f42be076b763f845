"""The command line: `python -m precompute run | resummarise | check | loss | stage | train`."""

import importlib
import os
import shlex
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from precompute.cli.progress import Advance, bar, console, one_line_errors
from precompute.errors import InputError
from precompute.settings import Options, choose_profile, choose_studies

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Probe a ViT, a VAE and CLIP, and write what was found into verified HDF5 stores.",
    epilog="Start with `python -m precompute run`, then `streamlit run dashboard/Home.py`.",
)
TRAINED = ("vit", "clip")  # studies whose embedded checkpoint has a recipe here
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
MirrorOption = Annotated[
    list[str] | None,
    typer.Option(
        "--mirror",
        envvar="THREE_LENSES_MIRROR",
        help="URL that has a data set's archive, or of a folder, which ends with /; tried first. "
        "May be repeated.",
    ),
]
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
CommittedOption = Annotated[
    bool, typer.Option("--committed", help="Allow a report that git keeps.")
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
    mirror: MirrorOption = None,
    engine: EngineOption = "local",
    again: Annotated[bool, typer.Option("--again", help="Make finished stores again.")] = False,
    committed: CommittedOption = False,
) -> None:
    """Run the studies and publish one verified store each.

    A finished store is left alone; an interrupted run goes on where it stopped.
    """
    from precompute import report
    from precompute.compute.shards import use_executor
    from precompute.compute.workers import choose_device, choose_workers
    from precompute.job import JobContext
    from precompute.preflight import assets
    from precompute.preflight.places import read_mirrors
    from precompute.publishing import command_line

    with one_line_errors():
        torch_device = choose_device(device)
        options = Options(images, vit, clip, embeddings)
        chosen = choose_profile(profile, torch_device.type, options, set_)
        studies = assets.leave_out_unfit(chosen, choose_studies(only), images, only)
        folder = report.report_folder(name or f"run-{chosen.name}", committed)
        needed = assets.list_assets(chosen, studies, data)
        assets.refuse_missing(assets.fetch_missing(needed, read_mirrors(mirror)))
        started = time.monotonic()
        with report.only_run(folder), use_executor(choose_workers(engine, device)):
            for study in studies:
                typed = command_line(profile or chosen.name, str(torch_device))
                context = JobContext(folder, chosen.name, typed, torch_device, data.absolute())
                report.run_study(study, chosen, context, again)
        console.print(report.claims_table(folder))
        console.print(f"{report.display(folder)}: done in {time.monotonic() - started:.0f} s")
        console.print("Next: make dashboard", f"(choose the report {folder.name!r} there)")


@app.command()
def resummarise(
    name: Annotated[str, typer.Argument(help="Report folder under store/data.")],
    committed: CommittedOption = False,
) -> None:
    """Make summaries, claims and words of a report again from what its run measured.

    No model runs and no image is read, so a changed sentence or rule costs seconds. Of the VAE
    study claims and words alone are made again: its summaries need the trained models. A report
    whose run kept no measurement, such as one that was copied here, has to be run again.
    """
    from precompute import report

    with one_line_errors():
        folder = report.report_folder(name, committed)
        report.resummarise(folder)
        console.print(report.claims_table(folder))


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
    mirror: MirrorOption = None,
    name: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Say what a run would need, whether it is here, and how to stage what is not."""
    from precompute import report
    from precompute.compute.workers import choose_device
    from precompute.job import JobContext
    from precompute.preflight.assets import leave_out_unfit, list_assets, refuse_missing
    from precompute.preflight.places import read_mirrors
    from precompute.preflight.runtime import estimates
    from precompute.publishing import device_name

    with one_line_errors():
        folder = report.report_folder(name or "run", committed=True)
        torch_device = choose_device(device)
        options = Options(images, vit, clip, embeddings)
        chosen = choose_profile(profile, torch_device.type, options, set_)
        studies = leave_out_unfit(chosen, choose_studies(only), images, only)
        assets = list_assets(chosen, studies, data)
        mirrors = read_mirrors(mirror)
        for asset in assets:
            mark = "[green]here   [/green]" if asset.present else "[red]missing[/red]"
            console.print(f"{mark} {asset.study:5} {escape(asset.name)}")
            for places in asset.places(mirrors):
                console.print(f"        {escape(places)}", highlight=False)
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
        console.print(f"Everything is here. Next: {escape(_next_command())}", highlight=False)


def _next_command() -> str:
    """Return the run that a check was for, with all that was typed."""
    words = sys.argv[2:]
    if not words:
        return "make precompute"
    return shlex.join([".venv/bin/python", "-m", "precompute", "run", *words])


@app.command()
def loss(
    line: Annotated[
        str, typer.Argument(help="Reductions over pixels and latents, and β: 'mean mean beta=1'.")
    ],
    latents: Annotated[int, typer.Option(min=1, help="Latents of the VAE.")] = 20,
    pixels: Annotated[int, typer.Option(min=1, help="Pixels of an image.")] = 784,
) -> None:
    """Say what a VAE's loss line means: the KL's true weight, and how many latents it leaves.

    It reads Fashion-MNIST's variances, runs no model and takes less than a second.
    """
    from precompute.vae.collapse.loss_line import explain, read_line

    with one_line_errors():
        for sentence in explain(read_line(line), pixels, latents):
            console.print(sentence, highlight=False)


@app.command()
def stage(
    folder: Annotated[Path, typer.Argument(help="Folder to fill, and then to copy.")],
    profile: Annotated[str, typer.Option(help="embedded, full, or a TOML file.")] = "full",
    only: OnlyOption = "",
    images: ImagesOption = "",
    vit: VitOption = "",
    clip: ClipOption = "",
    set_: SetOption = None,
    mirror: MirrorOption = None,
) -> None:
    """Download all that a run needs into a folder for a machine without network; check it there.

    On the machine with network it fills the folder and writes SHA256SUMS. On the other machine
    the same command finds everything there and compares the digests. An archive of a data set
    comes from the first of its places that gives it whole; `check` names them. The same command
    goes on from what an interrupted download left.
    """
    from precompute.preflight import assets
    from precompute.preflight.places import read_mirrors

    with one_line_errors():
        mirrors = read_mirrors(mirror)
        chosen = choose_profile(profile, "", Options(images, vit, clip), set_)
        n_checked = assets.check_sums(folder)
        home, data = folder / "hf", folder / "data"
        needed = assets.list_assets(chosen, choose_studies(only), data, home / "hub")
        assets.refuse_missing(assets.fetch_missing(needed, mirrors))
        assets.refuse_damaged_blobs(home / "hub")
        n_files = assets.write_sums(folder)
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
    from precompute.compute.workers import choose_device

    with one_line_errors():
        if model not in TRAINED:
            raise InputError(f"model {model!r}: train {' or '.join(map(repr, TRAINED))}.")
        torch_device = choose_device(device)
        recipes = importlib.import_module(f"precompute.checkpoints.train_{model}")
        target = out or Path(__file__).parent / "embedded" / model
        with ExitStack() as stack:
            begun: list[Advance] = []  # the bar, which learns its length from the first step

            def show(_: int, total: int, note: str) -> None:
                if not begun:
                    label = f"training the {model} checkpoint"
                    begun.append(stack.enter_context(bar(label, total, "steps")))
                begun[0](1, note)

            summary = recipes.train(recipes.Recipe(), target, torch_device, show)
        console.print(
            f"{target}: test accuracy {summary.accuracy:.4f} after {summary.seconds:.0f} s"
        )


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # it warns after a fork
    app()
