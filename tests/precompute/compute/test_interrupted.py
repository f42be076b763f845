"""Runs that are killed, or that the machine refuses to serve: the published report stays whole."""

import errno
import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from precompute import report
from precompute.__main__ import app
from tests.support.killed_runs import PROFILE, SMALLER
from tests.support.stand_ins import Machine

ROOT = Path(__file__).resolve().parents[3]
N_KILLS = 200 if os.environ.get("THREE_LENSES_LONG") else 9


@pytest.mark.endurance
@pytest.mark.timeout(3600)
def test_a_run_killed_at_any_moment_is_whole_and_goes_on(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.support.killed_runs", tmp_path, str(N_KILLS)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_THREADING_LAYER": "workqueue"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    counts = [json.loads(line) for line in done.stdout.splitlines()]
    assert [count["study"] for count in counts] == ["vit", "vae", "clip"]
    assert sum(count["kills"] for count in counts) >= N_KILLS
    print(done.stdout)  # noqa: T201  shown by `pytest -s` and when a later assertion fails


SIZES = [part for size in SMALLER["vae"] for part in ("--set", f"vae.{size}")]
VAE_RUN = ["run", "--profile", str(PROFILE), "--only", "vae", "--device", "cpu", *SIZES]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder of reports with a finished one: read it, do not change it."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "REPORTS", folder)
        first = CliRunner().invoke(app, VAE_RUN)
    assert first.exit_code == 0, first.output
    return folder


@pytest.fixture
def rerun(finished, tmp_path, monkeypatch):
    """Return a function that runs the VAE study again over a finished report, and the report."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(report, "REPORTS", tmp_path)
    return lambda: CliRunner().invoke(app, [*VAE_RUN, "--again"]), tmp_path / "run-tiny"


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*") if path.is_file()}


def one_line(result, says):
    """The last line, unwrapped, says so; the exit code is that of refused input."""
    assert result.exit_code == 2, result.output
    assert says in " ".join(result.output.split())
    assert "Traceback" not in result.output


def test_a_full_disk_is_one_clear_line(rerun, monkeypatch):
    run, folder = rerun
    before = contents(folder)

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("store.file.atomic.os.fsync", full)
    one_line(run(), "it cannot be written (No space left on device). Free space or choose")
    assert contents(folder) == before


def test_a_read_only_folder_is_one_clear_line(rerun, unprivileged):
    run, folder = rerun
    before = contents(folder)
    (folder / ".shards" / "lock").unlink()
    (folder / ".shards").chmod(0o555)
    folder.chmod(0o555)
    try:
        with unprivileged():
            one_line(run(), "cannot be written (Permission denied). Choose another NAME or mend")
    finally:
        folder.chmod(0o755)
    assert contents(folder) == before


def test_a_second_run_on_the_same_report_is_one_clear_line(rerun):
    run, folder = rerun
    before = contents(folder)
    with (folder / ".shards" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        one_line(run(), "another run is writing this report. Wait, or choose another NAME.")
    assert contents(folder) == before


def test_a_disk_that_refuses_large_files_ends_a_real_run_in_one_line(tmp_path):
    machine = Machine(tmp_path)
    arguments = ("run", "--profile", str(PROFILE.relative_to(ROOT)), "--only", "vit")
    refused = machine.precompute(*arguments, with_data=False, largest_file_bytes=20_000)
    assert refused.code == 2, refused.output
    assert "it cannot be written (File too large)" in refused.output
    assert "Traceback" not in refused.output
    assert not list(machine.reports.rglob("*.h5"))
