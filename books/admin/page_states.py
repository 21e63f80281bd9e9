"""What the screens know of each page of a book, in a number of queries that does not depend on how many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from books.keys import fingerprint
from books.models import Book, OcrStatus, Page, PageReview
from books.models.page import CLEAN_CONFIDENCE
from books.ocr.engines.base import Doubt
from books.ocr.image.open import SHEET
from books.ocr.job import OCR, OCR_ELSEWHERE
from books.stored.pages import ranges
from books.team.sharing import reasons_of
from books.wording import in_language
from jobs.models import Item, Job
from jobs.states import ACTIVE, OPEN_ITEMS, ItemState, JobStatus
from jobs.views import job_view

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

KINDS: Final = (OCR.kind, OCR_ELSEWHERE.kind)

# Each with a letter that tells it from the others without colour; as those of guidelines where they mean the same.
STATES: Final = {
    "reading": ("…", _("Reading")),
    "waiting": ("W", _("Waiting")),
    "failed": ("F", _("Failed")),
    "quarantined": ("Q", _("Quarantined")),
    "rejected": ("R", _("Rejected")),
    "approved": ("A", _("Approved")),
    "blank": ("B", _("Blank")),
    "read": ("?", _("To review")),
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """The page's item in the last OCR job that had it; ``is_crash``: it was set aside because it killed its workers."""

    count: int = 0
    is_in_hand: bool = False
    is_crash: bool = False


@dataclass(frozen=True, slots=True)
class Thumb:
    """Where the small picture of a page lies: the address of a sheet, and its place in it, from 0."""

    sheet: str
    place: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One page; ``same_as`` is the number of another page with the same text, ``reason`` why it was rejected."""

    page: Page
    state: str
    attempts: int = 0
    same_as: int | None = None
    thumb: Thumb | None = None
    reason: str = ""

    @property
    def letter(self) -> str:
        return STATES[self.state][0]

    @property
    def label(self) -> str:
        return str(STATES[self.state][1])

    @property
    def is_read(self) -> bool:
        return self.page.ocr_status in (OcrStatus.DONE, OcrStatus.BLANK)

    @property
    def may_miss_text(self) -> bool:
        return self.page.reading is not None and self.page.reading.text_may_be_missing

    @property
    def doubts(self) -> list[Doubt]:
        """Why a person has to look; of readings that say no more, that text may be missing."""
        if self.page.reading is None or not self.may_miss_text:
            return []
        return [doubt for doubt in Doubt if doubt in self.page.reading.doubts] or [Doubt.MISSING]

    @property
    def is_doubtful(self) -> bool:
        """Read with a confidence at which errors are likely."""
        is_done = self.page.ocr_status == OcrStatus.DONE and self.page.reading is not None
        return is_done and self.page.reading.confidence < CLEAN_CONFIDENCE  # type: ignore[union-attr]

    @property
    def notes(self) -> list[str]:
        """What a person should know before a decision."""
        notes = [
            (bool(self.reason), Truncator(self.reason).chars(80)),
            *((True, gettext(doubt.heading)) for doubt in self.doubts),
            (self.is_doubtful, gettext("Low confidence")),
            (self.same_as is not None, gettext("Same text as page {page}").format(page=self.same_as)),
        ]
        return [note for applies, note in notes if applies]

    @property
    def told(self) -> str:
        """All of it in a line, for who points at the page; of a sure reading no figure."""
        words = [self.label, *self.notes]
        if self.attempts > 1:
            words.append(gettext("{count} attempts").format(count=self.attempts))
        if self.is_doubtful and self.page.reading:
            words.append(f"{self.page.reading.engine}, {self.page.reading.confidence:.0f} %")
        return ". ".join([*words, *([in_language(self.page.ocr_error)] if self.page.ocr_error else [])])


def cells_of(book: Book) -> list[Cell]:
    """The pages in order."""
    pages = Page.objects.filter(book=book).select_related("reading").order_by("number")
    light = list(pages.defer("reading__text", "reading__lines"))
    attempts = _attempts(Q(job__book=book))
    same, thumbs, reasons = _same_texts(light), thumbs_of(book, light), _reasons(light)
    return [
        replace(
            _cell(page, attempts.get(str(page.pk), Attempt()), same.get(page.number)),
            thumb=thumbs.get(page.pk),
            reason=reasons.get(page.pk, ""),
        )
        for page in light
    ]


def thumbs_of(book: Book, pages: Sequence[Page]) -> dict[UUID, Thumb]:
    """By page id; ``pages`` are in the order of their numbers. The address of a sheet changes when one of its pages is
    read again."""
    sheet = reverse("admin:books_book_sheet", args=[book.pk])
    thumbs: dict[UUID, Thumb] = {}
    for start in range(0, len(pages), SHEET):
        lot = pages[start : start + SHEET]
        numbers, mark = ranges(page.number for page in lot), fingerprint([page.reading_id for page in lot])[:8]
        address = f"{sheet}?of={numbers.replace(' ', '')}&v={mark}"
        thumbs |= {page.pk: Thumb(address, place) for place, page in enumerate(lot) if page.reading_id}
    return thumbs


def cell_of(page: Page) -> Cell:
    attempt = _attempts(Q(job__book=page.book_id, key=str(page.pk))).get(str(page.pk), Attempt())
    return replace(_cell(page, attempt, _same_text(page)), reason=_reasons([page]).get(page.pk, ""))


def _reasons(pages: Iterable[Page]) -> dict[UUID, str]:
    return reasons_of([page for page in pages if page.review == PageReview.REJECTED])


def _cell(page: Page, attempt: Attempt, same_as: int | None) -> Cell:
    return Cell(page, _state(page, attempt), attempt.count, same_as)


def _state(page: Page, attempt: Attempt) -> str:
    if attempt.is_in_hand:
        return "reading"
    if page.review != PageReview.PENDING:
        return str(page.review)
    if page.ocr_status == OcrStatus.FAILED and attempt.is_crash:
        return "quarantined"
    return "read" if page.ocr_status == OcrStatus.DONE else str(page.ocr_status)


@dataclass(frozen=True, slots=True)
class ReadingAgain:
    """A page that an active job has still to read."""

    job: Job
    sentence: str

    @property
    def mark(self) -> str:
        """Changes with what it says."""
        return fingerprint(self.sentence)[:16]


def reading_of(page: Page) -> ReadingAgain | None:
    """None where no job is about to read the page."""
    items = Item.objects.filter(job__book=page.book_id, job__kind__in=KINDS, job__status__in=ACTIVE, key=str(page.pk))
    item = items.filter(state__in=OPEN_ITEMS).select_related("job").first()
    return ReadingAgain(item.job, _reading_words(item)) if item else None


def _reading_words(item: Item) -> str:
    if item.job.status == JobStatus.RUNNING and item.state == ItemState.LEASED:
        return gettext("This page is being read.")
    words = [gettext("This page waits to be read.")]
    if item.error_message:
        words.append(gettext("Attempt {count} failed: {why}").format(count=item.attempts, why=item.error_message))
    return " ".join([*words, job_view(item.job).headline])


def _attempts(of: Q) -> dict[str, Attempt]:
    """By page id, from the latest OCR job that had the page."""
    items = Item.objects.filter(of, job__kind__in=KINDS).order_by("job__created_at")
    facts = items.values_list("key", "state", "attempts", "error_kind", "job__status")
    return {
        key: Attempt(
            count,
            is_in_hand=state == ItemState.LEASED and status in ACTIVE,
            is_crash=state == ItemState.FAILED and error_kind == "crash",
        )
        for key, state, count, error_kind, status in facts
    }


def _same_texts(pages: Iterable[Page]) -> dict[int, int]:
    """Page number to the number of another page with the same text: the first such, and for that the second."""
    by_print: dict[str, list[int]] = {}
    for page in pages:
        if page.reading is not None and page.reading.text_print:
            by_print.setdefault(page.reading.text_print, []).append(page.number)
    return {
        number: numbers[0] if number != numbers[0] else numbers[1]
        for numbers in by_print.values()
        if len(numbers) > 1
        for number in numbers
    }


def _same_text(page: Page) -> int | None:
    if page.reading is None or not page.reading.text_print:
        return None
    others = Page.objects.filter(book=page.book_id, reading__text_print=page.reading.text_print)
    return others.exclude(pk=page.pk).order_by("number").values_list("number", flat=True).first()


@dataclass(frozen=True, slots=True)
class Filter:
    """Which pages of the map to show."""

    name: str
    label: _StrOrPromise
    shows: Callable[[Cell], bool]


FILTERS: Final = (
    Filter("all", _("All"), lambda _cell: True),
    Filter("review", _("To review"), lambda cell: cell.is_read and cell.page.review == PageReview.PENDING),
    Filter("missing", _("May be missing text"), lambda cell: cell.may_miss_text),
    Filter("doubtful", _("Low confidence"), lambda cell: cell.is_doubtful),
    Filter("failed", _("Failed"), lambda cell: cell.page.ocr_status == OcrStatus.FAILED or bool(cell.page.ocr_error)),
    Filter("blank", _("Blank"), lambda cell: cell.page.ocr_status == OcrStatus.BLANK),
    Filter("rejected", _("Rejected"), lambda cell: cell.page.review == PageReview.REJECTED),
    Filter("duplicates", _("Duplicates"), lambda cell: cell.same_as is not None),
)
