"""A person corrects what was read on a page; every earlier text stays in its history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, Final

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from books.errors import ArrangementRefused, EditedMeanwhile
from books.models import OcrStatus, Page, PageReview, Reading
from books.models.page import PERSON

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
            lines=_lines(before.lines, text.splitlines()) if before else [],
            missing_ink=before.missing_ink if before else 0,
            text_may_be_missing=before.text_may_be_missing if before else False,
            rotation=before.rotation if before else 0,
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
        raise ArrangementRefused("This page was removed while you had it open: bring it back, then edit it again.")
    if locked.reading_id != seen_reading_id:
        raise EditedMeanwhile(
            f"Page {locked.number} got another text while you had it open. Yours is not saved: compare and edit again."
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


def _lines(before: Sequence[Any], texts: Sequence[str]) -> list[dict[str, Any]]:
    """The lines of an edited text with the boxes of the lines they replace; an added one gets its neighbour's.

    Without known lines there are none.
    """
    known = [line for line in before if isinstance(line, dict) and "box" in line]
    matcher = SequenceMatcher(None, [str(line.get("text", "")) for line in known], texts, autojunk=False)
    return list(_placed(known, texts, matcher)) if known else []


def _placed(
    known: Sequence[dict[str, Any]], texts: Sequence[str], matcher: SequenceMatcher[str]
) -> Iterator[dict[str, Any]]:
    for kind, start, end, first, last in matcher.get_opcodes():
        for offset, text in enumerate(texts[first:last]):
            if kind == "equal":
                yield known[start + offset]
            elif text.strip():
                neighbour = min(start + offset, max(start, end - 1), len(known) - 1)
                yield {**known[neighbour], "text": text, "confidence": CERTAIN, "unsure": []}
