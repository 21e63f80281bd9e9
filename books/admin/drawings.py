"""What people would rather look at than read, drawn on the server: shapes on one scale, and the same numbers in words.
The templates ``_strip``, ``_ruler`` and ``_bars`` put them on a screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from books.extraction.contents import entries_of
from books.extraction.records import applied_cut
from books.models import Book, Contents, OcrStatus, Page, Subtopic
from books.models.page import CLEAN_CONFIDENCE, page_numbers
from books.stored.pages import ranges
from books.structure.base import TocEntry
from jobs.views import JobView

# Of every drawing, which its style stretches.
WIDTH: Final = 1000
# Of the strip; more of them weigh more than they show.
MOST_COLUMNS: Final = 150


def scaled(value: float, most: float) -> str:
    """``value`` of 0 to ``most`` on the width of a drawing."""
    return f"{WIDTH * value / most if most else 0:.1f}".removesuffix(".0")


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    words: str
    at: str
    width: str


def bars(rows: Iterable[tuple[str, float, float, str]]) -> list[Bar]:
    """Of (label, where it begins, how long it is, the same in words)."""
    rows = list(rows)
    most = max((at + length for _label, at, length, _words in rows), default=0)
    return [Bar(label, words, scaled(at, most), scaled(length, most)) for label, at, length, words in rows]


def stage_times(view: JobView, words: Callable[[int], str]) -> list[Bar]:
    """When each stage of a job worked, counted from the first; the one at work, until now."""
    begun = [(stage.started_at, stage) for stage in view.stages if stage.started_at]
    first = min((at for at, _stage in begun), default=None)
    rows = []
    for at, stage in begun:
        is_at_work = view.job.is_at_work and stage.state == "running"
        seconds = ((timezone.now() if is_at_work else stage.worked_until or at) - at).total_seconds()
        rows.append((_(stage.title), (at - (first or at)).total_seconds(), seconds, words(round(seconds))))
    return bars(rows)


@dataclass(frozen=True, slots=True)
class Strip:
    """How sure the engine was of each page: paths of the columns, as wide as their line, that are ``clean`` and of
    those that are not."""

    words: str
    numbers: str
    columns: int
    clean: str
    low: str


def confidence_strip(pages: Sequence[Page]) -> Strip | None:
    """Of all pages of a book in order; None where none has a reading. A page that was not read, or has nothing to
    read, leaves a gap. In a long book a column stands for several pages and is as high as the lowest of them."""
    with_text = [page for page in pages if page.ocr_status != OcrStatus.BLANK]
    read = {page.number: page.reading.confidence for page in with_text if page.reading is not None}
    if not read:
        return None
    low = [number for number, confidence in read.items() if confidence < CLEAN_CONFIDENCE]
    parts: dict[bool, list[str]] = {True: [], False: []}
    together = -(-len(pages) // MOST_COLUMNS)
    for at in range(0, len(pages), together):
        lot = [read[page.number] for page in pages[at : at + together] if page.number in read]
        if lot:
            confidence = min(lot)
            parts[confidence >= CLEAN_CONFIDENCE].append(f"M{at // together} 100v-{confidence:.0f}")
    facts = {"mean": round(sum(read.values()) / len(read)), "limit": round(CLEAN_CONFIDENCE), "count": len(low)}
    words = _("Mean {mean} %; pages below {limit} %: {count}.").format(**facts)
    if together > 1:
        words += " " + _("A column shows the lowest of {count} pages.").format(count=together)
    columns = -(-len(pages) // together)
    return Strip(words, ranges(low), columns, "".join(parts[True]), "".join(parts[False]))


@dataclass(frozen=True, slots=True)
class Scale:
    """One way to cut the book: paths of the pages on which topics and subtopics begin; ``moved`` are those that the
    prediction lacks."""

    name: str
    label: str
    words: str
    topics: str
    subtopics: str
    moved: str = ""


def boundaries(book: Book, contents: Iterable[TocEntry] | None = None) -> list[Scale]:
    """As the engine predicted them, as the contents say (``contents``, or what is stored), as they are now; those
    that there are."""
    numbers, pages = page_numbers(book.pk), book.pages.count()
    cut = applied_cut(book.pk)
    if contents is None:
        stored = Contents.objects.filter(book=book).first()
        contents = entries_of(stored) if stored else ()
    rows = list(Subtopic.objects.filter(topic__book=book).values_list("topic", "pages"))
    inside: dict[int, list[int]] = {}
    for topic, held in rows:
        inside.setdefault(topic, []).extend(numbers.numbers(held))
    lines = [(entry.level, entry.scan) for entry in contents if entry.scan]
    sections = [at for level, at in lines if level > 1]
    chapters = _starts(numbers.numbers(topic.pages) for topic in cut.topics)
    predicted = _starts(numbers.numbers(each.pages) for topic in cut.topics for each in topic.subtopics)
    now = _starts(numbers.numbers(held) for _topic, held in rows)
    moved = sorted(set(now) - set(predicted)) if predicted else []
    scales = (
        _scale("predicted", _("Predicted"), pages, (chapters, predicted, [])),
        _scale("contents", _("Contents"), pages, ([at for level, at in lines if level == 1], sections, [])),
        _scale("now", _("Now"), pages, (_starts(inside.values()), now, moved)),
    )
    return [each for each in scales if each.words]


def _scale(name: str, label: str, pages: int, starts: tuple[list[int], list[int], list[int]]) -> Scale:
    """``starts`` of topics, of subtopics, and of those that were not predicted."""
    said = (_("Topics begin on pages {pages}."), _("Subtopics begin on pages {pages}."), _("Not predicted: {pages}."))
    words = [each.format(pages=_listed(found)) for each, found in zip(said, starts, strict=True) if found]
    return Scale(name, label, " ".join(words), *(_ticks(found, pages) for found in starts))


def _starts(runs: Iterable[Sequence[int]]) -> list[int]:
    return [min(pages) for pages in runs if pages]


def _ticks(starts: Iterable[int], pages: int) -> str:
    return "".join(f"M{scaled(page - 1, pages)} 0V30" for page in sorted(set(starts)))


def _listed(pages: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(set(pages))))
