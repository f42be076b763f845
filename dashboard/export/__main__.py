"""The command line: `python -m dashboard.export [REPORT] [OUT]`."""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from dashboard import loaders
from dashboard.export import document, figures
from dashboard.export.elements import ExportError, PageDrawer, run_pages

OUT = Path("build") / "export"
PNG_SCALE = 2  # pixels per CSS pixel
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
DRAWING_MS = 60_000  # of the browser's own clock, which does not wait: charts need a few seconds
PRINT_SECONDS = 300


def main() -> int:
    """Export one report; print every file that was written, or the one line that says why not."""
    parser = argparse.ArgumentParser(prog="python -m dashboard.export", description=__doc__)
    parser.add_argument("report", nargs="?", default=loaders.FIRST_REPORT)
    parser.add_argument("out", nargs="?", type=Path, help=f"folder; {OUT}/REPORT if left out")
    parser.add_argument("--html-only", action="store_true", help="no figures, tables or PDF")
    options = parser.parse_args()
    reports = loaders.find_reports()
    if options.report not in reports:
        known = ", ".join(reports) or "none; make one with `make precompute`"
        print(f"There is no report {options.report!r}. There is: {known}.", file=sys.stderr)
        return 2
    try:
        export(options.report, options.out or OUT / options.report, html_only=options.html_only)
    except ExportError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def export(report: str, out: Path, *, html_only: bool = False) -> None:
    """Write report.html and, unless told otherwise, its PDF, figures and tables into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    script = document.bundle()  # first: what makes it is gone when the pages take memory
    pages: list[tuple[PageDrawer, str]] = []
    for page, body in run_pages(report):  # one page's elements at a time are in memory
        drawer = PageDrawer(page)
        pages.append((drawer, drawer.html(body)))
        if html_only:  # other files alone need these
            drawer.figures.clear()
            drawer.tables.clear()
        if drawer.not_drawn:
            print(f"{page.name}: only on the site: {', '.join(drawer.not_drawn)}")
    file = out / "report.html"
    file.write_text(document.assemble(report, pages, script), encoding="utf-8")
    print(f"{file}  {file.stat().st_size / 1e6:.1f} MB, opens from disk")
    if html_only:
        return
    _write_parts([drawer for drawer, _ in pages], out)
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        print("No PDF: it needs Chromium or Chrome, such as `apt install chromium`.")
        return
    target = out / "report.pdf"
    _print_pdf(browser, file, target)
    print(f"{target}  {target.stat().st_size / 1e6:.1f} MB")


def _write_parts(drawers: list[PageDrawer], out: Path) -> None:
    import vl_convert  # here: a report in HTML alone needs no such engine in this process

    every_figure = [figure for drawer in drawers for figure in drawer.figures]
    every_table = {name: table for drawer in drawers for name, table in drawer.tables.items()}
    config = document.chart_config("light") | {"background": "white"}
    for folder in ("figures", "data"):
        (out / folder).mkdir(exist_ok=True)
    for figure in every_figure:
        spec = {"width": figures.FILE_WIDTH} | figure.spec
        place = out / "figures" / figure.name
        svg = vl_convert.vegalite_to_svg(spec, config=config, allowed_base_urls=[])
        png = vl_convert.vegalite_to_png(spec, config=config, scale=PNG_SCALE, allowed_base_urls=[])
        place.with_suffix(".svg").write_text(svg, encoding="utf-8")
        place.with_suffix(".png").write_bytes(png)
        every_table.setdefault(figure.name, figure.numbers)
    for name, table in every_table.items():
        (out / "data" / f"{name}.csv").write_text(figures.table_as_csv(table), encoding="utf-8")
    print(f"{out / 'figures'}  {len(every_figure)} figures as SVG and PNG")
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
        f"--print-to-pdf={target}",
    ]
    command = [browser, *options, page.resolve().as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=PRINT_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
