"""Which styles of heading begin topics and which subtopics in this book."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from books.structure.heading_candidates import Mark
from books.structure.headings import LARGE_TYPE, MIDDLE_TYPE
from books.structure.numbering import PLAIN, STRONG, Kind, is_capitals

# Unnumbered headings closer than this, unless in large type, name boxes and steps; further apart than that, they are
# strays.
_CLOSEST, FURTHEST = 1.4, 15.0
# Unnumbered headings of the coarsest style at this distance head chapters if a finer style divides them.
PAGES_A_CHAPTER = 5.0
SIZE_STEP = 0.12


@dataclass(frozen=True, slots=True)
class Style:
    """Headings that look alike: of one kind, and where the kind is unnumbered, of one range of sizes."""

    kind: Kind
    smallest: float = 0.0
    largest: float = 99.0
    is_capitals: bool | None = None

    def fits(self, mark: Mark) -> bool:
        if self.kind in STRONG:
            return mark.kind is self.kind
        alike = self.is_capitals is None or is_capitals(mark.start_line) == self.is_capitals
        return mark.kind in PLAIN and alike and self.smallest <= mark.size <= self.largest


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The style that begins a topic and the one that begins a subtopic; None where no heading does."""

    topic: Style | None
    subtopic: Style | None


def _plain_styles(marks: Sequence[Mark]) -> list[tuple[Style, int]]:
    """The unnumbered styles with their counts, the largest type first; of one size, capitals come first."""
    styles = []
    plain = [mark for mark in marks if mark.kind in PLAIN]
    sizes = sorted({mark.size for mark in plain}, reverse=True)
    while sizes:
        group = [sizes.pop(0)]
        while sizes and group[-1] - sizes[0] < SIZE_STEP:
            group.append(sizes.pop(0))
        for capitals in (True, False):
            style = Style(Kind.SMALL, group[-1], group[0], capitals)
            if count := sum(style.fits(mark) for mark in plain):
                styles.append((style, count))
    return styles


def _common(styles: list[tuple[Style, int]], pages: int, at_least: int) -> list[tuple[Style, int]]:
    """The styles that recur often enough to divide the book, and not on every page."""
    closest = {style: 1.0 if style.smallest >= MIDDLE_TYPE else _CLOSEST for style, _ in styles}
    return [(s, n) for s, n in styles if max(at_least, pages / FURTHEST) <= n <= max(pages, 3) / closest[s]]


def hierarchy(marks: Sequence[Mark], pages: int) -> Hierarchy:
    """Read from all the marks of so many ``pages``."""
    counts = Counter(mark.kind for mark in marks)
    lonely = {kind for kind in (Kind.BARE, Kind.ROMAN) if counts[kind] == 1}
    coarse = sorted(kind for kind in (set(counts) & STRONG) - lonely if kind < Kind.LESSON)
    if lessons := counts[Kind.LESSON]:
        large = [style for style, n in _plain_styles(marks) if style.smallest >= LARGE_TYPE and n <= lessons]
        return Hierarchy(Style(coarse[-1]) if coarse else large[0] if large else None, Style(Kind.LESSON))
    return _under_coarse(marks, pages, coarse, counts) if coarse else _unnumbered(marks, pages)


def _under_coarse(marks: Sequence[Mark], pages: int, coarse: list[Kind], counts: Counter[Kind]) -> Hierarchy:
    """Chapters or units: divided by the finer of them, or by unnumbered headings inside."""
    finest = coarse[-1]
    has_two = len(coarse) > 1 and counts[coarse[-2]] <= counts[finest]
    inner = _common(_plain_styles(marks), pages, (2 if has_two else 1) * max(counts[finest], 1))
    if has_two and not (finest is Kind.CHAPTER and inner and pages >= PAGES_A_CHAPTER * counts[finest]):
        return Hierarchy(Style(coarse[-2]), Style(finest))
    return Hierarchy(Style(finest), inner[0][0] if inner else None)


def _unnumbered(marks: Sequence[Mark], pages: int) -> Hierarchy:
    """Only the look of the headings tells: the coarsest style heads chapters if a finer one divides them."""
    plain = _plain_styles(marks)
    styles = _common(plain, pages, 2 if pages > 3 else 1)
    small = [inner for inner, _ in styles if inner.largest < LARGE_TYPE]
    if small and any(style.smallest >= LARGE_TYPE for style, _ in plain):
        return Hierarchy(Style(Kind.LARGE, LARGE_TYPE), small[0])
    if not styles:
        return Hierarchy(None, None)
    style, count = styles[0]
    is_small = style.largest < LARGE_TYPE and pages / count < PAGES_A_CHAPTER
    finer = [inner for inner, n in styles[1:] if n >= count and inner.largest < style.smallest]
    if is_small or not finer:
        return Hierarchy(None, style)
    return Hierarchy(style, finer[0])
