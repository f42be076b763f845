"""What a bar says of a run that was taken up again, and one line says of one that failed."""

import pytest
import typer
from rich.console import Console

from precompute.cli import progress
from precompute.compute.shards import compute, split_rows
from precompute.errors import JobFailed


class Clock:
    """Time that passes when it is told to."""

    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    return made


def test_what_an_earlier_run_left_says_nothing_of_the_speed(clock, capsys):
    with progress.bar("training", 10, "epochs") as advance:
        advance(8, restored=True)
        clock.now += 30
        advance(1)
    assert capsys.readouterr().err == "  training: 9/10 epochs, 30 s, about 30 s left\n"


def test_without_a_unit_of_its_own_a_run_promises_nothing(clock, capsys):
    with progress.bar("training", 10, "epochs") as advance:
        clock.now += 30
        advance(8, restored=True)
    assert capsys.readouterr().err == "  training: 8/10 epochs, 30 s\n"


def test_a_terminals_bar_starts_its_clock_after_them(monkeypatch):
    monkeypatch.setattr(progress, "console", Console(force_terminal=True, quiet=True))
    made = []

    class Watched(progress.Progress):
        def __init__(self, *columns, **options):
            super().__init__(*columns, **options)
            made.append(self)

    monkeypatch.setattr(progress, "Progress", Watched)
    with progress.bar("training", 10, "epochs") as advance:
        advance(8, restored=True)
        (task,) = made[0].tasks
        assert (task.completed, task.speed) == (8, None)
        advance(1)
        assert task.completed == 9


def test_shards_that_are_read_back_are_restored(tmp_path, monkeypatch):
    moves = []

    class Bar:
        def __enter__(self):
            return lambda n=1, note="", restored=False: moves.append((n, restored))

        def __exit__(self, *exception):
            return None

    monkeypatch.setattr(progress, "bar", lambda *arguments: Bar())
    shards = split_rows("step", 4, 2)
    for wanted in (shards[:1], shards):
        compute(wanted, lambda shard: {"row": list(shard.rows)}, tmp_path, "key", "step")
    assert moves == [(2, False), (2, True), (2, False)]


def test_a_failed_job_speaks_of_its_own_study_alone(capsys):
    with pytest.raises(typer.Exit), progress.one_line_errors():
        raise JobFailed("vae: it failed.")
    line = " ".join(capsys.readouterr().err.split())
    assert line == "vae: it failed. Nothing of this study was published."
