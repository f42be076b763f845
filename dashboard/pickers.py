"""Pickers whose choice lives in the URL, so that a link opens exactly what was seen."""

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard import wording
from dashboard.charts import wall

WALL = "_wall"  # ends the key of a wall of thumbnails


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
    note_unknown(key, titles, label)
    start = options.index(default) if default in options else 0
    chosen = st.selectbox(label, titles, index=start, key=key, bind="query-params", help=help_text)
    return options[titles.index(chosen)] if chosen in titles else options[start]


def pick_few(label: str, options: Sequence[str], key: str, *, default: str = "") -> str:
    """Draw two to five of our own options side by side, bound to the URL."""
    note_unknown(key, options, label)
    start = default if default in options else options[0]
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
    wall_key = key + WALL

    def take_click() -> None:
        clicked = st.session_state[wall_key]["selection"].get("clicked") or []
        if clicked:
            st.session_state[key] = options[int(clicked[0]["row"])]

    chart = wall.thumbnail_wall(pictures, list(names), chosen)
    st.altair_chart(
        chart, width="content", key=wall_key, on_select=take_click, alt=f"Thumbnails: {label}"
    )
    return chosen


def note_unknown(key: str, options: Sequence[str], label: str) -> None:
    """Say calmly that the URL asked for something that is not here."""
    asked = st.query_params.get(key)
    if asked and asked not in options:
        what = wording.escaped(asked[:60])
        st.info(
            f"{label}: the link asks for “{what}”, which is not here. Showing the first instead.",
            icon=":material/link_off:",
        )
