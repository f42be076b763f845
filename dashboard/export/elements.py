"""What a page drew, element by element, as HTML. Every text is untrusted and is escaped."""

from collections.abc import Callable
from html import escape
from typing import Any

import pandas as pd
from streamlit.testing.v1.element_tree import Block

from dashboard import navigation
from dashboard.export import figures, prose, tables
from dashboard.export.record import ExportError, Page
from dashboard.ui import pickers, toolbar

BUTTONS = ("button", "download_button", "link_button")
CHOICES = (
    "button_group",
    "checkbox",
    "multiselect",
    "number_input",
    "radio",
    "select_slider",
    "selectbox",
    "slider",
    "text_input",
    "toggle",
)
HEADINGS = {"title": "h2", "header": "h3", "subheader": "h3"}
ALERTS = ("info", "warning", "error", "success")
ON_THE_SITE_ALONE = (pickers.WALL, toolbar.KEY)  # endings of keys: what is only there to click


class PageDrawer:
    """Turns one page into HTML, and collects its figures and tables on the way."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.figures: list[figures.Exported] = []
        self.tables: dict[str, pd.DataFrame] = {}
        self.not_drawn: list[str] = []  # kinds of element that only the site can show

    def html(self, drawn: Block) -> str:
        """Return the page's body; call it once, then read the collections."""
        return self._block(drawn)

    def forget(self) -> None:
        """Drop the collections: what only other files than the HTML need."""
        self.figures.clear()
        self.tables.clear()

    def _draw(self, node: Any) -> str:
        if isinstance(node, Block):
            return self._block(node)
        kind: str = node.type
        if kind in ("space", "divider", *BUTTONS):
            return ""
        if kind in HEADINGS:
            tag = HEADINGS[kind]
            return f"<{tag}>{prose.inline(node.value)}</{tag}>"
        if kind in CHOICES:
            return _choice(node)
        if kind in ALERTS:
            return f'<div class="note {kind}">{prose.block(node.value)}</div>'
        if kind in _SIMPLE:
            return _SIMPLE[kind](node)
        collected = {
            "vega_lite_chart": self._figure,
            "dataframe": self._table,
            "table": self._table,
        }
        return collected.get(kind, self._only_on_the_site)(node)

    def _block(self, block: Block) -> str:
        if block._block_id.endswith(ON_THE_SITE_ALONE):
            return ""
        inside = "".join(self._draw(child) for child in block.children.values())
        if not inside:
            return ""
        if block.type in ("expander", "status", "popover"):
            named = block.proto.popover if block.type == "popover" else block.proto
            summary = prose.inline(named.label)
            return f"<details><summary>{summary}</summary>{inside}</details>"
        if block.type == "tab":
            return f"<section><h4>{prose.inline(block.proto.label)}</h4>{inside}</section>"
        if block.type == "column":
            return f'<div class="column" style="flex-grow:{block.proto.weight:.3f}">{inside}</div>'
        flex = block.proto.flex_container if block.type == "flex_container" else None
        side_by_side = flex is not None and flex.direction == flex.Direction.HORIZONTAL
        box = "row" if side_by_side else "stack"
        return f'<div class="{box}{" border" if flex and flex.border else ""}">{inside}</div>'

    def _figure(self, node: Any) -> str:
        if node.proto.id.endswith(ON_THE_SITE_ALONE):
            return ""
        name = self._name(node.proto.alt, len(self.figures) + 1)
        figure = figures.from_proto(name, node.proto)
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
        return tables.as_html(node.value, name, about)

    def _only_on_the_site(self, node: Any) -> str:
        self.not_drawn.append(node.type)
        return '<p class="caption">(Here the site shows something that a file cannot.)</p>'

    def _name(self, about: str, number: int) -> str:
        words = [self.page.name.replace("_", "-"), f"{number:02d}", figures.slug(about)]
        return "-".join(word for word in words if word)


def _choice(node: Any) -> str:
    value = node.value
    if isinstance(value, bool):
        value = "on" if value else "off"
    elif isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    text = "nothing" if value is None else str(value)
    return f'<p class="choice">{prose.inline(node.proto.label)}: <b>{escape(text)}</b></p>'


def _images(node: Any) -> str:
    parts = []
    for image in node.proto.imgs:
        if not image.url.startswith("data:image/"):
            raise ExportError("a picture is not a data URI; make it with charts.pictures.uri")
        caption = f"<figcaption>{prose.inline(image.caption)}</figcaption>" if image.caption else ""
        picture = f'<img src="{escape(image.url)}" alt="{escape(image.alt)}">'
        parts.append(f"<figure>{picture}{caption}</figure>")
    return f'<div class="pictures">{"".join(parts)}</div>'


def _page_link(node: Any) -> str:
    page = node.proto.page or navigation.FIRST
    return f'<p><a href="#{escape(page)}">{prose.inline(node.proto.label)}</a></p>'


def _metric(node: Any) -> str:
    delta = f' <span class="caption">{prose.inline(node.proto.delta)}</span>'
    value = f"<b>{prose.inline(node.proto.body)}</b>"
    return f'<p class="metric">{prose.inline(node.proto.label)}<br>{value}{delta}</p>'


_SIMPLE: dict[str, Callable[[Any], str]] = {
    "markdown": lambda node: prose.block(node.value),
    "caption": lambda node: f'<div class="caption">{prose.block(node.value)}</div>',
    "text": lambda node: f"<p>{escape(node.value)}</p>",
    "code": lambda node: f'<pre tabindex="0"><code>{escape(node.value)}</code></pre>',
    "json": lambda node: f'<pre tabindex="0"><code>{escape(str(node.value))}</code></pre>',
    "image": _images,
    "page_link": _page_link,
    "metric": _metric,
}
