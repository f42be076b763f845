"""A file is opened in a process of its own before this process opens it.

HDF5 can crash, hang or fill memory on a crafted file, and holds the interpreter meanwhile: that
would end or stop whoever serves pages. So a file that is new here is read whole, first, in a child
with limits of time and memory, and the verdict is kept by the file's key. A helper process imports
HDF5 once and forks a child for each file, which costs milliseconds beside the reading itself.
"""

import atexit
import contextlib
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
from functools import cache, lru_cache
from pathlib import Path
from socketserver import ForkingMixIn, StreamRequestHandler, UnixStreamServer
from typing import Any

from store import errors
from store.errors import StoreDamaged, StoreError, StoreHostile
from store.file.hdf5 import check_is_hdf5
from store.reader import Store, open_store
from store.verify import VerifyReport, error_to_dict, verify

SECONDS = 10  # of a child's own work
WAITING_SECONDS = 60.0  # for its answer, on a machine that has much else to do
MEMORY_BYTES = 512 * 2**20  # beyond what the helper holds
REPOSITORY = Path(__file__).resolve().parents[1]
VERIFY, READ = "verify", "read"
Key = tuple[str, str, str, int, int, int]  # path, study, what to do, size, mtime and inode


def open_tried(path: Path, study: str | None = None) -> Store:
    """Open a store, as `open_store` does, once a child has read all of it and came back.

    A dataset that is damaged or wrong alone is no reason to refuse the others.

    Raises:
        StoreError: as `open_store` does; StoreHostile where the child did not come back.
    """
    _asked(path, study, READ)
    return open_store(path, study)


def verify_tried(path: Path, study: str | None = None) -> VerifyReport:
    """Do what `verify` does, in a child.

    Raises:
        StoreError: as `verify` does; StoreHostile where the child did not come back.
    """
    return VerifyReport(**_asked(path, study, VERIFY))


def _asked(path: Path, study: str | None, task: str) -> dict[str, Any]:
    """Return the child's answer; raise what it raised."""
    path = Path(path)
    check_is_hdf5(path)
    status = path.stat()
    answer = _verdict(
        (str(path), study or "", task, status.st_size, status.st_mtime_ns, status.st_ino)
    )
    if "error" in answer:
        kind: type[StoreError] = getattr(errors, answer["error"])
        raise kind(path, answer["fact"], answer["expected"], answer["next_step"])
    return answer


@lru_cache(maxsize=1024)
def _verdict(key: Key) -> dict[str, Any]:
    """Return what a child says of a file: a report's fields, or an error's."""
    path, study, task, *_ = key
    request = [str(Path(path).absolute()), study, task, SECONDS, MEMORY_BYTES]
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(WAITING_SECONDS)
        try:
            asking.connect(str(_helper().address))
            asking.sendall(json.dumps(request).encode() + b"\n")
            answer = b"".join(iter(lambda: asking.recv(2**16), b""))
        except TimeoutError as fault:  # raised and so not kept: the machine may be too busy
            fact = f"reading it gave no answer within {WAITING_SECONDS:g} s"
            raise StoreHostile(Path(path), fact, "a file that HDF5 can read") from fault
        except ConnectionError:
            answer = b""
    if answer:
        return json.loads(answer)
    limits = f"{SECONDS} s or {MEMORY_BYTES // 2**20} MiB"
    fact = f"reading it crashed, or took more than {limits}, in the process that tried it"
    return error_to_dict(StoreHostile(path, fact, "a file that HDF5 can read"))


class _Helper:
    """The process that forks children, and the socket at which it listens."""

    def __init__(self) -> None:
        """Start it; its address is known only to this user."""
        self._folder = tempfile.TemporaryDirectory(prefix="three-lenses-")
        self.address = Path(self._folder.name) / "trials"
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(self.address))
            listening.listen(64)
            search = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
            self.process = subprocess.Popen(
                [sys.executable, "-m", "store.trial", str(listening.fileno()), str(os.getpid())],
                pass_fds=[listening.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # HDF5 and the allocator write there as they please
                env=os.environ | {"PYTHONPATH": search, "OPENBLAS_NUM_THREADS": "1"},
            )
        atexit.register(self.stop)

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            self._folder.cleanup()


_starting = threading.Lock()


def _helper() -> _Helper:
    """Return this process's helper, a new one where it has none or the last one ended."""
    with _starting:
        if _helper_of(os.getpid()).process.poll() is not None:
            _helper_of.cache_clear()
        return _helper_of(os.getpid())


@cache
def _helper_of(_: int) -> _Helper:
    return _Helper()


class _Child(StreamRequestHandler):
    """Reads one file under limits, and answers with a report or an error."""

    def handle(self) -> None:
        """Answer; where the file ends this process, there is no answer."""
        path, study, task, *limits = json.loads(self.rfile.readline())
        _limit(*limits)
        try:
            answer = _tried(Path(path), study or None, task)
        except StoreError as error:
            answer = error_to_dict(error)
        self.wfile.write(json.dumps(answer).encode())


def _tried(path: Path, study: str | None, task: str) -> dict[str, Any]:
    if task == VERIFY:
        return verify(path, study).to_dict()
    with open_store(path, study) as store:
        for place in store.datasets:
            try:
                store.read_stored(place)
            except StoreDamaged as error:
                if "allocat" in error.fact:  # memory ran out, and would here too
                    raise
    return {}


def _limit(seconds: int, memory_bytes: int) -> None:
    """Bound this process's work and memory from here on."""
    try:
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:  # another system than Linux, which ignores the limit of memory too
        held = 2**40
    resource.setrlimit(resource.RLIMIT_AS, (held + memory_bytes, held + memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class _Server(ForkingMixIn, UnixStreamServer):
    """Forks a child for each file that is asked for."""

    def __init__(self, descriptor: int, parent: int) -> None:
        """Listen at a socket that the parent made."""
        super().__init__("", _Child, bind_and_activate=False)
        self.socket = socket.socket(fileno=descriptor)
        self._parent = parent

    def service_actions(self) -> None:
        """End with the process that started this one."""
        super().service_actions()
        if os.getppid() != self._parent:
            os._exit(0)


if __name__ == "__main__":
    _Server(*map(int, sys.argv[1:])).serve_forever()
