"""A claim's value with interval, control and what others measured, as a line of a few pixels.

It is drawn as a small vector picture: a chart each would make the front page wait.
"""

import base64
import math

from dashboard.charts.colours import BLUE, GREY, INK
from dashboard.charts.intervals import ORIGINAL, OTHERS, STRIP
from dashboard.ui import formatting
from store.records import Claim

WIDTH, HEIGHT = 260, 22
EDGE = 8  # px left free at both ends
LEGEND = (
    "Circle: measured here, with its 95% interval. Hollow diamond: control. Filled diamond: the "
    "original report. Squares: other public runs. Shares run from 0 to 1."
)


def domain(claim: Claim) -> tuple[float, float]:
    """Return the ends of a claim's line: 0 and 1 for shares, else around all that is on it."""
    values = [claim.value, claim.low, claim.high, claim.control]
    values += [one.value for one in claim.references]
    defined = [value for value in values if math.isfinite(value)]
    low, high = min(defined), max(defined)
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    margin = 0.08 * (high - low) or 1.0
    return min(low - margin, 0.0) if low >= 0 else low - margin, high + margin


def uri(claim: Claim) -> str:
    """Return the line as the data URI of a vector picture; the claim has a value."""
    low, high = domain(claim)

    def at(value: float) -> float:
        return EDGE + (WIDTH - 2 * EDGE) * (value - low) / (high - low)

    middle = HEIGHT / 2
    parts = [
        f'<line x1="{EDGE}" x2="{WIDTH - EDGE}" y1="{middle}" y2="{middle}" stroke="{GREY}" '
        f'stroke-opacity="0.35"/>'
    ]
    for one in claim.references:
        if math.isfinite(one.value):
            is_original = one.run == ORIGINAL
            colour, _ = STRIP[ORIGINAL if is_original else OTHERS]
            turn = 45 if is_original else 0
            parts.append(_square(at(one.value), middle, 6, turn, f'fill="{colour}"'))
    if math.isfinite(claim.control):
        outline = f'fill="none" stroke="{INK}" stroke-width="1.5"'
        parts.append(_square(at(claim.control), middle, 8, 45, outline))
    if math.isfinite(claim.low) and math.isfinite(claim.high):
        parts.append(
            f'<line x1="{at(claim.low):.1f}" x2="{at(claim.high):.1f}" y1="{middle}" y2="{middle}" '
            f'stroke="{BLUE}" stroke-width="3"/>'
        )
    parts.append(f'<circle cx="{at(claim.value):.1f}" cy="{middle}" r="5" fill="{BLUE}"/>')
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}">{"".join(parts)}</svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(picture.encode()).decode()}"


def about(claim: Claim) -> str:
    """Return the same in words, for those who cannot see it."""
    words = f"{formatting.with_interval(claim.value, claim.low, claim.high)}"
    if math.isfinite(claim.control):
        words += f"; control {formatting.number(claim.control)}"
    others = [f"{one.run} {formatting.number(one.value)}" for one in claim.references]
    return f"{words}; {', '.join(others)}" if others else words


def _square(across: float, down: float, side: float, turn: int, style: str) -> str:
    corner = f'x="{across - side / 2:.1f}" y="{down - side / 2:.1f}"'
    turned = f'transform="rotate({turn} {across:.1f} {down})"'
    return f'<rect {corner} width="{side}" height="{side}" {turned} {style}/>'
