"""Kill real runs at random moments and see what they leave: `python -m tests.support.killed_runs`.

The libraries are imported once; every run is then a fork of this process in which the command line
does all that `python -m precompute run` does. It prints a JSON line of counts for each study, or
says which promise was broken and exits 1.
"""

import json
import os
import signal
import sys
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import store.file.shards
from precompute import __main__ as command_line
from precompute import report
from precompute.clip import job as _clip  # noqa: F401  imported before the fork, not in each run
from precompute.settings import STUDIES
from precompute.vae import job as _vae  # noqa: F401
from precompute.vit import job as _vit  # noqa: F401
from store.verify import verify

PROFILE = Path(__file__).parents[1] / "regression" / "tiny.toml"
SMALLER = {  # fewer images than the goldens have, cut into more shards
    "vit": ("n_images=12", "shard_images=2", "n_bootstrap=20"),
    "vae": ("n_train=300", "n_test=100", "n_bootstrap=20"),
    "clip": ("n_images=120", "shard_images=20", "n_bootstrap=20"),
}
LATEST = 1.1  # kills fall up to this multiple of a whole run's time


@dataclass
class Kills:
    """One study's report, run and killed again and again."""

    study: str
    root: Path
    rng: np.random.Generator
    seconds: float = 0.0  # of an uninterrupted run
    content_hash: str = ""
    n_shards: int = 0
    counts: Counter = field(default_factory=Counter)

    @property
    def store(self) -> Path:
        return self.root / f"run-{PROFILE.stem}" / f"{self.study}.h5"

    @property
    def log(self) -> Path:
        return self.root / "shards.log"

    def start(self, again: bool) -> int:
        """Fork a run; return its process."""
        process = os.fork()
        if process:
            return process
        self._run(again)
        raise AssertionError("a forked run never returns")

    def _run(self, again: bool) -> None:
        code = 70
        try:
            output = os.open(self.root / "output.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(output, 1)
            os.dup2(output, 2)
            report.REPORTS = self.root
            _note_finished_shards(self.log)
            arguments = ["run", "--profile", str(PROFILE), "--only", self.study, "--device", "cpu"]
            for setting in SMALLER[self.study]:
                arguments += ["--set", f"{self.study}.{setting}"]
            arguments += ["--again"] if again else []
            code = command_line.app(arguments, standalone_mode=False)
        finally:
            os._exit(int(code or 0))

    def uninterrupted(self) -> None:
        """Make the reference, twice: the first run also fills caches that later ones find."""
        for again in (False, True):
            self.log.unlink(missing_ok=True)
            started = time.monotonic()
            self._expect(os.waitpid(self.start(again), 0)[1] == 0, "an uninterrupted run failed")
            self.seconds = time.monotonic() - started
        self.content_hash = verify(self.store, self.study).content_hash
        self.n_shards = len(self._finished_shards())

    def cycle(self, n_kills: int) -> None:
        """Kill runs of one report until one gets through, or n_kills is reached."""
        replaces = bool(self.counts["cycles"] % 2)  # every other time a published store is there
        if not replaces:
            self.store.unlink(missing_ok=True)
        self.log.unlink(missing_ok=True)
        killed_here, before = 0, self._generation()
        while self.counts["kills"] < n_kills:
            process = self.start(again=replaces)
            time.sleep(self.rng.uniform(0, LATEST * self.seconds))
            os.kill(process, signal.SIGKILL)
            _, status = os.waitpid(process, 0)
            self._check_published(replaces)
            if not os.WIFSIGNALED(status):
                self._expect(status == 0, "a resumed run failed")
                break
            self.counts["kills"] += 1
            killed_here += 1
            if self._generation() != before:
                break  # killed after it had published
        else:
            self._expect(os.waitpid(self.start(replaces), 0)[1] == 0, "a resumed run failed")
        self._check_published(must_exist=True)
        finished = self._finished_shards()
        self._expect(
            len(finished) <= self.n_shards + killed_here,
            f"{len(finished)} shards for {self.n_shards} and {killed_here} kills",
        )
        self.counts["cycles"] += 1
        self.counts["shards redone"] += len(finished) - len(set(finished))

    def _generation(self) -> int | None:
        """Which file is published: another one after every run."""
        return self.store.stat().st_ino if self.store.exists() else None

    def _check_published(self, must_exist: bool) -> None:
        if not self.store.exists():
            self._expect(not must_exist, "the published store is gone")
            return
        content_hash = verify(self.store, self.study).content_hash
        self._expect(content_hash == self.content_hash, "the published store holds something else")

    def _finished_shards(self) -> list[str]:
        return self.log.read_text().split() if self.log.exists() else []

    def _expect(self, holds: bool, broken: str) -> None:
        if not holds:
            output = (self.root / "output.log").read_text(errors="replace")
            raise SystemExit(f"{self.study}, {dict(self.counts)}: {broken}\n{output}")


def _note_finished_shards(log: Path) -> None:
    """Write down the name of every shard just before it is put in place."""
    put_in_place = store.file.shards.replace_file

    def noting(path: Path, *rest: object) -> None:
        with log.open("a") as file:
            file.write(f"{path.name}\n")
        put_in_place(path, *rest)

    store.file.shards.replace_file = noting


def compile_umap() -> None:
    """Compile UMAP before the forks: it takes longer than all the rest of a small run."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Tensorflow not installed", ImportWarning)
        from umap import UMAP
    points = np.random.default_rng(0).normal(size=(60, 8))
    UMAP(metric="cosine", init="pca", random_state=0, n_jobs=1).fit(points)


def main(root: str, n_kills: str) -> None:
    compile_umap()
    for seed, study in enumerate(STUDIES):
        wanted = -(-int(n_kills) // len(STUDIES))
        kills = Kills(study, Path(root) / study, np.random.default_rng(seed))
        kills.root.mkdir(parents=True)
        kills.uninterrupted()
        while kills.counts["kills"] < wanted:
            kills.cycle(wanted)
        run = {"seconds of a run": round(kills.seconds, 2), "shards": kills.n_shards}
        sys.stdout.write(json.dumps({"study": study, **kills.counts, **run}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
