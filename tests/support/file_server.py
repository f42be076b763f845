"""A web server on this machine that gives one file, in each manner in which servers give files."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REASONABLE_SECONDS = 30  # no request of a test waits longer


@dataclass(frozen=True)
class Manner:
    """How one request is answered; as it stands, properly."""

    status: int = 0  # another than 200 or 206, with no file
    ranges: bool = True  # it gives parts; otherwise the whole, whatever was asked for
    content: bytes | None = None  # in place of the file
    n_sent: int | None = None  # bytes of the body before the connection ends
    declared: int | None = None  # in place of the true Content-Length
    chunked: bool = False  # with no length
    content_range: str | None = None  # in place of the true one
    location: str = ""  # where it sends on to
    silent: bool = False  # it accepts, and says nothing
    hangs: bool = False  # the connection stays open after what was sent
    pause_seconds: float = 0.0  # after every byte


PROPER = Manner()


@dataclass
class FileServer:
    """A server, the manners of the requests to come (the last one stays), and what was asked."""

    content: bytes
    manners: list[Manner] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)  # path, Range header
    address: str = ""
    stopping: threading.Event = field(default_factory=threading.Event)

    def place(self, name: str = "file.tar.gz") -> str:
        return f"http://{self.address}/{name}"

    def next_manner(self) -> Manner:
        if not self.manners:
            return PROPER
        return self.manners.pop(0) if len(self.manners) > 1 else self.manners[0]


@contextmanager
def served(content: bytes, *manners: Manner) -> Iterator[FileServer]:
    """Serve a file until the block ends."""
    server = FileServer(content, list(manners))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format, *args):
            pass

        def do_GET(self):
            server.asked.append((self.path, self.headers.get("Range", "")))
            self.close_connection = True
            with suppress(ConnectionError):
                _answer(self, server, server.next_manner())

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        server.address = f"127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.stopping.set()
            http.shutdown()
            thread.join()


def nobody() -> str:
    """Return a place where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/file.tar.gz"


def _answer(handler: BaseHTTPRequestHandler, server: FileServer, manner: Manner) -> None:
    if manner.silent:
        server.stopping.wait(REASONABLE_SECONDS)
        return
    content = server.content if manner.content is None else manner.content
    asked = handler.headers.get("Range", "")
    start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and manner.ranges else 0
    status, body = 206 if asked and manner.ranges else 200, content[start:]
    if status == 206 and start >= len(content):
        status, body = 416, b""
    if manner.status and (manner.status != 416 or asked):
        status, body = manner.status, b""
    handler.send_response(status)
    if manner.location:
        handler.send_header("Location", manner.location)
    if status in (206, 416):
        true = f"bytes {start}-{len(content) - 1}/{len(content)}"
        if status == 416:
            true = f"bytes */{len(content)}"
        shown = true if manner.content_range is None else manner.content_range
        if shown:
            handler.send_header("Content-Range", shown)
    if manner.chunked:
        handler.send_header("Transfer-Encoding", "chunked")
    else:
        length = len(body) if manner.declared is None else manner.declared
        handler.send_header("Content-Length", str(length))
    handler.end_headers()
    body = body if manner.n_sent is None else body[: manner.n_sent]
    if manner.chunked:
        ended = b"0\r\n\r\n" if manner.n_sent is None else b""
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(body), body) + ended)
    elif manner.pause_seconds:
        for row in range(len(body)):
            handler.wfile.write(body[row : row + 1])
            if server.stopping.wait(manner.pause_seconds):
                return
    else:
        handler.wfile.write(body)
    if manner.hangs:
        server.stopping.wait(REASONABLE_SECONDS)
