"""What each page draws, run without a server, as HTML. Every text is untrusted and is escaped.

Streamlit's Markdown becomes HTML too: raw HTML stays text, and colours and badges become spans.
"""

import gc
import re
from collections.abc import Callable, Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from dashboard import loaders, navigation
from dashboard.export import figures
from dashboard.ui import pickers, toolbar
from dashboard.vae import live_decoder

HOME = Path(__file__).resolve().parents[1] / "Home.py"
PAGE_SECONDS = 120
LONGEST_NAME = 48  # letters of a description in a file's name
BUTTONS = ("button", "download_button", "link_button")
CHOICES = (
    *("button_group", "checkbox", "multiselect", "number_input", "radio", "select_slider"),
    *("selectbox", "slider", "text_input", "toggle"),
)
HEADINGS = {"title": "h2", "header": "h3", "subheader": "h3"}
KEYED = ("front", "claims")  # endings of keys that page.css names: the parts of the front page
ALERTS = ("info", "warning", "error", "success")
# Endings of keys: what is only there to click or to move.
ON_THE_SITE_ALONE = (pickers.WALL, toolbar.KEY, live_decoder.KEY)
COLOURS = "red|orange|yellow|green|blue|violet|gray|grey|rainbow|primary"
DIRECTIVE = re.compile(rf":({COLOURS})(-badge|-background)?\[")
ICON = re.compile(r":material/([a-z0-9_]+):")
ICON_TEXT = {"check_circle": "✓", "cancel": "✗", "help": "?"}  # others only decorate


class ExportError(Exception):
    """The report cannot be exported; printed as one line that says what to do."""


def exported_pages(report: str) -> list[navigation.Page]:
    """Return the pages about one report and the studies that it has, in the navigation's order."""
    studies = {"", *(key.study for key in loaders.report_state(report))}  # "" is all of them
    pages = navigation.PAGES.values()
    return [page for page in pages if page.study in studies and not page.of_several_reports]


def run_pages(report: str) -> Iterator[tuple[navigation.Page, Block]]:
    """Run each page over a report; yield it with all that it drew, in the navigation's order.

    `AppTest` is Streamlit's way to run an app in a process without a server. It stands in for
    the server, so a running site must not call this: it starts `python -m dashboard.export`.
    Raises ExportError: a page failed.
    """
    app = AppTest.from_file(str(HOME), default_timeout=PAGE_SECONDS)
    app.query_params["report"] = report
    app.run()  # this is the first page
    for page in exported_pages(report):
        if page.name != navigation.FIRST:
            app.switch_page(page.file).run()
        if app.exception:
            raise ExportError(f"page {page.name} failed: {app.exception[0].message}")
        yield page, app.main


def known_report(report: str) -> Path:
    """Return a report's folder. Raises ExportError: there is no such report."""
    reports = loaders.find_reports()
    if report not in reports:
        known = ", ".join(reports) or "none; make one with `make precompute`"
        raise ExportError(f"There is no report {report!r}. There is: {known}.")
    return reports[report]


def draw_pages(
    report: str, *, keep_parts: bool = False, tell: Callable[[str], None] = lambda line: None
) -> list[tuple["PageDrawer", str]]:
    """Run every page of a report and return each with its HTML.

    Args:
        report: its name.
        keep_parts: keep figures and tables as well, which files other than the HTML need.
        tell: is told `pages done/pages in all, title` before each page.
    """
    every, pages = exported_pages(report), []
    tell(f"0/{len(every)} {every[0].title}")
    for page, body in run_pages(report):  # one page's elements at a time are in memory
        drawer = PageDrawer(page)
        pages.append((drawer, drawer.html(body)))
        if not keep_parts:
            drawer.figures.clear()
            drawer.tables.clear()
        del body
        st.cache_data.clear()  # what a page read and drew: a site keeps it for the next reader
        gc.collect()  # a page's tree is full of cycles, and the next one is as large
        next_title = every[len(pages)].title if len(pages) < len(every) else ""
        tell(f"{len(pages)}/{len(every)} {next_title}")
    return pages


class PageDrawer:
    """Turns one page into HTML, and collects its figures and tables on the way."""

    def __init__(self, page: navigation.Page) -> None:
        self.page = page
        self.figures: list[figures.Exported] = []
        self.tables: dict[str, pd.DataFrame] = {}
        self.not_drawn: list[str] = []  # kinds of element that only the site can show
        self.question = ""  # the page's title, as HTML
        self._above = ""  # the last heading, as Markdown

    def _draw(self, node: Any) -> str:
        if isinstance(node, Block):
            return self.html(node)
        kind: str = node.type
        if kind in ("space", "divider", *BUTTONS):
            return ""
        if kind in HEADINGS:
            self._above = node.value
            return self._heading(kind, markdown_line(node.value))
        if kind in CHOICES:
            return _choice(node)
        if kind in ALERTS:
            return f'<div class="note {kind}">{markdown_block(node.value)}</div>'
        if kind in _SIMPLE:
            return _SIMPLE[kind](node)
        if kind == "vega_lite_chart":
            return self._figure(node)
        if kind in ("dataframe", "table"):
            return self._table(node)
        self.not_drawn.append(kind)
        return '<p class="caption">(Here the site shows something that a file cannot.)</p>'

    def html(self, block: Block) -> str:
        """Return what a page or a part of it draws; call it once, then read the collections."""
        if block._block_id.endswith(ON_THE_SITE_ALONE):
            return ""
        inside = "".join(self._draw(child) for child in block.children.values())
        if block.type == "column":  # an empty one keeps its place beside others
            return f'<div class="column" style="flex-grow:{block.proto.weight:.3f}">{inside}</div>'
        if not inside:
            return ""
        if block.type in ("expander", "status", "popover"):
            named = block.proto.popover if block.type == "popover" else block.proto
            summary = markdown_line(named.label)
            return f"<details><summary>{summary}</summary>{inside}</details>"
        if block.type == "tab":
            return f"<section><h4>{markdown_line(block.proto.label)}</h4>{inside}</section>"
        flex = block.proto.flex_container if block.type == "flex_container" else None
        side_by_side = flex is not None and flex.direction == flex.Direction.HORIZONTAL
        classes = [
            "row" if side_by_side else "stack",
            *(["border"] if flex and flex.border else []),
        ]
        classes += [key for key in KEYED if block._block_id.endswith(f"-{key}")]
        return f'<div class="{" ".join(classes)}">{inside}</div>'

    def _heading(self, kind: str, words: str) -> str:
        tag = HEADINGS[kind]
        if kind == "title" and not self.question:
            self.question = words
            tag = "h1" if self.page.name == navigation.FIRST else tag
        return f"<{tag}>{words}</{tag}>"

    def _figure(self, node: Any) -> str:
        if node.proto.id.endswith(ON_THE_SITE_ALONE):
            return ""
        name = self._name(node.proto.alt, len(self.figures) + 1)
        figure = figures.figure_from_proto(name, node.proto, plain(self._above))
        self.figures.append(figure)
        wide = " wide" if figures.fills_container(figure.spec) else ""
        about = escape(figure.alt)
        return (
            f'<figure><div class="chart{wide}" role="group" aria-label="{about}"></div>'
            f'<script type="application/json">{figures.for_browser(figure)}</script></figure>'
        )

    def _table(self, node: Any) -> str:
        about = str(getattr(node.proto, "alt", ""))
        same = [figure.name for figure in self.figures if figure.alt == about]
        name = same[-1] if same else self._name(about, len(self.figures) + len(self.tables) + 1)
        self.tables[name] = node.value
        return figures.table_as_html(node.value, name, about)

    def _name(self, about: str, number: int) -> str:
        words = re.sub(r"[^a-z0-9]+", "-", about.lower()).strip("-")[:LONGEST_NAME]
        return f"{self.page.url_path}-{number:02d}-{words}".strip("-")


def _choice(node: Any) -> str:
    value = node.value
    if isinstance(value, bool):
        value = "on" if value else "off"
    elif isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    text = "nothing" if value is None else str(value)
    return f'<p class="choice">{markdown_line(node.proto.label)}: <b>{escape(text)}</b></p>'


def _images(node: Any) -> str:
    parts = []
    for image in node.proto.imgs:
        if not image.url.startswith("data:image/"):
            raise ExportError("a picture is not a data URI; make it with charts.image_encoding.uri")
        words = markdown_line(image.caption)
        caption = f"<figcaption>{words}</figcaption>" if words else ""
        picture = f'<img src="{escape(image.url)}" alt="{escape(image.alt)}">'
        parts.append(f"<figure>{picture}{caption}</figure>")
    return f'<div class="pictures">{"".join(parts)}</div>'


def _page_link(node: Any) -> str:
    page = node.proto.page or navigation.FIRST
    return f'<p><a href="#{escape(page)}">{markdown_line(node.proto.label)}</a></p>'


_SIMPLE: dict[str, Callable[[Any], str]] = {
    "markdown": lambda node: markdown_block(node.value),
    "caption": lambda node: f'<div class="caption">{markdown_block(node.value)}</div>',
    "text": lambda node: f"<p>{escape(node.value)}</p>",
    "code": lambda node: f'<pre tabindex="0"><code>{escape(node.value)}</code></pre>',
    "json": lambda node: f'<pre tabindex="0"><code>{escape(str(node.value))}</code></pre>',
    "image": _images,
    "page_link": _page_link,
}


def _icon(state: StateInline, silent: bool) -> bool:
    match = ICON.match(state.src, state.pos)
    if not match:
        return False
    if not silent:
        state.push("text", "", 0).content = ICON_TEXT.get(match[1], "")
    state.pos = match.end()
    return True


def _directive(state: StateInline, silent: bool) -> bool:
    match = DIRECTIVE.match(state.src, state.pos)
    if not match:
        return False
    end = state.md.helpers.parseLinkLabel(state, match.end() - 1)
    if end < 0:
        return False
    if not silent:
        opened = state.push("span_open", "span", 1)
        opened.attrSet("class", f"{match[1]}{match[2] or ''}")
        last = state.posMax
        state.pos, state.posMax = match.end(), end
        state.md.inline.tokenize(state)
        state.posMax = last
        state.push("span_close", "span", -1)
    state.pos = end + 1
    return True


_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_MARKDOWN.disable("image")  # a page's pictures are elements of their own
for _name, _rule in (("streamlit_icon", _icon), ("streamlit_colour", _directive)):
    _MARKDOWN.inline.ruler.before("link", _name, _rule)


def markdown_block(text: str) -> str:
    """Return paragraphs, lists and tables as HTML."""
    return _MARKDOWN.render(text)


def plain(text: str) -> str:
    """Return one line of Markdown as the words that a reader sees."""
    return words_of(markdown_line(text))


def words_of(html: str) -> str:
    """Return a line of HTML as the words that a reader sees."""
    return unescape(re.sub(r"<[^>]*>", "", html)).replace("\u2060", "")


def markdown_line(text: str) -> str:
    """Return one line as HTML, without a paragraph around it."""
    return _MARKDOWN.renderInline(text)
