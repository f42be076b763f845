"""The one file: pages, style, charts' library and data, and a policy that lets nothing else in."""

import base64
import hashlib
import json
import subprocess
import sys
import tomllib
from html import escape
from pathlib import Path
from typing import Any

from dashboard.export.elements import PageDrawer
from dashboard.export.record import ExportError

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CONFIG = ROOT / ".streamlit" / "config.toml"
LINES = {"light": "#d5dae2", "dark": "#364152"}
BUNDLER = (  # reads page.js
    "import sys, vl_convert; sys.stdout.write(vl_convert.javascript_bundle(sys.stdin.read()))"
)
FAINT = {"light": "#5a6472", "dark": "#a4adba"}


def assemble(report: str, pages: list[tuple[PageDrawer, str]], script: str) -> str:
    """Return the whole document.

    pages: each page's drawer and the HTML that it gave. script: from `bundle`.
    """
    style = _colours() + (HERE / "page.css").read_text(encoding="utf-8")
    links = "".join(
        f'<li><a href="#{_anchor(drawer)}">{escape(drawer.page.title)}</a></li>'
        for drawer, _ in pages
    )
    articles = "".join(
        f'<article id="{_anchor(drawer)}"><p class="caption">{escape(drawer.page.section)}</p>'
        f"{html}</article>"
        for drawer, html in pages
    )
    title = f"Three Lenses: report {escape(report)}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(script)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{style}</style></head><body>"
        f'<header><h1>{title}</h1><nav aria-label="Pages"><ul>{links}</ul></nav></header>'
        f"<main>{articles}</main>"
        f'<script type="application/json" id="themes">{_themes()}</script>'
        f'<script type="module">{script}</script></body></html>'
    )


def chart_config(scheme: str) -> dict[str, Any]:
    """Return Vega-Lite's settings for the light or the dark page, from the site's own theme."""
    theme = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"]
    ink, line = theme[scheme]["textColor"], LINES[scheme]
    words = {"labelColor": ink, "titleColor": ink, "labelFontSize": 12, "titleFontSize": 12}
    return {
        "background": "transparent",
        "font": "system-ui, sans-serif",
        "axis": words | {"gridColor": line, "domainColor": line, "tickColor": line},
        "legend": words,
        "title": {"color": ink, "subtitleColor": ink},
        "view": {"stroke": "transparent"},
        "range": {
            "category": theme["chartCategoricalColors"],
            "heatmap": theme["chartSequentialColors"],
            "ramp": theme["chartSequentialColors"],
            "diverging": theme["chartDivergingColors"],
        },
    }


def _anchor(drawer: PageDrawer) -> str:
    return drawer.page.name.replace("_", "-")


def _policy(script: str) -> str:
    """Allow this document's one script, its own style and its own pictures; no request at all.

    Vega turns a chart's expressions into functions, which is what 'unsafe-eval' allows.
    """
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}' 'unsafe-eval'; "
        f"style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def bundle() -> str:
    """Return Vega, Vega-Lite, Vega-Embed and page.js as one script, with no tag to end it.

    Another process bundles them, since that takes 100 MB which it does not give back.

    Raises:
        ExportError: the process that bundles them failed.
    """
    made = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", BUNDLER],
        input=(HERE / "page.js").read_text(encoding="utf-8"),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if made.returncode:
        why = made.stderr.strip().splitlines()[-1:] or [f"it ended with {made.returncode}"]
        raise ExportError(f"the charts' library could not be bundled: {why[0]}")
    return made.stdout.replace("</script", "<\\/script")


def _themes() -> str:
    themes = {scheme: chart_config(scheme) for scheme in ("light", "dark")}
    return json.dumps(themes).replace("<", "\\u003c")


def _colours() -> str:
    theme = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"]
    parts = []
    for scheme in ("light", "dark"):
        own = theme[scheme]
        rules = (
            f":root {{ --background: {own['backgroundColor']}; --text: {own['textColor']}; "
            f"--panel: {own['secondaryBackgroundColor']}; --primary: {own['primaryColor']}; "
            f"--line: {LINES[scheme]}; --faint: {FAINT[scheme]}; }}\n"
        )
        wrapped = f"@media screen and (prefers-color-scheme: dark) {{ {rules} }}\n"
        parts.append(rules if scheme == "light" else wrapped)
    return "".join(parts)
