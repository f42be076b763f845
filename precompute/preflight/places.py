"""One place on the web that gives a file: what it answers, and the bytes that are still wanted.

Python's own urllib does the talking, as in torchvision. Nothing that we depend on does the rest:
torchvision, torch.hub and pooch take a broken download up from its beginning, fsspec needs aiohttp
and does not resume, and huggingface_hub resumes in its own cache alone and from the hub alone,
while a file that one host began may here be finished by another.
"""

import re
import ssl
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse, responses
from socket import gaierror
from urllib.error import URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPErrorProcessor, Request, build_opener

from precompute.data.archives import Archive
from precompute.errors import InputError

ANSWER_SECONDS = 20.0  # for a connection, and between two pieces of a body
SLOW_SECONDS, SLOW_BYTES = 60.0, 60 * 1024  # a place that gives less in that time has stalled
CHUNK_BYTES = 2**18
MOST_REDIRECTS = 5
SCHEMES = ("http", "https")
REDIRECTS = (301, 302, 303, 307, 308)
NETWORK_ERRORS = (OSError, HTTPException, ValueError)  # ValueError: a header that is no number
CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-\d{1,18}|\*)/(\d{1,18}|\*)")


class NotGiven(Exception):
    """A place does not give the file. The message goes on from the place's host."""


class BrokenOff(NotGiven):
    """It gave a part and stopped: asked again, it may give the rest.

    is_ours: it had said how long the file is, and that is ours. Otherwise what it gave may be a
        page in place of the file, such as a network's that wants a login.
    """

    def __init__(self, reason: str, is_ours: bool) -> None:
        super().__init__(reason)
        self.is_ours = is_ours


def host_of(place: str) -> str:
    """Return what messages call a place. A query, which may hold a key, is shown nowhere."""
    return urlsplit(place).netloc


def read_mirrors(named: list[str] | None) -> tuple[str, ...]:
    """Return the user's own places, checked.

    Raises InputError for what is no http or https URL, or would send a password.
    """
    for mirror in named or ():
        try:
            parts = urlsplit(mirror)
            usable = parts.scheme in SCHEMES and parts.hostname and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise InputError(f"--mirror {mirror!r}: expected a URL that begins http:// or https://")
        if parts.username or parts.password:
            raise InputError(
                "--mirror: a URL with a user name or password is not read. Give one without."
            )
    return tuple(named or ())


def without_query(place: str) -> str:
    """Return what of a place can be shown."""
    return urlsplit(place)._replace(query="", fragment="").geturl()


def places_of(archive: Archive, mirrors: tuple[str, ...]) -> list[str]:
    """Return where an archive is looked for, in order: the user's own mirrors, then the published.

    A mirror is the file's URL, or that of a folder, which ends with /.
    """
    own = (mirror + archive.name if mirror.endswith("/") else mirror for mirror in mirrors)
    return [*own, *archive.places]


def rest_of(place: str, start: int, n_bytes: int) -> Generator[bytes]:
    """Yield the bytes of a place's file from `start` to `n_bytes`, and never more.

    The file is known to have n_bytes. A place that ignores the range is read from its beginning,
    and what is here already is passed over.
    Raises NotGiven: it cannot be reached, refuses, or has a file of another size. Raises BrokenOff:
    the body ends early, stalls or comes too slowly.
    """
    with _answer(place, start, n_bytes) as response:
        first, n_there = _first_byte(response, start)
        _refuse_other_size(n_there, n_bytes)
        try:
            yield from _body(response, start - first, n_bytes - start)
        except _Stopped as stopped:
            raise BrokenOff(str(stopped), is_ours=n_there is not None) from None


@contextmanager
def _answer(place: str, start: int, n_bytes: int) -> Iterator[HTTPResponse]:
    """Open a place at a byte, through its redirects."""
    opener = build_opener(_AsItIs)
    for _ in range(MOST_REDIRECTS + 1):
        headers = {"User-Agent": "three-lenses", "Accept-Encoding": "identity"}
        headers |= {"Range": f"bytes={start}-"} if start else {}
        try:
            response = opener.open(Request(place, headers=headers), timeout=ANSWER_SECONDS)
        except NETWORK_ERRORS as error:
            raise NotGiven(_in_words(error)) from None
        with response:
            if response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and start:
                _refuse_other_size(_total(response.headers.get("Content-Range", "")), n_bytes)
                start = 0  # it has our file, and gives no part of it
            elif response.status in REDIRECTS:
                place = _sent_on(place, response.headers.get("Location", "nowhere:"))
            else:
                yield response
                return
    raise NotGiven(f"sends on more than {MOST_REDIRECTS} times")


class _AsItIs(HTTPErrorProcessor):
    """Hands on every answer: urllib would follow a redirect to any host and scheme by itself."""

    def http_response(self, request: Request, response: HTTPResponse) -> HTTPResponse:
        return response

    https_response = http_response


def _sent_on(place: str, location: str) -> str:
    try:
        target = urljoin(place, location)
        before, scheme = urlsplit(place).scheme, urlsplit(target).scheme
    except ValueError:
        raise NotGiven("sends on to an address that is none") from None
    if scheme not in SCHEMES or (before, scheme) == ("https", "http"):
        raise NotGiven(f"sends on from {before} to {scheme[:20]!r}, which is not followed")
    return target


def _first_byte(response: HTTPResponse, start: int) -> tuple[int, int | None]:
    """Return which byte of the file the body begins with, and the file's size where it is said."""
    if response.status == HTTPStatus.OK:
        return 0, response.length
    if response.status == HTTPStatus.PARTIAL_CONTENT:
        match = CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if not match or not match[1] or int(match[1]) > start:
            raise NotGiven("gave another part of the file than it was asked for")
        return int(match[1]), _total(match[0])
    raise NotGiven(f"answered {response.status} ({responses.get(response.status, 'unknown')})")


def _total(content_range: str) -> int | None:
    """Return the file's size from a Content-Range header, None where it does not say."""
    match = CONTENT_RANGE.fullmatch(content_range)
    return int(match[2]) if match and match[2] != "*" else None


def _refuse_other_size(n_there: int | None, n_bytes: int) -> None:
    if n_there is not None and n_there != n_bytes:
        raise NotGiven(f"has another file: {n_there:,} bytes, expected {n_bytes:,}")


class _Stopped(Exception):
    """A body ended before its time."""


def _body(response: HTTPResponse, n_passed_over: int, n_wanted: int) -> Iterator[bytes]:
    """Yield the wanted bytes of a body after those that are here."""
    since, n_since = time.monotonic(), 0
    while n_wanted:
        try:
            chunk = response.read1(CHUNK_BYTES)
        except TimeoutError:
            raise _Stopped(f"sent nothing for {ANSWER_SECONDS:.0f} s") from None
        except NETWORK_ERRORS:
            chunk = b""
        if not chunk:
            raise _Stopped("broke off")
        n_since += len(chunk)
        if (seconds := time.monotonic() - since) >= SLOW_SECONDS:
            if n_since < SLOW_BYTES:
                raise _Stopped(f"gave no more than {n_since:,} bytes in {seconds:.0f} s")
            since, n_since = time.monotonic(), 0
        fresh = chunk[n_passed_over:][:n_wanted]
        n_passed_over = max(n_passed_over - len(chunk), 0)
        n_wanted -= len(fresh)
        if fresh:
            yield fresh


def _in_words(error: Exception) -> str:
    """Say why a place did not answer, in words of our own: what it sent is not shown."""
    if isinstance(error, URLError) and isinstance(error.reason, Exception):
        error = error.reason
    if isinstance(error, TimeoutError):
        return f"did not answer within {ANSWER_SECONDS:.0f} s"
    if isinstance(error, gaierror):
        return "cannot be reached (its name is not known here)"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "cannot be reached (its certificate is not valid)"
    if isinstance(error, OSError):
        return f"cannot be reached ({error.strerror or type(error).__name__})"
    return f"gave an answer that is no HTTP ({type(error).__name__})"
