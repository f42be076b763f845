"""The command line: `python -m dashboard.export [REPORT] [OUT]`, or with `--site` a site."""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from dashboard import loaders
from dashboard.export import document, figures
from dashboard.export.elements import ExportError, PageDrawer, draw_pages, known_report

OUT, SITE = Path("build") / "export", Path("build") / "site"
COMMITTED = (loaders.FIRST_REPORT, loaders.PHOTOGRAPHS_REPORT)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
DRAWING_MS = 60_000  # of the browser's own clock, which does not wait: charts need a few seconds
PRINT_SECONDS = 300


def main() -> int:
    """Export one report; print every file that was written, or the one line that says why not."""
    parser = argparse.ArgumentParser(prog="python -m dashboard.export", description=__doc__)
    parser.add_argument("report", nargs="?", help=f"{loaders.FIRST_REPORT} if left out")
    parser.add_argument("out", nargs="?", type=Path, help=f"folder; {OUT}/REPORT if left out")
    parser.add_argument("--html-only", action="store_true", help="no figures, tables or PDF")
    parser.add_argument("--progress", action="store_true", help="a line before each page")
    parser.add_argument(
        "--site",
        action="store_true",
        help=f"a folder for a static host ({SITE} if left out) of REPORT, or of those in git",
    )
    parser.add_argument("--address", default="", help="the site's URL; some previews need it")
    options = parser.parse_args()
    try:
        if options.site:
            write_site(options.report, options.out or SITE, options.address)
        else:
            report = options.report or loaders.FIRST_REPORT
            known_report(report)
            out = options.out or OUT / report
            export(report, out, html_only=options.html_only, progress=options.progress)
    except ExportError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def write_site(report: str | None, out: Path, address: str) -> None:
    """Write a site of one report, or of those that come with the program."""
    from dashboard.export import site

    here = loaders.find_reports()
    reports = [report] if report else [name for name in COMMITTED if name in here] or list(here)
    site.write(reports, out, address)
    total = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    print(f"{out}  {total / 1e6:.1f} MB, reports: {', '.join(reports)}. To look at it:")
    print(f"  python -m http.server --directory {out}")


def export(report: str, out: Path, *, html_only: bool = False, progress: bool = False) -> None:
    """Write report.html and, unless told otherwise, its PDF, figures and tables into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    script = document.start_bundle()()  # first: what makes it is gone when the pages take memory
    tell = partial(print, flush=True) if progress else lambda line: None
    pages = draw_pages(report, keep_parts=not html_only, tell=tell)
    for drawer, _ in pages:
        if drawer.not_drawn:
            print(f"{drawer.page.name}: only on the site: {', '.join(drawer.not_drawn)}")
    file = out / "report.html"
    publish(file, document.assemble(report, pages, script))
    print(f"{file}  {file.stat().st_size / 1e6:.1f} MB, opens from disk")
    if html_only:
        return
    _write_parts(report, [drawer for drawer, _ in pages], out)
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        print("No PDF: it needs Chromium or Chrome, such as `apt install chromium`.")
        return
    target = out / "report.pdf"
    _print_pdf(browser, file, target)
    print(f"{target}  {target.stat().st_size / 1e6:.1f} MB")


def publish(file: Path, text: str) -> None:
    """Write a text beside its place and move it there, so that a file is whole or not there."""
    _publish(file, lambda beside: beside.write_text(text, encoding="utf-8"))


def _publish(file: Path, write: Callable[[Path], object]) -> None:
    beside = file.with_name(f".{file.stem}-{os.getpid()}{file.suffix}")
    try:
        write(beside)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def _write_parts(report: str, drawers: list[PageDrawer], out: Path) -> None:
    from dashboard.export import captions, paper  # here: a report in HTML alone needs no vl_convert

    every_figure = [(drawer.page, figure) for drawer in drawers for figure in drawer.figures]
    every_table = {name: table for drawer in drawers for name, table in drawer.tables.items()}
    for folder in ("data", *(f"figures/{width}" for width in paper.WIDTHS)):
        (out / folder).mkdir(parents=True, exist_ok=True)
    for _, figure in every_figure:
        paper.write(figure, out / "figures")
        every_table.setdefault(figure.name, figure.numbers)
    words = captions.document(report, loaders.load_all(report)[0], every_figure)
    publish(out / "figures" / "captions.md", words)
    for name, table in every_table.items():
        (out / "data" / f"{name}.csv").write_text(figures.table_as_csv(table), encoding="utf-8")
    widths = " and ".join(f"{inches} in" for inches in paper.WIDTHS.values())
    print(f"{out / 'figures'}  {len(every_figure)} figures, {widths} wide, as SVG, PDF and PNG")
    print(f"{out / 'data'}  {len(every_table)} tables as CSV")


def _print_pdf(browser: str, page: Path, target: Path) -> None:
    """Print a document, with no network; raise OSError or SubprocessError if that fails."""
    options = [
        *("--headless", "--disable-gpu"),
        "--no-sandbox",  # needed as root, as in a container; the file is ours and asks for nothing
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--window-size=760,1000",  # about as wide as the paper, so charts are drawn for it
        "--no-pdf-header-footer",
        f"--virtual-time-budget={DRAWING_MS}",
    ]

    def print_to(beside: Path) -> None:
        command = [browser, *options, f"--print-to-pdf={beside}", page.resolve().as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=PRINT_SECONDS)

    _publish(target, print_to)


if __name__ == "__main__":
    sys.exit(main())
