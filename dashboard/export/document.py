"""The one file: pages, style, charts' library and data, and a policy that lets nothing else in."""

import base64
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from dashboard import navigation
from dashboard.export.elements import ExportError, PageDrawer

HERE = Path(__file__).parent
CONFIG = (HERE.parents[1] / ".streamlit" / "config.toml").read_text(encoding="utf-8")
THEME = tomllib.loads(CONFIG)["theme"]
LINES = {"light": "#d5dae2", "dark": "#364152"}
FAINT = {"light": "#5a6472", "dark": "#a4adba"}
BADGE = re.compile(r'<span class="\w+-badge">.*?</span>')  # a claim's verdict
BUNDLER = (
    "import sys, pathlib, vl_convert; source = pathlib.Path(sys.argv[1]).read_text('utf-8'); "
    "sys.stdout.write(vl_convert.javascript_bundle(source))"
)


def assemble(
    report: str,
    pages: list[tuple[PageDrawer, str]],
    script: str,
    *,
    head: str = "",
    links: str = "",
    foot: str = "",
) -> str:
    """Return the whole document of each page's drawer and HTML, and the script of `start_bundle`.

    The first page is the front page; the contents list those after it.
    head, links, foot: HTML to add to the head, before the link to the contents, and at the end.
    """
    style = colours() + (HERE / "page.css").read_text(encoding="utf-8")
    name = escape(report)
    front, *others = [_article(drawer, html) for drawer, html in pages]
    themes = json.dumps({scheme: chart_config(scheme) for scheme in LINES}).replace("<", "\\u003c")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(script)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Three Lenses: report {name}</title>{head}<style>{style}</style></head><body>"
        f"<header><p><b>Three Lenses</b> report {name}</p>"
        f'<p>{links}<a href="#contents">Contents</a></p></header>'
        f"<main>{front}{_contents(pages[1:])}{''.join(others)}{foot}</main>"
        f'<script type="application/json" id="themes">{themes}</script>'
        f'<script type="module">{script}</script></body></html>'
    )


def _article(drawer: PageDrawer, html: str) -> str:
    page = drawer.page
    up = "" if page.name == navigation.FIRST else '<a href="#contents">Contents</a>'
    line = f'<p class="caption place">{escape(page.section)} · {escape(page.title)}{up}</p>'
    return f'<article id="{page.url_path}">{line if up else ""}{html}</article>'


def _contents(pages: list[tuple[PageDrawer, str]]) -> str:
    """Return the pages after the front page by section: question, and verdicts where it has any."""
    sections: dict[str, list[str]] = {}
    for drawer, html in pages:
        page = drawer.page
        badges = " ".join(BADGE.findall(html))
        entry = (
            f'<li><a href="#{page.url_path}">{escape(page.title)}</a> '
            f"<span>{drawer.question} {badges}</span></li>"
        )
        sections.setdefault(page.section, []).append(entry)
    parts = [
        f"<section><h3>{escape(section)}</h3><ul>{''.join(entries)}</ul></section>"
        for section, entries in sections.items()
    ]
    title = '<h2 id="contents-title">Contents</h2>'
    return (
        f'<nav id="contents" aria-labelledby="contents-title">{title}<div>{"".join(parts)}</div>'
        "</nav>"
    )


def chart_config(scheme: str) -> dict[str, Any]:
    """Return Vega-Lite's settings for the light or the dark page, from the site's own theme."""
    ink, line = THEME[scheme]["textColor"], LINES[scheme]
    words = {"labelColor": ink, "titleColor": ink, "labelFontSize": 12, "titleFontSize": 12}
    return {
        "background": "transparent",
        "font": "system-ui, sans-serif",
        "axis": words | {"gridColor": line, "domainColor": line, "tickColor": line},
        "legend": words,
        "title": {"color": ink, "subtitleColor": ink},
        "view": {"stroke": "transparent"},
        "range": {
            "category": THEME["chartCategoricalColors"],
            "heatmap": THEME["chartSequentialColors"],
            "ramp": THEME["chartSequentialColors"],
            "diverging": THEME["chartDivergingColors"],
        },
    }


def _policy(script: str) -> str:
    """Allow this document's one script, its own style and its own pictures; no request at all."""
    # Vega turns a chart's expressions into functions, which is what 'unsafe-eval' allows.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}' 'unsafe-eval'; "
        f"style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def start_bundle() -> Callable[[], str]:
    """Start making Vega, its kin and page.js into one script; return what waits for it.

    The script has no end tag. Waiting raises ExportError: it could not be made.
    """
    # Another process: it takes 100 MB, which it does not give back, and a second of its own. It
    # writes to a file, since one that waits for a reader would hold that memory until then.
    made = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115  (read by `wait`)
    making = subprocess.Popen(
        [sys.executable, "-X", "utf8", "-c", BUNDLER, str(HERE / "page.js")],
        stdout=made,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )

    def wait() -> str:
        complaint = making.communicate()[1]
        if making.returncode:
            why = complaint.strip().splitlines()[-1:] or [f"it ended with {making.returncode}"]
            raise ExportError(f"the charts' library could not be bundled: {why[0]}")
        with made:
            made.seek(0)
            return made.read().replace("</script", "<\\/script")

    return wait


def colours() -> str:
    """Return the site's colours as style: light, and dark where the reader's screen is."""
    parts = []
    for scheme in LINES:
        own = THEME[scheme]
        rules = (
            f":root {{ --background: {own['backgroundColor']}; --text: {own['textColor']}; "
            f"--panel: {own['secondaryBackgroundColor']}; --primary: {own['primaryColor']}; "
            f"--line: {LINES[scheme]}; --faint: {FAINT[scheme]}; }}\n"
        )
        wrapped = f"@media screen and (prefers-color-scheme: dark) {{ {rules} }}\n"
        parts.append(rules if scheme == "light" else wrapped)
    return "".join(parts)
