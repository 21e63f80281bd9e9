"""A person's decision on what was read of a page, corrections, and the order in which pages come up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils.translation import gettext as _

from books.errors import ArrangementRefused, EditedMeanwhile
from books.models import Book, OcrStatus, Page, PageReview, Reading
from books.models.page import CLEAN_CONFIDENCE, PERSON
from books.numbers import number_of
from books.ocr.factory import MODEL
from books.stored.regions import StoredLine
from jobs import clock

READ: Final = Q(ocr_status__in=[OcrStatus.DONE, OcrStatus.BLANK])
WAITING: Final = READ & Q(review=PageReview.PENDING)


@dataclass(frozen=True, slots=True)
class Made:
    """A decision: what ``take_back`` needs of it, as JSON, and the pages left alone that are no longer as seen.

    ``facts["before"]`` maps the ids of the pages that changed to their [review, reviewer's id, time].
    """

    facts: dict[str, Any]
    left: list[Page]


def approve_pages(book: Book, numbers: Sequence[int] | None = None, *, user: AbstractBaseUser | None = None) -> int:
    """Approves the pages ``numbers`` (None: all) that were read; returns how many changed."""
    pages = Page.objects.filter(book=book)
    chosen = pages if numbers is None else pages.filter(number__in=numbers)
    return len(decide(chosen, PageReview.APPROVED, user=user).facts["before"])


def decide(
    pages: QuerySet[Page],
    review: PageReview,
    *,
    user: AbstractBaseUser | None,
    seen: Mapping[str, str] | None = None,
) -> Made:
    """Approves or rejects those of ``pages`` that were read and are as ``seen`` (page id to ``mark``; unknown: any)."""
    at = clock.now()
    with transaction.atomic():
        locked = list(pages.filter(READ).select_related("reviewed_by").select_for_update(of=("self",)))
        left = [page for page in locked if (seen or {}).get(str(page.pk), page.mark) != page.mark]
        changing = [page for page in locked if page not in left and page.review != review]
        by = user.pk if user else None
        chosen = Page.objects.filter(pk__in=[page.pk for page in changing])
        chosen.update(review=review, reviewed_by_id=by, reviewed_at=at)
    before = {str(page.pk): [page.review, page.reviewed_by_id, _iso(page.reviewed_at)] for page in changing}
    return Made({"review": str(review), "at": at.isoformat(), "before": before}, left)


def since(page: Page, seen: str) -> str:
    """In words what became of ``page`` after somebody saw it as ``seen``, a ``mark``."""
    if seen.partition("/")[0] != str(page.reading_id or ""):
        return _("Page {number} got another text while you had it open.").format(number=page.number)
    if page.review == PageReview.PENDING:
        return _("The decision on page {number} was taken back while you had it open.").format(number=page.number)
    who = page.reviewed_by or _("the command line")
    return _("Page {number} was {review} by {who} while you had it open.").format(
        number=page.number, review=page.get_review_display().lower(), who=who
    )


def decided(decision: dict[str, Any]) -> QuerySet[Page]:
    """The pages that ``take_back`` would change."""
    at = datetime.fromisoformat(decision["at"])
    return Page.objects.filter(READ, pk__in=decision["before"], review=decision["review"], reviewed_at=at)


def as_seen(seen: Mapping[str, str]) -> list[Page]:
    """Those of the pages (ids) that are still as ``seen``: their ``mark``."""
    return [page for page in Page.objects.filter(pk__in=seen) if seen[str(page.pk)] == page.mark]


def take_back(decision: dict[str, Any]) -> list[Page]:
    """Gives pages the review they had before ``decision`` (the facts of one); those decided anew or read again since
    keep what they have. Returns the pages that changed, in order."""
    with transaction.atomic():
        pages = list(decided(decision).order_by("number").select_for_update())
        for page in pages:
            page.review, page.reviewed_by_id, at = decision["before"][str(page.pk)]
            page.reviewed_at = datetime.fromisoformat(at) if at else None
        Page.objects.bulk_update(pages, ["review", "reviewed_by", "reviewed_at"], batch_size=200)
    return pages


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def review_queue(book: Book) -> QuerySet[Page]:
    """Pages that wait for a decision, those where text may be missing first."""
    waiting = Page.objects.filter(WAITING, book=book)
    return waiting.order_by("-reading__text_may_be_missing", "number")


def next_to_review(page: Page) -> int | None:
    """The number of the page that follows ``page`` in the queue, which goes round; None where it is empty."""
    is_whole = not (page.reading and page.reading.text_may_be_missing)
    waiting = [
        (not is_missing, number)
        for number, is_missing in review_queue(page.book).values_list("number", "reading__text_may_be_missing")
        if number != page.number
    ]
    after = [each for each in waiting if each > (is_whole, page.number)]
    return min(after or waiting, default=(True, None))[1]


def around(page: Page) -> dict[str, int | None]:
    """The numbers of the ``previous`` and the ``following`` page, None at the ends; the ``count`` of the book's pages,
    and of those ``waiting`` for a decision."""
    return Page.objects.filter(book=page.book_id).aggregate(
        previous=Max("number", filter=Q(number__lt=page.number)),
        following=Min("number", filter=Q(number__gt=page.number)),
        count=Count("pk"),
        waiting=Count("pk", filter=WAITING),
    )


def clean_pages(book: Book) -> QuerySet[Page]:
    """Pages that wait for a decision and give no cause to look: read with confidence, nothing missing, no error, and
    not the same text as another page."""
    return Page.objects.filter(
        book=book,
        ocr_status=OcrStatus.DONE,
        review=PageReview.PENDING,
        ocr_error="",
        reading__confidence__gte=CLEAN_CONFIDENCE,
        reading__text_may_be_missing=False,
    ).exclude(reading__text_print__in=_repeated_prints(book))


def pages_for_a_model(book: Book) -> list[Page]:
    """What a model that sees would read better: read here, approved by nobody, with formulas, tables or doubt."""
    pages = Page.objects.filter(READ, book=book).exclude(review=PageReview.APPROVED).select_related("reading")
    pages = pages.exclude(reading__engine__in=[MODEL, PERSON]).defer("reading__lines").order_by("number")
    return [page for page in pages if page.reading and set(page.reading.beyond_text) - {"figures"}]


def _repeated_prints(book: Book) -> list[str]:
    """The prints of texts that stand on more than one page. As a part of a query PostgreSQL would look through those of
    all books."""
    prints = Page.objects.filter(book=book).exclude(reading=None).exclude(reading__text_print="").order_by()
    counted = prints.values("reading__text_print").annotate(pages=Count("pk")).filter(pages__gt=1)
    return list(counted.values_list("reading__text_print", flat=True))


def pages_of(book: Book, chosen: Iterable[str]) -> QuerySet[Page]:
    """Those of the chosen that are pages of the book now."""
    return Page.objects.filter(book=book, pk__in=marks_of(book, chosen))


def marks_of(book: Book, chosen: Iterable[str]) -> dict[str, str]:
    """Page ids to marks, "" where none was said. Each was chosen as its id, perhaps with a colon and its mark, or as
    its mark alone, which begins with the number of a reading; what names no page is left out."""
    marks, by_reading = {}, {}
    for each in chosen:
        page, _, mark = each.partition(":")
        if (known := _uuid(page)) is not None:
            marks[str(known)] = mark
        elif (reading := number_of(each.partition("/")[0])) is not None:
            by_reading[reading] = each
    readings = Reading.objects.filter(pk__in=by_reading, page__book=book).values_list("pk", "page")
    return marks | {str(page): by_reading[reading] for reading, page in readings}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


CERTAIN: Final = 100.0


def edit_text(page: Page, text: str, *, user: AbstractBaseUser, seen_reading_id: int | None) -> Reading:
    """Makes ``text`` the page's, to be approved anew. Lines that are unchanged keep their place and confidence.

    ``seen_reading_id`` is the reading that the person started from. Raises EditedMeanwhile where the page has another
    one by now. The same text again changes nothing.
    """
    text = "\n".join(line.rstrip() for line in text.replace("\x00", "").splitlines()).strip("\n")
    with transaction.atomic():
        locked = _seen(page, seen_reading_id)
        before = locked.reading
        if before is not None and before.text == text:
            return before
        reading = Reading(
            page=locked,
            engine=PERSON,
            version=user.get_username()[:80],
            text=text,
            confidence=CERTAIN if text else 0,
            lines=edited_lines(before.lines, text.splitlines()) if before else [],
            missing_ink=before.missing_ink if before else 0,
            text_may_be_missing=before.text_may_be_missing if before else False,
            doubts=before.doubts if before else [],
            rotation=before.rotation if before else 0,
            regions=before.regions if before else [],
        )
        return _choose(locked, reading, user)


def restore_reading(page: Page, reading_id: int, *, user: AbstractBaseUser, seen_reading_id: int | None) -> Reading:
    """Makes an earlier reading of the page its present one again, as a new row of the history.

    Raises EditedMeanwhile, and Reading.DoesNotExist for one of another page.
    """
    with transaction.atomic():
        locked = _seen(page, seen_reading_id)
        reading = Reading.objects.get(pk=reading_id, page=locked)
        reading.pk = None
        reading._state.adding = True
        if locked.reading is not None:
            # The page image is that of the present reading.
            reading.rotation = locked.reading.rotation
        return _choose(locked, reading, user)


def _seen(page: Page, seen_reading_id: int | None) -> Page:
    pages = Page.objects.select_related("reading").select_for_update(of=("self",))
    locked = pages.filter(pk=page.pk).first()
    if locked is None:
        raise ArrangementRefused(_("This page was removed while you had it open: bring it back, then edit it again."))
    if locked.reading_id != seen_reading_id:
        raise EditedMeanwhile(
            _(
                "Page {number} got another text while you had it open. Yours is not saved: compare and edit again."
            ).format(number=locked.number)
        )
    return locked


def _choose(page: Page, reading: Reading, user: AbstractBaseUser) -> Reading:
    reading.chosen_by = user.get_username()
    reading.save()
    page.reading = reading
    page.ocr_status = OcrStatus.DONE if reading.text.strip() else OcrStatus.BLANK
    page.ocr_error = ""
    page.review, page.reviewed_by, page.reviewed_at = PageReview.PENDING, None, None
    page.save()
    return reading


def edited_lines(before: Sequence[StoredLine], texts: Sequence[str]) -> list[StoredLine]:
    """The lines of an edited text with the boxes of the lines they replace; an added one gets its neighbour's.

    Without known lines there are none.
    """
    known = [line for line in before if "box" in line]
    matcher = SequenceMatcher(None, [line["text"] for line in known], texts, autojunk=False)
    return list(_placed(known, texts, matcher)) if known else []


def _placed(known: Sequence[StoredLine], texts: Sequence[str], matcher: SequenceMatcher[str]) -> Iterator[StoredLine]:
    for kind, start, end, first, last in matcher.get_opcodes():
        for offset, text in enumerate(texts[first:last]):
            if kind == "equal":
                yield known[start + offset]
            elif text.strip():
                neighbour = min(start + offset, max(start, end - 1), len(known) - 1)
                yield {**known[neighbour], "text": text, "confidence": CERTAIN, "unsure": [], "words": []}
