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
LEAST_HEIGHT = 96  # px of a picture; of wide ones there is room for fewer


def picture(report: str, headline: str, front: str) -> bytes:
    """Return a PNG of the front page's headline, HTML, and of the figures in its HTML."""
    sheet = Image.new("RGB", SIZE, BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    draw.text((EDGE, 30), f"Three Lenses · report {report}", FAINT, _letters(26))
    below = 72
    for line in _lines(words_of(headline), _letters(44), SIZE[0] - 2 * EDGE)[:2]:
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
            _row(sheet, uris, (left, top + 44), (width, height - 44 - GAP))
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _row(sheet: Image.Image, uris: list[str], at: tuple[int, int], room: tuple[int, int]) -> None:
    """Put pictures side by side, as many as there is room for."""
    pictures = [Image.open(io.BytesIO(base64.b64decode(uri))).convert("RGB") for uri in uris]
    shapes = sum(one.width / one.height for one in pictures)
    fitting = int((room[0] - GAP * (len(pictures) - 1)) / shapes)
    height = min(room[1], max(fitting, LEAST_HEIGHT))
    left = at[0]
    for one in pictures:
        width = round(height * one.width / one.height)
        if left + width > at[0] + room[0] + 1 and left > at[0]:
            break
        sheet.paste(one.resize((width, height), Image.Resampling.LANCZOS), (left, at[1]))
        left += width + GAP


def _letters(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)  # it comes with Pillow, so every machine draws the same


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
