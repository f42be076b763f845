"""Pickers whose choice lives in the URL, so that a link opens exactly what was seen."""

import re
from collections.abc import Callable, Sequence

import streamlit as st

from dashboard.ui import formatting, thumbnail_grid

WALL = "_wall"  # ends the key of a wall of thumbnails
PLAIN = re.compile(r"[\w .,%-]*")  # no Markdown, which buttons draw, pictures from elsewhere too


def pick(
    label: str,
    options: Sequence[str],
    key: str,
    *,
    title: Callable[[str], str] = str,
    default: str = "",
    help_text: str | None = None,
) -> str:
    """Draw a list of options bound to the URL; return the chosen one.

    The URL holds the option's shown title. A value that is not in the list is dropped, with a
    notice.
    """
    titles = [title(option) for option in options]
    start = options.index(default) if default in options else 0
    note_unknown(key, titles, label, titles[start])
    chosen = st.selectbox(label, titles, index=start, key=key, bind="query-params", help=help_text)
    return options[titles.index(chosen)] if chosen in titles else options[start]


def pick_few(label: str, options: Sequence[str], key: str, *, default: str = "") -> str:
    """Draw two to five options side by side, or in a list where they are not plain text."""
    if not all(map(PLAIN.fullmatch, options)):
        return pick(label, options, key, default=default)
    start = default if default in options else options[0]
    note_unknown(key, options, label, start)
    chosen = st.segmented_control(
        label, options, default=start, required=True, key=key, bind="query-params"
    )
    return str(chosen or start)


def switch(label: str, key: str, help_text: str | None = None) -> bool:
    """Draw a switch, off at first, bound to the URL."""
    return st.toggle(label, key=key, bind="query-params", help=help_text)


def pick_picture(label: str, names: Sequence[str], pictures: Sequence[str], key: str) -> int:
    """Draw a wall of thumbnails and a list, kept in step; return the chosen picture's row.

    pictures: one data URI per name.
    """
    options = [f"{row + 1} · {name}" for row, name in enumerate(names)]
    chosen = options.index(pick(label, options, key))
    wall_key = chart_key(key + WALL, "row", chosen)

    def take_click() -> None:
        for row in clicked(wall_key, "row"):
            st.session_state[key] = options[row]

    chart = thumbnail_grid.thumbnail_wall(pictures, list(names), chosen)
    st.altair_chart(
        chart, width="content", key=wall_key, on_select=take_click, alt=f"Thumbnails: {label}"
    )
    return chosen


def chart_key(key: str, field: str, chosen: int) -> str:
    """Return the key of a chart that can be clicked: another one once its last click is outdated.

    The browser does not send a selection that it sent before. After another choice in the list, the
    picture clicked last could not be clicked again, were the chart not a new one.
    """
    turn = st.session_state.setdefault(f"{key}_turn", 0)
    last = clicked(f"{turn}_{key}", field)
    if last and chosen not in last:
        turn += 1
        st.session_state[f"{key}_turn"] = turn
    return f"{turn}_{key}"


def clicked(key: str, field: str) -> list[int]:
    """Return the field's values of what is clicked in the chart of this key, none before it is."""
    state = st.session_state.get(key)
    points = state["selection"].get("clicked") if state else None
    return [int(point[field]) for point in points or []]


def note_unknown(key: str, options: Sequence[str], label: str, default: str) -> None:
    """Say calmly that what the URL holds is not here, and that the default is shown.

    The URL keeps a choice when the reader turns to another report or page, so that no link need
    have been followed.
    """
    asked = st.query_params.get(key)
    if asked and asked not in options:
        said = f"{label}: “{asked[:60]}” is not available here; showing “{default}”."
        st.info(formatting.escaped(said), icon=":material/link_off:")
