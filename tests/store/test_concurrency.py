"""Many readers, a writer, and kills at any moment: nobody ever sees half a store.

`make endurance` runs 60 s of threads and 200 kills.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from store.reader import open_store
from store.schema.vae import latent_space, reconstructions
from store.verify import verify
from store.writer import publish
from tests.support.made_up_stores import make_contents

ROOT = Path(__file__).resolve().parents[2]
LONG = bool(os.environ.get("THREE_LENSES_LONG"))


REPLACER = """
import sys, time
from pathlib import Path
from store.file.atomic import replace_file
path, generations = Path(sys.argv[1]), [Path(p).read_bytes() for p in sys.argv[2:]]
print("ready", flush=True)
for i in range(100):
    replace_file(path, generations[i % 2], lambda _: None)
    time.sleep(0.01)
"""


def test_a_reader_survives_100_replacements(copy_of, tmp_path):
    path = copy_of("vae")
    contents = [make_contents("vae", seed) for seed in (0, 1)]
    files = [tmp_path / f"generation-{seed}.h5" for seed in (0, 1)]
    seeds = {publish(file, c): seed for file, c, seed in zip(files, contents, (0, 1), strict=True)}
    command = [sys.executable, "-c", REPLACER, str(path), *map(str, files)]
    seeds_read = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as replacer:
        assert replacer.stdout.readline() == "ready\n"
        while replacer.poll() is None:
            with open_store(path, "vae") as store:
                seed = seeds[store.content_hash]
                assert store.provenance.seed == seed
                for spec in (
                    latent_space.POSTERIOR_MEAN,
                    reconstructions.SAMPLE_PIXELS,
                    reconstructions.SQUARED_ERROR,
                ):
                    np.testing.assert_array_equal(store.read(spec), contents[seed].arrays[spec])
            seeds_read.append(seed)
    assert replacer.returncode == 0
    assert set(seeds_read) == {0, 1}


THREADS = """
import random, sys, threading, time
from pathlib import Path
import numpy as np
from store.reader import open_store
from store.schema import STUDIES
folder, seconds = Path(sys.argv[1]), float(sys.argv[2])
shared = {study: open_store(folder / f"{study}.h5", study) for study in STUDIES}
specs = [(study, spec) for study in STUDIES for spec in STUDIES[study].arrays]
expected = {(study, spec): shared[study].read(spec) for study, spec in specs}
end, counts, faults = time.monotonic() + seconds, [], []

def reads(seed):
    rng, n = random.Random(seed), 0
    while time.monotonic() < end and not faults:
        study, spec = rng.choice(specs)
        whole = expected[study, spec]
        index = (rng.randrange(len(whole)),) if whole.ndim and len(whole) else ()
        try:
            if rng.random() < 0.05:
                with open_store(folder / f"{study}.h5", study) as store:
                    values = store.read(spec, *index)
            else:
                values = shared[study].read(spec, *index)
            np.testing.assert_array_equal(values, whole[index])
        except BaseException as fault:
            faults.append(repr(fault))
        n += 1
    counts.append(n)

threads = [threading.Thread(target=reads, args=(seed,)) for seed in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(sum(counts), "reads", faults)
sys.exit(bool(faults))
"""


@pytest.mark.endurance
def test_16_threads_read_without_a_fault(report):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", THREADS, str(report), "60" if LONG else "3"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr  # a negative code is a crash
    assert int(done.stdout.split()[0]) > 100
    print(done.stdout)  # noqa: T201  `make endurance` shows it


PUBLISHER = """
import sys
from pathlib import Path
from store.writer import publish
from tests.support.made_up_stores import make_contents
contents = [make_contents("vae", seed) for seed in (0, 1)]
print("ready", flush=True)
while True:
    for one in contents:
        publish(Path(sys.argv[1]), one)
"""


@pytest.mark.endurance
@pytest.mark.parametrize("kill", range(200 if LONG else 4))
def test_a_killed_writer_leaves_the_file_absent_or_valid(kill, tmp_path):
    path = tmp_path / "vae.h5"
    wait = np.random.default_rng(kill).uniform(0, 0.3)
    command = [sys.executable, "-c", PUBLISHER, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(wait)
        writer.kill()
    if path.exists():
        verify(path, "vae")
