"""An export on its way: how far it is, in words; what it gives, and what it says when it fails."""

import sys

import pytest

from dashboard.ui import toolbar


class Waiting(toolbar.Export):
    """An export that does not start."""

    def _run(self, report):
        pass


def program(monkeypatch, code):
    monkeypatch.setattr(toolbar, "sys", type("sys", (), {"executable": sys.executable}))
    real = toolbar.subprocess.Popen

    def start(command, **options):
        assert command[-3:-1] == ["--", "mine"]
        return real([sys.executable, "-c", code, command[-1]], **options)

    monkeypatch.setattr(toolbar.subprocess, "Popen", start)


def test_what_is_left_is_told_from_what_is_done():
    one = Waiting("mine")
    assert (one.share, one.words) == (0.0, "Waiting for another export")
    one._hear("0/10 Overview\n", 1.0)
    assert (one.share, one.words) == (0.0, "Page 1 of 10: Overview")
    one._hear("1/10 Attention\n", 3.0)  # with the program's start
    assert (one.share, one.words) == (0.1, "Page 2 of 10: Attention")
    one._hear("4/10 Modality gap\n", 4.5)
    assert (one.share, one.words) == (0.4, "Page 5 of 10: Modality gap, about 3 s left")
    one._hear("masking: only on the site: audio_input\n", 9.0)
    assert one.share == 0.4
    one._hear("10/10 \n", 5.0)
    assert (one.share, one.words) == (1.0, "Page 10 of 10: the whole file, about 0 s left")


def test_the_file_is_what_the_exporter_wrote(monkeypatch):
    code = "import sys, pathlib; pathlib.Path(sys.argv[1], 'report.html').write_text('whole')"
    program(monkeypatch, code + "; print('1/2 Overview')")
    one = toolbar.Export("mine")
    assert one.document.result(timeout=60) == b"whole"
    assert one.share == 0.5


def test_an_exporter_that_fails_says_why(monkeypatch):
    program(monkeypatch, "raise SystemExit('page overview failed: no')")
    with pytest.raises(RuntimeError, match="could not be exported: page overview failed: no"):
        toolbar.Export("mine").document.result(timeout=60)
