"""Places that behave, and that misbehave in every way known: what is asked, read and said."""

import pytest

from precompute.errors import InputError
from precompute.preflight import places
from precompute.preflight.download import fetch
from precompute.preflight.places import places_of, read_mirrors
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


@pytest.mark.parametrize(
    ("manner", "words"),
    [
        (Manner(status=503), "answered 503 (Service Unavailable)"),
        (Manner(status=404), "answered 404 (Not Found)"),
        (Manner(status=799), "answered 799 (unknown)"),
        (Manner(silent=True), "did not answer within 0 s"),
        (Manner(content=OTHER), "gave another file, which is removed: sha256 is"),
        (Manner(content=b"<html>moved</html>"), "has another file: 18 bytes, expected 50,000"),
        (Manner(content=CONTENT + b"!"), "has another file: 50,001 bytes, expected 50,000"),
        (Manner(content=OTHER + b"!", chunked=True), "gave another file, which is removed"),
        (Manner(content=b"short", chunked=True), "broke off"),
        (Manner(n_sent=0), "broke off"),
        (Manner(chunked=True, n_sent=HALF), "broke off"),
        (Manner(status=302, location="ftp://example.org/f"), "sends on from http to 'ftp'"),
        (Manner(status=302, location="file:///etc/passwd"), "sends on from http to 'file'"),
        (Manner(status=302), "sends on from http to 'nowhere', which is not followed"),
        (Manner(n_sent=0, hangs=True), "sent nothing for 0 s"),
        (Manner(status=301, location=f"/{NAME}"), "sends on more than 5 times"),
        (Manner(status=302, location="http://["), "sends on to an address that is none"),
    ],
)
def test_a_place_that_does_not_give_the_file_is_named_and_the_next_one_does(
    tmp_path, capsys, manner, words
):
    with served(CONTENT, manner) as official, served(CONTENT) as mirror:
        assert fetch(archive(official, mirror), tmp_path).read_bytes() == CONTENT
        heard = said(capsys)
    assert f"{NAME}: {official.address} {words}" in heard
    assert f"; trying {mirror.address}." in heard
    assert [file.name for file in tmp_path.iterdir()] == [NAME]


def test_no_server_no_name_and_no_http_are_named_in_our_words(tmp_path):
    with served(b"") as raw:
        host, port = raw.address.split(":")
        wanted = archive(nobody(), "http://nowhere.invalid/f", f"https://{host}:{port}/f")
        message = refused(wanted, tmp_path)
    assert "cannot be reached (Connection refused)" in message
    assert "nowhere.invalid cannot be reached (" in message
    assert f"{host}:{port} " in message
    assert "Run the same command again, or name a place" in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "manner",
    [
        Manner(ranges=False),  # 200 and all of it
        Manner(ranges=False, chunked=True),
        Manner(status=416),
        Manner(status=416, content_range=""),
        Manner(content_range=f"bytes {HALF}-49999/*"),
    ],
)
def test_a_server_that_gives_no_parts_serves_the_rest_all_the_same(tmp_path, manner):
    part_of(tmp_path).write_bytes(CONTENT[:HALF])
    with served(CONTENT, manner) as server:
        assert fetch(archive(server), tmp_path).read_bytes() == CONTENT
        assert server.asked[0] == (f"/{NAME}", f"bytes={HALF}-")


def test_a_server_that_gives_no_parts_and_breaks_off_takes_nothing_away(tmp_path):
    part_of(tmp_path).write_bytes(CONTENT[:HALF])
    with served(CONTENT, Manner(ranges=False, n_sent=HALF // 2)) as server:
        refused(archive(server), tmp_path)
    assert part_of(tmp_path).read_bytes() == CONTENT[:HALF]


@pytest.mark.parametrize(
    "manner",
    [
        Manner(status=416, content_range="bytes */19000"),
        Manner(content_range="bytes 20001-49999/50000"),
        Manner(content_range="bytes 20000-49999/60000"),
        Manner(content_range="bytes " + "9" * 5000 + "-1/2"),
        Manner(content_range="pages 1-2/3"),
        Manner(content_range=""),
    ],
)
def test_a_part_of_something_else_is_not_read(tmp_path, manner):
    part_of(tmp_path).write_bytes(CONTENT[:HALF])
    with served(CONTENT, manner) as official, served(CONTENT) as mirror:
        assert fetch(archive(official, mirror), tmp_path).read_bytes() == CONTENT
        assert mirror.asked == [(f"/{NAME}", f"bytes={HALF}-")]


def test_a_range_that_a_server_begins_too_early_is_cut_to_fit(tmp_path):
    part_of(tmp_path).write_bytes(CONTENT[:HALF])
    whole = Manner(status=206, content_range="bytes 0-49999/50000")
    with served(CONTENT, whole, PROPER) as server:
        assert fetch(archive(server), tmp_path).read_bytes() == CONTENT


def test_the_users_own_place_goes_first_as_a_file_or_a_folder(tmp_path):
    with served(CONTENT) as own, served(CONTENT) as official:
        wanted, folder = archive(official), own.place("mine/")
        assert places_of(wanted, (folder,)) == [f"{folder}{NAME}", official.place()]
        fetch(wanted, tmp_path / "a", (folder,))
        fetch(wanted, tmp_path / "b", (own.place("mine/other-name?key=secret"),))
        assert [path for path, _ in own.asked] == [
            f"/mine/{NAME}",
            "/mine/other-name?key=secret",
        ]
        assert official.asked == []


def test_a_mirrors_query_is_shown_nowhere(tmp_path, capsys):
    with served(b"", Manner(status=403)) as own:
        message = refused(archive(nobody()), tmp_path, (own.place("f?key=secret"),))
    assert "secret" not in message + said(capsys)


@pytest.mark.parametrize(
    ("mirror", "words"),
    [
        ("ftp://example.org/f", "expected a URL that begins http://"),
        ("/mnt/stl10", "expected a URL that begins http://"),
        ("http://", "expected a URL that begins http://"),
        ("http://[/f", "expected a URL that begins http://"),
        ("http://host:port/", "expected a URL that begins http://"),
        ("https://me:secret@example.org/", "a user name or password is not read"),
    ],
)
def test_what_is_no_mirror_is_refused(mirror, words):
    with pytest.raises(InputError, match=words) as caught:
        read_mirrors([mirror])
    assert "secret" not in str(caught.value)


def test_a_redirect_is_followed_with_the_range_and_not_out_of_https(tmp_path):
    part_of(tmp_path).write_bytes(CONTENT[:HALF])
    with served(CONTENT) as target, served(b"", Manner(307, location=target.place())) as first:
        assert fetch(archive(first), tmp_path).read_bytes() == CONTENT
        assert target.asked == [(f"/{NAME}", f"bytes={HALF}-")]
    with pytest.raises(places.NotGiven, match="sends on from https to 'http', which is not foll"):
        places._sent_on("https://example.org/f", "http://example.org/f")
    assert places._sent_on("http://a.org/f", "https://b.org/g") == "https://b.org/g"


def test_a_place_that_falls_silent_or_trickles_is_left(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(places, "SLOW_SECONDS", 0.2)
    trickle, stuck = Manner(pause_seconds=0.02), Manner(n_sent=HALF, hangs=True)
    with served(CONTENT, trickle) as slow, served(CONTENT, stuck, PROPER) as mirror:
        assert fetch(archive(slow, mirror), tmp_path).read_bytes() == CONTENT
        n_by_slow = int(mirror.asked[0][1].removeprefix("bytes=").rstrip("-"))
        assert mirror.asked[1] == (f"/{NAME}", f"bytes={n_by_slow + HALF}-")
    assert f"{slow.address} gave no more than" in said(capsys)
