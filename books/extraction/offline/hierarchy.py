"""Which kinds of heading begin topics and which subtopics in this book."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from books.extraction.engine import Outline
from books.extraction.offline.headings import STRONG, Kind
from books.extraction.offline.marks import Mark, subtopic_kinds, topic_kinds

# Unnumbered headings closer than this are labels of boxes and steps, not subjects.
_PAGES_A_SUBTOPIC = 1.4
_PLAIN = (Kind.LARGE, Kind.MIDDLE, Kind.SMALL)


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The kind that begins a topic and the kind that begins a subtopic; None where no heading does."""

    topic: Kind | None
    subtopic: Kind | None


def _strong(marks: Sequence[Mark], so_far: Outline) -> list[Kind]:
    counts = Counter(mark.kind for mark in marks)
    lonely = {kind for kind, count in counts.items() if count < 2 and kind in (Kind.BARE, Kind.ROMAN, Kind.DECIMAL)}
    carried = topic_kinds(so_far) | subtopic_kinds(so_far)
    return sorted((set(counts) & STRONG) - (lonely - carried) | carried)


def _plain_kind(marks: Sequence[Mark], pages: int, above: int, finer_than: Kind | None) -> Kind | None:
    """The largest unnumbered kind that is common enough to divide ``above`` topics, and not a label on every page."""
    counts = Counter(mark.kind for mark in marks if mark.kind in _PLAIN)
    for kind in _PLAIN:
        if finer_than is not None and kind <= finer_than:
            continue
        if max(above, 1) <= counts[kind] and counts[kind] * _PAGES_A_SUBTOPIC <= max(pages, 3):
            return kind
    return None


def hierarchy(marks: Sequence[Mark], pages: int, so_far: Outline) -> Hierarchy:
    """Read from a window's marks and from the outline so far, so that later windows go on in the same way."""
    strong = _strong(marks, so_far)
    fine = [kind for kind in strong if kind in (Kind.LESSON, Kind.DECIMAL)]
    coarse = [kind for kind in strong if kind not in fine]
    counts = Counter(mark.kind for mark in marks)
    if fine:
        lessons = Kind.DECIMAL if Kind.DECIMAL in fine else Kind.LESSON
        above = coarse[-1] if coarse else Kind.LESSON if len(fine) == 2 else None
        if above is None and counts[Kind.LARGE] and counts[Kind.LARGE] <= counts[lessons]:
            above = Kind.LARGE
        return Hierarchy(above, lessons)
    if coarse:
        return _under_coarse(marks, pages, coarse, counts)
    large = _plain_kind(marks, pages, 1, None)
    if large is None:
        return Hierarchy(None, None)
    below = _plain_kind(marks, pages, counts[large], large) if large is not Kind.SMALL else None
    if below is Kind.SMALL and large is Kind.MIDDLE:
        below = None
    return Hierarchy(large, below) if below is not None else Hierarchy(None, large)


def _under_coarse(marks: Sequence[Mark], pages: int, coarse: list[Kind], counts: Counter[Kind]) -> Hierarchy:
    finest = coarse[-1]
    if len(coarse) > 1 and counts[coarse[-2]] <= counts[finest]:
        inner = _plain_kind(marks, pages, 2 * counts[finest], Kind.LARGE)
        return Hierarchy(finest, inner) if inner is Kind.MIDDLE else Hierarchy(coarse[-2], finest)
    inner = _plain_kind(marks, pages, counts[finest], Kind.BARE)
    return Hierarchy(finest, inner if inner in (Kind.MIDDLE, Kind.LARGE) else None)
