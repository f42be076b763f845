"""A dashboard server as a user starts it, in a process of its own, and a browser for it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN_SECONDS = 60
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-gpu"]


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    address: str  # http://127.0.0.1:PORT
    process: subprocess.Popen

    def megabytes(self, field: str = "VmRSS") -> float:
        """Resident memory of the server now, or at most with the field VmHWM (Linux)."""
        return resident_megabytes(self.process.pid, field)


def resident_megabytes(pid: int, field: str = "VmRSS") -> float:
    """Resident memory of a process now, or its peak with the field VmHWM (Linux); 0 if it ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except FileNotFoundError:
        return 0.0
    match = re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)
    return int(match[1]) / 1e3 if match else 0.0


@contextmanager
def serve(
    script: str = "dashboard/Home.py", root: Path = ROOT, python: str = sys.executable
) -> Iterator[Server]:
    """Serve a script of a checkout with a Python, and stop the server in the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [python, "-m", "streamlit", "run", script]
    env = {key: value for key, value in os.environ.items() if key != "THREE_LENSES_DATA"}
    env["PYTHONFAULTHANDLER"] = "1"  # a server that hangs says where
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [*command, "--server.port", str(port), "--server.address", "127.0.0.1"],
            cwd=root,
            env=env,
            stdout=log,
            stderr=log,
        )
        server = Server(f"http://127.0.0.1:{port}", process)
        try:
            _wait_until_healthy(server)
            yield server
        finally:
            process.terminate()
            _wait_for_its_end(process, log)


def _wait_for_its_end(process: subprocess.Popen, log: IO[str]) -> None:
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)
        process.wait()
        log.seek(0)
        raise AssertionError(f"the server did not end; it was here:\n{log.read()}") from None


def _wait_until_healthy(server: Server) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        assert server.process.poll() is None, "the server ended by itself"
        try:
            with urllib.request.urlopen(f"{server.address}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server did not become healthy")
