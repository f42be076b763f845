"""A picture for link previews, made of what the front page shows: its headline and its figures."""

import base64
import io
import re

from PIL import Image, ImageDraw, ImageFont

from dashboard.export.elements import words_of

SIZE = (1200, 630)  # px, what sites that preview links ask for
EDGE, GAP = 44, 12
BACKGROUND, INK, FAINT, LINE = "#ffffff", "#0e1620", "#5a6472", "#d5dae2"
CARD = re.compile(
    r'<div class="stack border">(.*?)(?=<div class="stack border">|<h3>|$)', re.DOTALL
)
TITLE = re.compile(r"<a [^>]*>(.*?)</a>", re.S)
PICTURE = re.compile(r'<img src="data:image/(?:png|webp|jpeg);base64,([^"]+)"')
MOST_CARDS = 4


def picture(report: str, headline: str, front: str) -> bytes:
    """Return a PNG of the front page's headline, HTML, and of the figures in its HTML."""
    sheet = Image.new("RGB", SIZE, BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    draw.text((EDGE, 30), f"Three Lenses · report {report}", FAINT, _letters(26))
    below = 72
    for line in _headline(words_of(headline)):
        draw.text((EDGE, below), line, INK, _letters(44))
        below += 54
    cards = [
        (words_of(TITLE.findall(card)[0]), uris)
        for card in CARD.findall(front)
        if (uris := PICTURE.findall(card))
    ][:MOST_CARDS]
    n_rows = -(-len(cards) // 2)
    if n_rows:
        below += 14
        height = (SIZE[1] - below - EDGE // 2) // n_rows
        width = (SIZE[0] - 2 * EDGE - 3 * GAP) // 2 if len(cards) > 1 else SIZE[0] - 2 * EDGE
        for place, (title, uris) in enumerate(cards):
            left = EDGE + (place % 2) * (width + 3 * GAP)
            top = below + (place // 2) * height
            draw.line((left, top, left + width, top), LINE, 2)
            draw.text((left, top + 8), _lines(title, _letters(24), width)[0], INK, _letters(24))
            _fill(sheet, uris, (left, top + 44), (width, height - 44 - GAP))
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _fill(sheet: Image.Image, uris: list[str], at: tuple[int, int], room: tuple[int, int]) -> None:
    """Put pictures of one kind side by side and in rows, two or more of them, as large as can be.

    Of many wide ones, a few that can be seen are better than all.
    """
    pictures = [_on_background(uri) for uri in uris]
    shape = max(one.width / one.height for one in pictures)
    most, height, rows, columns = 0.0, 0.0, 1, 1
    for n_rows in range(1, len(pictures) + 1):
        for n_columns in range(1, len(pictures) + 1):
            n_fit = min(n_rows * n_columns, len(pictures))
            high = (room[1] - GAP * (n_rows - 1)) / n_rows
            wide = (room[0] - GAP * (n_columns - 1)) / n_columns
            area = n_fit * min(high, wide / shape) ** 2
            if n_fit >= min(2, len(pictures)) and area > most:
                most, height, rows, columns = area, min(high, wide / shape), n_rows, n_columns
    for place, one in enumerate(pictures[: rows * columns]):
        size = round(height * one.width / one.height), round(height)
        left = at[0] + (place % columns) * (round(height * shape) + GAP)
        top = at[1] + (place // columns) * (size[1] + GAP)
        sheet.paste(one.resize(size, Image.Resampling.LANCZOS), (left, top))


def _on_background(uri: str) -> Image.Image:
    picture = Image.open(io.BytesIO(base64.b64decode(uri))).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, BACKGROUND), picture).convert(
        "RGB"
    )


def _letters(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)  # it comes with Pillow, so every machine draws the same


def _headline(text: str) -> list[str]:
    """Return a headline as one line or two; where it can, the second begins after a colon."""
    lines = _lines(text, _letters(44), SIZE[0] - 2 * EDGE)[:2]
    first, colon, second = text.partition(": ")
    halves = [f"{first}:", second]
    fit = all(_letters(44).getlength(half) <= SIZE[0] - 2 * EDGE for half in halves)
    return halves if len(lines) > 1 and colon and fit else lines


def _lines(
    text: str, letters: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int
) -> list[str]:
    """Return a text as lines that are no wider; a single word may be."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if letters.getlength(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
