"""The shared site: a clean checkout, the one file of packages its host picks, and its memory."""

import asyncio
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dashboard import navigation
from tests.support.serving import ROOT, resident_megabytes, serve
from tests.support.websocket_reader import session

MOST_MEGABYTES = 690
# Community Cloud looks beside the app's first file, then in the root; the first of these counts.
PICKED_FIRST = ("uv.lock", "Pipfile", "environment.yml", "requirements.txt")
HEAVY = ("torch", "transformers", "open_clip", "umap", "numba", "scipy", "sklearn")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A copy of what git holds and a Python with what the host would install, as (root, python)."""
    root = tmp_path_factory.mktemp("site")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
    picked = next(
        folder / name
        for folder in (root / "dashboard", root)
        for name in PICKED_FIRST
        if (folder / name).is_file()
    )
    python = root / "environment" / "bin" / "python"
    for command in (
        [sys.executable, "-m", "venv", python.parents[1]],
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", picked],
    ):
        subprocess.run(command, check=True, timeout=280)
    return root, python


@pytest.mark.timeout(600)
def test_every_page_runs_on_what_the_host_installs_within_its_memory(site):
    root, python = site
    with serve(root=root, python=str(python)) as server:
        asyncio.run(open_every_page(server.address))
        loaded = Path(f"/proc/{server.process.pid}/maps").read_text(encoding="utf-8")
        serving, staying = server.megabytes("VmHWM"), server.megabytes()
        exporting = peak_of_an_export(root, python)
    assert not [name for name in HEAVY if f"/{name}/" in loaded]
    sys.stdout.write(f"site: {serving:.0f} MB, with an export: {staying + exporting:.0f} MB\n")
    assert max(serving, staying + exporting) <= MOST_MEGABYTES


async def open_every_page(address):
    async with session(address) as reader:
        assert len(reader.pages) == len(navigation.PAGES)
        for page in reader.pages:
            await reader.open_page(page)
            await reader.choose()


def peak_of_an_export(root, python):
    """Return the most memory, in MB, of what makes the report that readers download."""
    command, most = [python, "-m", "dashboard.export", "--html-only"], 0.0
    with subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL) as export:
        while export.poll() is None:
            most = max(most, sum(map(resident_megabytes, family(export.pid))))
            time.sleep(0.02)
    assert export.returncode == 0
    assert (root / "build" / "export" / "embedded" / "report.html").is_file()
    return most


def family(pid):
    """Return a process and all that it started, and they in turn."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except FileNotFoundError:  # it ended meanwhile
        children = []
    return [pid, *(one for child in children for one in family(int(child)))]


@pytest.mark.parametrize("name", HEAVY)
def test_the_host_installs_no_model_library(site, name):
    done = subprocess.run([site[1], "-c", f"import {name}"], capture_output=True, check=False)
    assert done.returncode != 0
