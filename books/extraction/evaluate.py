"""How well found subtopic boundaries agree with true ones, in figures and drawn. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont


@dataclass(frozen=True, slots=True)
class BoundaryScores:
    """``precision``, ``recall`` and ``f1`` (0 to 1, best 1) at the exact page; ``pk`` and ``window_diff`` (best 0).

    Pk: Beeferman, Berger and Lafferty 1999. WindowDiff: Pevzner and Hearst 2002. Both slide a window of half the mean
    true segment over the pages, and forgive a near miss in part.
    """

    precision: float
    recall: float
    f1: float
    pk: float
    window_diff: float


def boundary_scores(truth_starts: Sequence[int], found_starts: Sequence[int], page_count: int) -> BoundaryScores:
    """Compare the pages (1 to ``page_count``) on which subtopics begin; a page named twice counts once.

    Where neither has a boundary all agree. Raises ValueError for a page outside the book.
    """
    truth, found = set(truth_starts), set(found_starts)
    if any(not 1 <= page <= page_count for page in truth | found):
        raise ValueError(f"A boundary lies outside pages 1 to {page_count}.")
    hits = len(truth & found)
    precision = hits / len(found) if found else float(not truth)
    recall = hits / len(truth) if truth else float(not found)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    pk, window_diff = _window_errors(truth, found, page_count)
    return BoundaryScores(precision, recall, f1, pk, window_diff)


def _window_errors(truth: set[int], found: set[int], page_count: int) -> tuple[float, float]:
    """The shares of windows that disagree on whether (Pk), and on how often (WindowDiff), a boundary lies within.

    A boundary on page 1 parts nothing and is left out.
    """
    inner = [starts - {1} for starts in (truth, found)]
    width = max(1, round(page_count / (len(inner[0]) + 1) / 2))
    windows = [range(first + 1, first + width + 1) for first in range(1, page_count - width + 1)]
    if not windows:
        return 0.0, 0.0
    counts = [[sum(page in starts for page in window) for window in windows] for starts in inner]
    pairs = list(zip(*counts, strict=True))
    pk = sum((a > 0) != (b > 0) for a, b in pairs) / len(pairs)
    return pk, sum(a != b for a, b in pairs) / len(pairs)


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
