"""A wall of thumbnails that can be clicked."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from dashboard.charts.colours import VERMILION
from dashboard.charts.figure import Chart

COLUMNS, CELL = 6, 42  # 252 px: fits a phone and a narrow column


def thumbnail_wall(pictures: Sequence[str], names: Sequence[str], chosen: int) -> Chart:
    """Return a chart of thumbnails, the chosen one framed; a click selects its `row`.

    pictures: one data URI each.
    """
    frame = pd.DataFrame({"row": range(len(names)), "name": names, "url": pictures})
    frame["x"] = frame["row"] % COLUMNS + 0.5
    frame["y"] = frame["row"] // COLUMNS + 0.5
    frame["chosen"] = frame["row"] == chosen
    n_rows = -(-len(names) // COLUMNS)
    click = alt.selection_point(name="clicked", fields=["row"], on="click", empty=False)
    base = alt.Chart(frame).encode(
        x=alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, COLUMNS], nice=False)),
        y=alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, n_rows], nice=False, reverse=True)),
    )
    picture = base.mark_image(width=CELL - 4, height=CELL - 4).encode(url="url:N")
    border = base.mark_square(
        size=(CELL - 4) ** 2, fill="transparent", strokeWidth=3, cursor="pointer"
    ).encode(
        stroke=alt.condition("datum.chosen", alt.value(VERMILION), alt.value("transparent")),
        tooltip=alt.Tooltip("name:N", title="picture"),
    )
    layered = alt.layer(picture, border.add_params(click)).properties(
        width=COLUMNS * CELL,
        height=n_rows * CELL,
        padding=0,
        autosize=alt.AutoSizeParams(type="pad"),
    )
    return layered.configure_view(strokeWidth=0)
