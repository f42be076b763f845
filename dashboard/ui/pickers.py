"""Pickers whose choice lives in the URL, so that a link opens exactly what was seen."""

import re
from collections.abc import Callable, Sequence

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.charts.colours import VERMILION
from dashboard.charts.figure import Chart
from dashboard.ui import formatting

WALL = "_wall"  # ends the key of a wall of thumbnails
COLUMNS, CELL = 6, 42  # of a wall: 252 px fit a phone and a narrow column
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
    """Draw a list of options, by title in the URL; return the chosen one or the default."""
    titles = [title(option) for option in options]
    _take_number(key, titles)
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


def pick_along(label: str, options: Sequence[str], key: str, default: str) -> int:
    """Draw a slider over options in their order; return the place of the chosen one."""
    note_unknown(key, options, label, default)
    chosen = st.select_slider(label, options, value=default, key=key, bind="query-params")
    return list(options).index(chosen)


def switch(label: str, key: str, help_text: str | None = None) -> bool:
    """Draw a switch, off at first, bound to the URL."""
    return st.toggle(label, key=key, bind="query-params", help=help_text)


def pick_picture(
    label: str, names: Sequence[str], pictures: Sequence[str], key: str, start: int = 0
) -> int:
    """Draw a list and a wall of thumbnails, one data URI per name; return the chosen row.

    start: the row that is chosen at first.
    """
    options = [f"{row + 1} · {name}" for row, name in enumerate(names)]
    chosen = options.index(pick(label, options, key, default=options[start]))
    wall_key = chart_key(key + WALL, "row", chosen)

    def take_click() -> None:
        for row in clicked(wall_key, "row"):
            st.session_state[key] = options[row]

    chart, about = _thumbnail_wall(pictures, list(names), chosen), f"Thumbnails: {label}"
    st.altair_chart(chart, width="content", key=wall_key, on_select=take_click, alt=about)
    return chosen


def _thumbnail_wall(pictures: Sequence[str], names: Sequence[str], chosen: int) -> Chart:
    """Return a chart of thumbnails, the chosen one framed; a click selects its `row`."""
    frame = pd.DataFrame({"row": range(len(names)), "name": names, "url": pictures})
    frame["x"] = frame["row"] % COLUMNS + 0.5
    frame["y"] = frame["row"] // COLUMNS + 0.5
    frame["chosen"] = frame["row"] == chosen
    n_rows, side = -(-len(names) // COLUMNS), CELL - 4
    click = alt.selection_point(name="clicked", fields=["row"], on="click", empty=False)
    base = alt.Chart(frame).encode(
        x=alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, COLUMNS], nice=False)),
        y=alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, n_rows], nice=False, reverse=True)),
    )
    picture = base.mark_image(width=side, height=side).encode(url="url:N")
    border = base.mark_square(size=side**2, fill="transparent", strokeWidth=3, cursor="pointer")
    border = border.encode(
        stroke=alt.condition("datum.chosen", alt.value(VERMILION), alt.value("transparent")),
        tooltip=alt.Tooltip("name:N", title="picture"),
    )
    layered, autosize = alt.layer(picture, border.add_params(click)), alt.AutoSizeParams(type="pad")
    size = {"width": COLUMNS * CELL, "height": n_rows * CELL, "padding": 0}
    return layered.properties(**size, autosize=autosize).configure_view(strokeWidth=0)


def chart_key(key: str, field: str, chosen: int) -> str:
    """Return the key of a chart that can be clicked: another once its last click is outdated."""
    # The browser does not send a selection that it sent before: after another choice in the list,
    # the picture clicked last could not be clicked again, were the chart not a new one.
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


def _take_number(key: str, titles: Sequence[str]) -> None:
    """Let a link name an option that begins with a number by the number alone."""
    asked = st.query_params.get(key, "")
    if asked.isdecimal() and asked not in titles:
        full = next((title for title in titles if title.startswith(f"{asked} · ")), None)
        if full is not None:
            st.session_state[key] = st.query_params[key] = full


def note_unknown(key: str, options: Sequence[str], label: str, default: str) -> None:
    """Say calmly that what the URL holds is not here, and that the default is shown.

    The URL keeps a choice from another report or page, so no link need have been followed.
    """
    asked = st.query_params.get(key)
    if asked and asked not in options:
        note = f"{label}: “{asked[:60]}” is not available here; showing “{default}”."
        st.info(formatting.escaped(note), icon=":material/link_off:")
