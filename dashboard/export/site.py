"""Reports as a folder for any static host: a list of them, a page each, and their stores.

Every link is relative and nothing is asked of any other host.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from dashboard import loaders
from dashboard.export import document, preview
from dashboard.export.elements import ExportError, draw_pages, known_report, words_of
from dashboard.loaders import Study
from dashboard.ui import formatting

PREVIEW, SUMS, INDEX = "preview.png", "SHA256SUMS", "index.html"
MARK = '<meta name="generator" content="Three Lenses">'  # a folder with it may be replaced
ABOUT = (
    "Look inside a ViT, a VAE and CLIP, and check what you claim about them. Each report opens "
    "without a server and asks no other host for anything."
)


@dataclass(frozen=True)
class Listed:
    """A report on the site, as the first page lists it."""

    name: str
    folder: str  # as a part of a URL
    headline: str  # HTML
    line: str  # what was measured, on what
    files: tuple[tuple[str, int, str], ...]  # name, bytes and sha256 of each store


def write(reports: Sequence[str], out: Path, address: str = "") -> None:
    """Write the site beside its place, and put it there once it is whole.

    Raises ExportError: there is no such report, or the place holds something else.
    """
    if not reports:
        raise ExportError("There is no report to show. Make one with `make precompute`.")
    folders = {report: known_report(report) for report in reports}
    if out.exists() and not _is_replaceable(out):
        raise ExportError(f"{out} holds other files. Name an empty folder in its place.")
    out.parent.mkdir(parents=True, exist_ok=True)
    base = f"{address.rstrip('/')}/" if address else ""
    script = document.start_bundle()()
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", suffix=".tmp", dir=out.parent) as made:
        site = Path(made) / "site"
        site.mkdir(mode=0o755)
        listed = [
            _write_report(report, folder, site, script, base) for report, folder in folders.items()
        ]
        (site / INDEX).write_text(_index(listed, base), encoding="utf-8")
        if out.exists():
            out.replace(Path(made) / "old")  # and is removed with the rest
        site.replace(out)


def _is_replaceable(out: Path) -> bool:
    index = out / INDEX
    if index.is_file():
        return MARK in index.read_text(encoding="utf-8", errors="replace")[:2000]
    return out.is_dir() and not any(out.iterdir())


def _write_report(report: str, source: Path, site: Path, script: str, base: str) -> Listed:
    """Write a report's folder: its page, its preview and its stores."""
    folder = site / source.name
    folder.mkdir(mode=0o755)
    pages = draw_pages(report)
    front, html = pages[0]
    (folder / PREVIEW).write_bytes(preview.picture(report, front.question, html))
    studies = loaders.load_all(report)[0]
    files = tuple(_copy(study, folder) for study in studies.values())
    sums = "".join(f"{digest}  {name}\n" for name, _, digest in files)
    (folder / SUMS).write_text(sums, encoding="utf-8")
    line, place = _line(studies), quote(os.fsencode(source.name))
    listed = Listed(report, place, front.question, line, files)
    title = f"{words_of(front.question)} · Three Lenses"
    page = document.assemble(
        report,
        pages,
        script,
        head=_meta(title, line, f"{base}{place}/" if base else "", PREVIEW),
        links=f'<a href="../{INDEX}">All reports</a> ',
        foot=f'<section id="stores"><h2>Stores</h2>{_stores(listed, "")}</section>',
    )
    (folder / INDEX).write_text(page, encoding="utf-8")
    return listed


def _copy(study: Study, folder: Path) -> tuple[str, int, str]:
    """Copy a store; return its name, size and the sha256 of the bytes that were copied."""
    target = folder / f"{study.name}.h5"
    shutil.copyfile(study.key.path, target)
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return target.name, target.stat().st_size, digest


def _line(studies: Mapping[str, Study]) -> str:
    """Say in one line what was measured on what."""
    parts = [
        f"{formatting.STUDY_TITLES[name]}: {study.provenance.model} on {study.provenance.dataset}, "
        f"{study.size('image'):,} images"
        for name, study in studies.items()
    ]
    return "; ".join(parts) + "." if parts else "No study of this report can be shown."


def _meta(title: str, description: str, address: str, picture: str) -> str:
    """Return what a site that previews links reads. Relative, unless the address is known."""
    facts = {
        "og:type": "website",
        "og:site_name": "Three Lenses",
        "og:title": title,
        "og:description": description,
        "og:image": f"{address}{picture}",
        "og:image:width": str(preview.SIZE[0]),
        "og:image:height": str(preview.SIZE[1]),
        "og:image:alt": title,
        **({"og:url": address} if address else {}),
    }
    lines = [f'<meta property="{name}" content="{escape(value)}">' for name, value in facts.items()]
    return "".join(
        [
            MARK,
            f'<meta name="description" content="{escape(description)}">',
            *lines,
            '<meta name="twitter:card" content="summary_large_image">',
        ]
    )


def _stores(report: Listed, base: str) -> str:
    """Return the stores as a table with links that save them."""
    rows = "".join(
        f'<tr><td><a href="{base}{name}" download>{name}</a></td>'
        f'<td class="number">{size / 1e6:.1f} MB</td><td><code>{digest}</code></td></tr>'
        for name, size, digest in report.files
    )
    return (
        '<div class="table" tabindex="0" role="group" aria-label="Stores"><table><thead><tr>'
        '<th scope="col">store</th><th scope="col">size</th><th scope="col">sha256</th></tr>'
        f'</thead><tbody>{rows}</tbody></table></div><p class="caption">To check them: '
        f'<code>sha256sum -c {SUMS}</code> with <a href="{base}{SUMS}" download>{SUMS}</a>. '
        "To open one: <code>python -m store show FILE</code>.</p>"
    )


def _index(reports: Sequence[Listed], base: str) -> str:
    cards = "".join(_card(report) for report in reports)
    style = document.colours() + (document.HERE / "page.css").read_text(encoding="utf-8")
    first = reports[0].folder
    meta = _meta("Three Lenses", ABOUT, base, f"{first}/{PREVIEW}")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src 'self' file:; base-uri 'none'; form-action 'none'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Three Lenses</title>{meta}<style>{style}</style></head><body>"
        f'<main class="index"><h1>Three Lenses</h1><p>{escape(ABOUT)}</p>{cards}</main>'
        "</body></html>"
    )


def _card(report: Listed) -> str:
    place, name = report.folder, escape(report.name)
    return (
        f'<article><a href="{place}/{INDEX}"><img src="{place}/{PREVIEW}" width="1200" '
        f'height="630" alt="The first figures of report {name}"></a><div>'
        f'<h2><a href="{place}/{INDEX}">{name}</a></h2><p>{report.headline}</p>'
        f'<p class="caption">{escape(report.line)}</p>{_stores(report, f"{place}/")}</div>'
        "</article>"
    )
