"""The folder for a static host: what is in it, that links stay in it, and what it may replace."""

import base64
import hashlib
import io
import re

import pytest
from PIL import Image

from dashboard import loaders, navigation
from dashboard.export import document, preview, site
from dashboard.export.elements import ExportError, PageDrawer
from tests.support import report_states

HEADLINE = "2 claims, tested: <em>1 holds</em> &lt;b&gt;"


def data_uri(width, height, colour):
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def front(*cards):
    parts = [
        f'<div class="stack border"><p><a href="#masking">Title {n}</a></p>'
        + "".join(f'<img src="{uri}" alt="">' for uri in uris)
        + "</div>"
        for n, uris in enumerate(cards)
    ]
    return "".join(parts) + '<h3>Every claim</h3><img src="data:image/svg+xml;base64,AAAA">'


def pages(report, **_):
    drawer = PageDrawer(navigation.PAGES[navigation.FIRST])
    drawer.question = HEADLINE
    other = PageDrawer(navigation.PAGES["masking"])
    other.question = "Does it hold?"
    return [(drawer, front([data_uri(90, 90, "red")])), (other, "<p>a page</p>")]


@pytest.fixture
def quick(monkeypatch, tmp_path):
    """A data folder of two reports, whose pages and script are made up; where a site may go."""
    monkeypatch.setenv(loaders.DATA_VARIABLE, str(report_states.both(tmp_path / "data")))
    monkeypatch.setattr(site, "draw_pages", pages)
    monkeypatch.setattr(document, "start_bundle", lambda: lambda: "void 0")
    return tmp_path / "build" / "site"


def links(file):
    text = file.read_text(encoding="utf-8")
    found = re.findall(r'(?:href|src|content)="([^"#][^"]*)"', text)
    return [one for one in found if "." in one and " " not in one and not one.startswith("data:")]


def test_every_link_leads_to_a_file_of_the_site(quick):
    site.write(["embedded", "photographs"], quick)
    places = [quick, quick / "embedded", quick / "photographs"]
    for place in places:
        for link in links(place / "index.html"):
            assert "://" not in link
            assert (place / link).resolve().is_relative_to(quick.resolve())
            assert (place / link).is_file(), link
    assert links(quick / "index.html").count("embedded/vit.h5") == 1
    assert sorted(one.name for one in quick.iterdir()) == ["embedded", "index.html", "photographs"]
    assert [one.name for one in quick.parent.iterdir()] == ["site"]


def test_stores_are_listed_with_their_sizes_and_digests(quick):
    site.write(["embedded"], quick)
    sums = dict(
        reversed(line.split())
        for line in (quick / "embedded" / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    )
    assert set(sums) == {"vit.h5", "vae.h5", "clip.h5"}
    for place in (quick, quick / "embedded"):
        text = (place / "index.html").read_text(encoding="utf-8")
        for name, digest in sums.items():
            content = (quick / "embedded" / name).read_bytes()
            assert hashlib.sha256(content).hexdigest() == digest
            assert digest in text
            assert f"{len(content) / 1e6:.1f} MB" in text


def test_a_preview_has_its_picture_title_and_words(quick):
    site.write(["photographs"], quick, "https://me.example/reports/")
    text = (quick / "photographs" / "index.html").read_text(encoding="utf-8")
    facts = dict(re.findall(r'<meta property="og:(\S+)" content="([^"]*)">', text))
    assert facts["title"] == "2 claims, tested: 1 holds &lt;b&gt; · Three Lenses"
    assert "ViT: " in facts["description"]
    assert facts["image"] == "https://me.example/reports/photographs/preview.png"
    with Image.open(quick / "photographs" / "preview.png") as picture:
        assert picture.size == preview.SIZE == (1200, 630)


@pytest.mark.parametrize("n_cards", [0, 1, 2, 3, 4, 6])
def test_a_preview_holds_the_front_pages_own_figures(n_cards):
    cards = [[data_uri(184, 92, "red"), data_uri(90, 90, "lime")] * 3] * n_cards
    made = preview.picture("<odd> name", "A headline " * 30, front(*cards))
    with Image.open(io.BytesIO(made)) as picture:
        assert picture.size == preview.SIZE
        colours = {colour for _, colour in picture.getcolors(1 << 20)}
    assert ((255, 0, 0) in colours) == ((0, 255, 0) in colours) == (n_cards > 0)


def test_a_site_is_replaced_and_nothing_else_is(quick):
    site.write(["embedded", "photographs"], quick)
    site.write(["photographs"], quick)
    assert not (quick / "embedded").exists()
    other = quick.parent / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ExportError, match="holds other files"):
        site.write(["photographs"], other)
    assert (other / "thesis.txt").read_text(encoding="utf-8") == "mine"


def test_a_site_that_fails_leaves_the_old_one(quick, monkeypatch):
    site.write(["photographs"], quick)
    before = (quick / "index.html").read_text(encoding="utf-8")
    monkeypatch.setattr(preview, "picture", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        site.write(["embedded"], quick)
    assert (quick / "index.html").read_text(encoding="utf-8") == before
    assert [one.name for one in quick.parent.iterdir()] == ["site"]


def test_an_unknown_report_is_one_line(quick):
    with pytest.raises(ExportError, match=r"There is no report 'no'\. There is: embedded"):
        site.write(["no"], quick)
    assert not quick.exists()
