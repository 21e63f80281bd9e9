"""The table of contents of a book: drafted from its pages, confirmed by a person, binding from then on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from books.errors import LinesInDoubt, StageNotReady
from books.extraction import outline_ops
from books.extraction.engines.offline import OfflineEngine
from books.extraction.records import book_facts, digests_of, page_text
from books.models import Book, Contents, ContentsStatus
from books.models.page import page_numbers
from books.stored.outline import ContentsLine
from books.stored.pages import PageId, PageNumbers
from books.structure.base import BookFacts, Digest, Outline, PageText, TocEntry
from books.structure.chapters import NOT_READ, MatchedLine, match_lines
from books.structure.contents import TocLine, parse_toc, toc_lines
from books.structure.cut import cut
from books.structure.match_contents import PrintedPages
from books.wording import in_language
from jobs import clock
from jobs.errors import JobAlreadyActive
from jobs.models import Job

NOTHING_FOUND = gettext_lazy(
    "No contents pages and no headings were found. Paste or type the lines of the contents instead."
)


def entries_of(contents: Contents) -> tuple[TocEntry, ...]:
    """With the numbers that the scans have now; a line whose page was removed has none."""
    numbers = page_numbers(contents.book_id)
    return tuple(
        TocEntry(
            each.title, each.level, each.number, each.page, numbers.first([each.scan or ""]) or None, each.is_fixed
        )
        for each in contents.entries
    )


def _line(entry: TocEntry, numbers: PageNumbers) -> ContentsLine[PageId]:
    scan = next(iter(numbers.ids([entry.scan or 0])), None)
    return ContentsLine(entry.title, entry.level, entry.number, entry.page, scan, entry.is_fixed)


def confirmed_toc(book_id: int) -> tuple[TocEntry, ...]:
    """What the cut of the book follows; () where nobody confirmed contents."""
    contents = Contents.objects.filter(book=book_id, status=ContentsStatus.CONFIRMED).first()
    return entries_of(contents) if contents else ()


def draft_contents(book: Book, *, user: AbstractBaseUser | None = None) -> Contents:
    """Stores a draft from the contents pages or the headings. Raises StageNotReady where neither was found, or no page
    was read."""
    digests = _with_lines_a_model_saw(book, read_digests(book))
    if not digests:
        raise StageNotReady(_("No page of this book has been read yet; run OCR first."))
    entries, origin = drafted(book_facts(book), digests)
    if not entries:
        raise StageNotReady(str(NOTHING_FOUND))
    return _store(book, entries, ContentsStatus.DRAFTED, origin, user)


def _with_lines_a_model_saw(book: Book, digests: list[Digest]) -> list[Digest]:
    """Contents pages that only a model's digests made out count too."""
    if any(digest.toc for digest in digests):
        return digests
    listed = {digest.page: digest.toc for digest in digests_of(book.pk)}
    return [replace(digest, toc=listed.get(digest.page, ())) for digest in digests]


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """A line with what becomes of it; ``matched`` is None where it was not understood."""

    line: TocLine
    matched: MatchedLine | None

    @property
    def problems(self) -> list[str]:
        return [
            in_language(problem)
            for problem in (self.line.problem, self.matched.problem if self.matched else "")
            if problem
        ]

    @property
    def is_marked(self) -> bool:
        """Whether a person should look at it; before any page was read, that it has no scan says nothing."""
        return any(problem != in_language(NOT_READ) for problem in self.problems)


def check_lines(book: Book, text: str) -> list[CheckedLine]:
    """Raises UploadRejected for too many lines."""
    lines = toc_lines(text)
    matched = iter(match_lines([line.entry for line in lines if line.entry], read_digests(book)) if lines else [])
    return [CheckedLine(line, next(matched) if line.entry else None) for line in lines]


def save_contents(
    book: Book, text: str, *, confirm: bool = False, despite: Collection[str] = (), user: AbstractBaseUser | None = None
) -> tuple[Contents, list[MatchedLine]]:
    """Stores the lines of ``text``; ``confirm`` lets the cut follow them, each where it was found to begin.

    Raises UploadRejected for a text without entries, and LinesInDoubt where a line that something is odd about is to be
    confirmed and is not in ``despite``, the lines that a person saw marked.
    """
    parse_toc(text)
    lines = check_lines(book, text)
    marked = {each.line.text: each.problems[0] for each in lines if each.is_marked}
    if confirm and not marked.keys() <= set(despite):
        raise LinesInDoubt(marked)
    matched = [each.matched for each in lines if each.matched]
    status = ContentsStatus.CONFIRMED if confirm else ContentsStatus.DRAFTED
    return _store(book, [each.entry for each in matched], status, "", user), matched


def release_contents(book: Book, *, user: AbstractBaseUser | None = None) -> None:
    """Confirmed contents become a draft, which the cut does not follow; a draft is deleted."""
    with _changing(book):
        present = Contents.objects.filter(book=book)
        if not present.filter(status=ContentsStatus.CONFIRMED).update(
            status=ContentsStatus.DRAFTED, changed_by=user, changed_at=clock.now()
        ):
            present.delete()


def read_digests(book: Book) -> list[Digest]:
    """The pages that were read, by the offline engine: free, and the same until a text changes."""
    rows = book.pages.filter(reading__isnull=False).select_related("reading").order_by("number")
    texts = [page_text(page) for page in rows]
    return [
        _digest(page, outline_ops.last_lines(before.text), outline_ops.first_lines(after.text))
        for before, page, after in zip([_NONE, *texts], texts, [*texts[1:], _NONE], strict=False)
    ]


_NONE = PageText(0, "")
_NO_FACTS = BookFacts("")


@lru_cache(maxsize=1_000)
def _digest(page: PageText, before: str, after: str) -> Digest:
    """Ten milliseconds a page: kept, because a preview is asked for after every few keys."""
    engine = OfflineEngine()
    return engine.digest(_NO_FACTS, page, before, after)


def _store(
    book: Book, entries: Sequence[TocEntry], status: ContentsStatus, origin: str, user: AbstractBaseUser | None
) -> Contents:
    numbers = page_numbers(book.pk)
    values = {
        "entries": tuple(_line(entry, numbers) for entry in entries),
        "status": status,
        "origin": origin,
        "changed_by": user,
        "changed_at": clock.now(),
    }
    with _changing(book):
        return Contents.objects.update_or_create(book=book, defaults=values)[0]


@contextmanager
def _changing(book: Book) -> Iterator[None]:
    """With the book locked, so that no job of it can start. Raises JobAlreadyActive while one holds it."""
    with transaction.atomic():
        Book.objects.select_for_update().get(pk=book.pk)
        active = Job.objects.holding().filter(book=book).first()
        if active is not None:
            raise JobAlreadyActive(
                _("A job of this book is active: its contents can be changed when it is over."), job_id=str(active.pk)
            )
        yield


def drafted(book: BookFacts, digests: Sequence[Digest]) -> tuple[tuple[TocEntry, ...], str]:
    """A first draft of the contents and what it was drawn from: "contents" pages, "headings", or "" for nothing."""
    listed = _once(entry for digest in digests for entry in digest.toc)
    if len(listed) > 1:
        return listed, "contents"
    outline = cut(book, digests)
    if outline.basis != "headings":
        return (), ""
    return tuple(_from_headings(outline, PrintedPages(digests))), "headings"


def _once(entries: Iterable[TocEntry]) -> tuple[TocEntry, ...]:
    """A brief list of contents before the detailed one names the chapters twice; the last mention counts."""
    found: dict[tuple[str, str, int | None], TocEntry] = {}
    for entry in entries:
        key = entry.number, entry.title.casefold(), entry.page
        found.pop(key, None)
        found[key] = entry
    return tuple(found.values())


def _from_headings(outline: Outline, printed: PrintedPages) -> Iterator[TocEntry]:
    for topic in outline.topics:
        yield _entry(topic.title, 1, topic.number, topic.first_page, printed)
        for subtopic in topic.subtopics:
            if len(topic.subtopics) > 1 or subtopic.title != topic.title:
                yield _entry(subtopic.title, 2, subtopic.number, subtopic.first_page, printed)


def _entry(title: str, level: int, number: str, scan: int, printed: PrintedPages) -> TocEntry:
    """By its printed page, which a person can look up in the book; by its scan where none is printed on it."""
    page = printed.number_on(scan)
    return TocEntry(title, level, number, page, scan, is_fixed=page is None)
