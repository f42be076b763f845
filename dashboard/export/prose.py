"""Streamlit's Markdown as HTML: raw HTML stays text, and colours and badges become spans."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

COLOURS = "red|orange|yellow|green|blue|violet|gray|grey|rainbow|primary"
DIRECTIVE = re.compile(rf":({COLOURS})(-badge|-background)?\[")
ICON = re.compile(r":material/([a-z0-9_]+):")
ICON_TEXT = {"check_circle": "✓", "cancel": "✗", "help": "?"}  # others only decorate


def block(text: str) -> str:
    """Return paragraphs, lists and tables as HTML."""
    return _MARKDOWN.render(text)


def inline(text: str) -> str:
    """Return one line as HTML, without a paragraph around it."""
    return _MARKDOWN.renderInline(text)


def _icon(state: StateInline, silent: bool) -> bool:
    found = ICON.match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        state.push("text", "", 0).content = ICON_TEXT.get(found[1], "")
    state.pos = found.end()
    return True


def _directive(state: StateInline, silent: bool) -> bool:
    found = DIRECTIVE.match(state.src, state.pos)
    if not found:
        return False
    end = state.md.helpers.parseLinkLabel(state, found.end() - 1)
    if end < 0:
        return False
    if not silent:
        opened = state.push("span_open", "span", 1)
        opened.attrSet("class", f"{found[1]}{found[2] or ''}")
        last = state.posMax
        state.pos, state.posMax = found.end(), end
        state.md.inline.tokenize(state)
        state.posMax = last
        state.push("span_close", "span", -1)
    state.pos = end + 1
    return True


def _make() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    markdown.disable("image")  # a page's pictures are elements of their own
    for name, rule in (("streamlit_icon", _icon), ("streamlit_colour", _directive)):
        markdown.inline.ruler.before("link", name, rule)
    return markdown


_MARKDOWN = _make()
