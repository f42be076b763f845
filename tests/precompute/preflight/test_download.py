"""Whatever ends a download, its file is whole or a part that the next run goes on from."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precompute.cli.progress import console
from precompute.errors import InputError
from precompute.preflight import download
from precompute.preflight.download import fetch
from tests.support.downloads import (
    CONTENT,
    HALF,
    NAME,
    OTHER,
    archive,
    part_of,
    refused,
    said,
    wait_less,
)
from tests.support.file_server import PROPER, Manner, nobody, served


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    wait_less(monkeypatch)


def test_the_official_place_is_asked_first_and_once(tmp_path, capsys):
    with served(CONTENT) as official, served(CONTENT) as mirror:
        file = fetch(archive(official, mirror), tmp_path)
        assert file.read_bytes() == CONTENT
        assert official.asked == [(f"/{NAME}", "")]
        assert mirror.asked == []
    assert list(tmp_path.iterdir()) == [file]
    assert f"{NAME}: trying {official.address}." in said(capsys)


def test_a_body_that_breaks_off_is_gone_on_from_where_it_stopped(tmp_path):
    broken = Manner(n_sent=HALF)
    with served(CONTENT, broken, broken, PROPER) as server:
        assert fetch(archive(server), tmp_path).read_bytes() == CONTENT
        ranges = [asked for _, asked in server.asked]
    assert ranges == ["", f"bytes={HALF}-", f"bytes={2 * HALF}-"]


def test_a_page_in_place_of_the_file_is_not_kept_as_its_beginning(tmp_path):
    """As of a network that wants a login: 200, and no length."""
    with served(b"<html>log in</html>", Manner(chunked=True)) as portal, served(CONTENT) as mirror:
        fetch(archive(portal, mirror), tmp_path)
        assert {asked for _, asked in portal.asked} == {""}
        assert mirror.asked == [(f"/{NAME}", "")]


def test_a_place_that_keeps_breaking_off_is_left_and_the_next_goes_on_from_there(tmp_path):
    with served(CONTENT, Manner(n_sent=100)) as official, served(CONTENT) as mirror:
        fetch(archive(official, mirror), tmp_path)
        assert len(official.asked) == download.MOST_TRIES
        assert mirror.asked == [(f"/{NAME}", f"bytes={100 * download.MOST_TRIES}-")]


def test_what_has_come_is_kept_for_the_next_run_and_said(tmp_path, capsys):
    with served(CONTENT, Manner(n_sent=HALF), Manner(status=503)) as server:
        message = refused(archive(server), tmp_path)
        assert part_of(tmp_path).read_bytes() == CONTENT[:HALF]
        assert f"{server.address} answered 503 (Service Unavailable). 0.0 of 0.1 MB are kept" in (
            message
        )
        server.manners = [PROPER]
        fetch(archive(server), tmp_path)
        assert server.asked[-1] == (f"/{NAME}", f"bytes={HALF}-")
    assert "0.0 of 0.1 MB are here" in said(capsys)


def test_what_another_file_left_is_found_by_the_digest_and_asked_for_again(tmp_path, capsys):
    part_of(tmp_path).write_bytes(OTHER[:HALF])
    with served(CONTENT) as server:
        assert fetch(archive(server), tmp_path).read_bytes() == CONTENT
        assert [asked for _, asked in server.asked] == [f"bytes={HALF}-", ""]
    assert "what was here is of another file, removed; from the start" in said(capsys)


@pytest.mark.parametrize("left", [OTHER, OTHER + b"!"])
def test_a_full_part_of_another_file_is_begun_anew(tmp_path, left):
    part_of(tmp_path).write_bytes(left)
    with served(CONTENT) as server:
        assert fetch(archive(server), tmp_path).read_bytes() == CONTENT
        assert [asked for _, asked in server.asked] == [""]


def test_a_part_that_is_whole_asks_nobody(tmp_path):
    part_of(tmp_path).write_bytes(CONTENT)
    assert fetch(archive(nobody()), tmp_path).read_bytes() == CONTENT
    assert not part_of(tmp_path).exists()


def test_a_file_put_there_by_hand_is_taken_or_named_and_never_removed(tmp_path):
    (tmp_path / NAME).write_bytes(CONTENT)
    assert fetch(archive(nobody()), tmp_path) == tmp_path / NAME
    (tmp_path / NAME).write_bytes(OTHER)
    with pytest.raises(InputError, match=rf"{NAME}: sha256 is .*\. Delete it and stage again"):
        fetch(archive(nobody()), tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [NAME]


def test_when_every_place_fails_one_line_says_what_was_tried(tmp_path):
    with served(OTHER) as wrong, served(b"", Manner(status=500)) as broken:
        message = refused(archive(wrong, broken, nobody()), tmp_path)
    first, second = f"{wrong.address} gave another file", f"{broken.address} answered 500"
    assert message.startswith(f"{NAME}: no place gave it: {first}")
    assert message.index(first) < message.index(second) < message.index("Connection refused")
    assert message.endswith("--mirror URL.")
    assert list(tmp_path.iterdir()) == []


def test_two_programs_do_not_write_one_file(tmp_path):
    with part_of(tmp_path).open("a") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another program is downloading it"):
            fetch(archive(nobody()), tmp_path)


@pytest.mark.parametrize("in_the_way", ["data", f"data/{NAME}.part/x"])
def test_a_folder_that_cannot_be_written_is_named(tmp_path, in_the_way):
    (tmp_path / in_the_way).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / in_the_way).write_text("in the way")
    message = refused(archive(nobody()), tmp_path / "data")
    assert f"{NAME}.part: cannot be written (" in message
    assert "Make room, or choose another folder" in message


def test_a_full_disk_keeps_what_fits_and_asks_no_other_place(tmp_path):
    with served(CONTENT) as official, served(CONTENT) as mirror:
        program = f"""
            import resource
            resource.setrlimit(resource.RLIMIT_FSIZE, ({HALF}, {HALF}))
            from pathlib import Path
            from precompute.data.archives import Archive
            from precompute.preflight.download import fetch
            fetch({archive(official, mirror)!r}, Path({str(tmp_path)!r}))
        """
        done = run_program(program)
        assert "cannot be written (File too large). Make room" in done.stderr
        assert mirror.asked == []
        assert part_of(tmp_path).read_bytes() == CONTENT[:HALF]
        fetch(archive(official, mirror), tmp_path)


def run_program(program):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=Path(__file__).resolve().parents[3],
        env=os.environ | {"no_proxy": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_ctrl_c_leaves_a_part_that_the_next_run_goes_on_from(tmp_path):
    """The signal comes from the program itself, after so many bytes, as a user's would."""
    with served(CONTENT) as server:
        program = f"""
            import os, signal
            from pathlib import Path
            from precompute.cli.progress import one_line_errors
            from precompute.data.archives import Archive
            from precompute.preflight import download, places
            signal.signal(signal.SIGINT, signal.default_int_handler)  # a job may ignore it
            places.CHUNK_BYTES = 1_000
            show = download._Progress.show
            def interrupt(progress):
                show(progress)
                if download._size(progress._part) >= {HALF}:
                    os.kill(os.getpid(), signal.SIGINT)
            download._Progress.show = interrupt
            with one_line_errors():
                download.fetch({archive(server)!r}, Path({str(tmp_path)!r}))
        """
        done = run_program(program)
        assert done.returncode != 0
        assert f"are kept in {part_of(tmp_path)}" in done.stderr
        assert "Interrupted. What is finished is kept" in done.stderr
        n_kept = part_of(tmp_path).stat().st_size
        assert HALF <= n_kept < len(CONTENT)
        assert part_of(tmp_path).read_bytes() == CONTENT[:n_kept]
        assert fetch(archive(server), tmp_path).read_bytes() == CONTENT
        assert server.asked[-1] == (f"/{NAME}", f"bytes={n_kept}-")


def test_a_killed_program_leaves_a_part_too(tmp_path):
    with served(CONTENT, Manner(n_sent=HALF), Manner(silent=True)) as server:
        program = f"""
            from pathlib import Path
            from precompute.data.archives import Archive
            from precompute.preflight import download
            download.PAUSE_SECONDS = 0
            download.fetch({archive(server)!r}, Path({str(tmp_path)!r}))
        """
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program)],
            cwd=Path(__file__).resolve().parents[3],
            env=os.environ | {"no_proxy": "127.0.0.1"},
            stderr=subprocess.DEVNULL,
        )
        while len(server.asked) < 2:
            assert child.poll() is None
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert part_of(tmp_path).read_bytes() == CONTENT[:HALF]
        server.manners = [PROPER]
        assert fetch(archive(server), tmp_path).read_bytes() == CONTENT


def test_the_bar_goes_on_from_what_was_there(tmp_path, monkeypatch):
    content = np.random.default_rng(2).bytes(3_500_000)
    part_of(tmp_path).write_bytes(content[:2_100_000])
    steps = []

    class Bar:
        def __enter__(self):
            return lambda n=1, note="", restored=False: steps.append((n, restored))

        def __exit__(self, *_):
            return None

    monkeypatch.setattr(download, "bar", lambda label, total, unit: Bar())
    with served(content) as server:
        fetch(archive(server, content=content), tmp_path)
    assert steps == [(2, True), (1, False)]
    assert console.stderr


MANNERS = st.builds(
    Manner,
    status=st.sampled_from([0, 0, 0, 404, 416, 503]),
    ranges=st.booleans(),
    content=st.sampled_from([None, None, None, OTHER, OTHER[:HALF], CONTENT + b"!"]),
    n_sent=st.none() | st.integers(0, len(CONTENT)),
    declared=st.sampled_from([None, None, 10**12]),
    chunked=st.booleans(),
    content_range=st.sampled_from([None, None, "", "bytes 0-49999/50000", "bytes */3"]),
)


@settings(max_examples=60)
@given(
    runs=st.lists(st.tuples(st.lists(MANNERS, max_size=4), st.lists(MANNERS, max_size=4))),
    left=st.sampled_from([b"", OTHER[:HALF], CONTENT[:HALF], CONTENT, OTHER]),
)
def test_whatever_was_interrupted_the_result_has_the_digest_or_is_not_there(
    tmp_path_factory, runs, left
):
    folder = tmp_path_factory.mktemp("download")
    if left:
        part_of(folder).write_bytes(left)
    with served(CONTENT) as official, served(CONTENT) as mirror:
        for manners in (*runs, ([PROPER], [PROPER])):
            official.manners, mirror.manners = list(manners[0]), list(manners[1])
            with contextlib.suppress(InputError):
                fetch(archive(official, mirror), folder)
            if (folder / NAME).exists():
                assert (folder / NAME).read_bytes() == CONTENT
                assert not part_of(folder).exists()
            elif part_of(folder).exists():
                assert part_of(folder).stat().st_size < len(CONTENT)
    assert (folder / NAME).read_bytes() == CONTENT  # the last run met servers that behave
