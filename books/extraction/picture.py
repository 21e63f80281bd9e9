"""Draws found subtopic boundaries beside the true ones. Imports neither Django nor a vendor's SDK."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

PAGE, BAND, MARGIN, GAP = 28, 64, 24, 34
# Readable for people who cannot tell red from green, too: what agrees is blue, what does not is orange.
AGREES, DIFFERS, PAPER, RULE, INK = "#1f6fb2", "#d9730d", "#ffffff", "#d5dbe1", "#1c2733"
PAGES_A_ROW = 40


def boundary_picture(truth: Sequence[int], found: Sequence[int], page_count: int) -> Image.Image:
    """Two bands of a square a page, forty to a row: a bar at each page on which a subtopic begins, blue where both
    have it and orange where only one has."""
    rows = range(1, page_count + 1, PAGES_A_ROW)
    width = 2 * MARGIN + PAGE * min(page_count, PAGES_A_ROW) + 90
    row_height = 2 * BAND + GAP + 30
    picture = Image.new("RGB", (width, 2 * MARGIN + row_height * len(rows)), PAPER)
    for at, first in enumerate(rows):
        numbers = range(first, min(first + PAGES_A_ROW, page_count + 1))
        _row(ImageDraw.Draw(picture), MARGIN + at * row_height, numbers, set(truth), set(found))
    return picture


def _row(draw: ImageDraw.ImageDraw, top: int, numbers: range, truth: set[int], found: set[int]) -> None:
    font = ImageFont.load_default(13)
    for name, at, starts in (("true", top, truth), ("found", top + BAND + 24, found)):
        draw.text((MARGIN, at + BAND // 2 - 8), name, INK, font)
        for place, number in enumerate(numbers):
            left = MARGIN + 60 + place * PAGE
            draw.rectangle((left, at, left + PAGE, at + BAND), outline=RULE)
            if number in starts:
                colour = AGREES if number in truth & found else DIFFERS
                draw.rectangle((left + 2, at + 4, left + 8, at + BAND - 4), fill=colour)
    for place, number in enumerate(numbers):
        draw.text((MARGIN + 62 + place * PAGE, top + BAND + 5), str(number), INK, ImageFont.load_default(12))
