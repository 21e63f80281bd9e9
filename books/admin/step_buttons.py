"""Which buttons a book's page offers to whom; the services behind them decide again."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.urls import reverse

from books.admin.guards import Button
from books.admin.steps import Counts, Way
from books.guidelines.proposals import waiting
from books.models import Book
from books.ocr.review import clean_pages, review_queue

PRIMARY = "primary"


def buttons_of(user: User, book: Book, counts: Counts, way: Way) -> list[Button]:
    """The present step's first, then in the order of the steps. A job can only start while none is active."""
    buttons = _review_buttons(user, book, counts, way)
    if not way.is_busy:
        buttons += _job_buttons(user, book, counts, way)
    if counts.read:
        buttons.append(Button("step-contents", "Table of contents", _url("contents", book), "plain", is_link=True))
    proposed = waiting(book).count()
    if proposed:
        label = f"Decide on {proposed} proposal{'' if proposed == 1 else 's'}"
        buttons.append(Button("step-proposals", label, _url("proposals", book), "plain", is_link=True))
    if counts.guidelines:
        buttons.append(_button("review", "Open the guidelines", _url("guidelines", book), way, is_link=True))
        buttons.append(_button("publish", "See what would go out", _url("publish", book), way, is_link=True))
        buttons.append(Button("step-exchange", "Export and import", _url("exchange", book), "plain", is_link=True))
    return sorted(buttons, key=lambda button: button.style != PRIMARY)


def _review_buttons(user: User, book: Book, counts: Counts, way: Way) -> list[Button]:
    """Many at once by way of the preview alone; it holds back what a person has to look at."""
    buttons = []
    clean = clean_pages(book).count() if counts.to_review and user.has_perm("books.change_page") else 0
    if clean:
        label = f"Approve all that are clean ({clean})"
        buttons.append(_button("approve", label, _url("clean", book), way, is_link=True))
    first = review_queue(book).first()
    if first is not None:
        style = PRIMARY if way.now == "approve" and not way.is_busy and not clean else "plain"
        link = _url("page", book, first.number)
        buttons.append(Button("step-look", "Review page by page", link, style, is_link=True))
    return buttons


def _job_buttons(user: User, book: Book, counts: Counts, way: Way) -> list[Button]:
    buttons = []
    if user.has_perm("books.change_book") and (counts.unread or counts.failed):
        buttons.append(_button("read", "Run OCR", _url("read", book), way))
    if not user.has_perm("books.ask_model"):
        return buttons
    if counts.pages and counts.approved == counts.pages:
        label = "Generate the guidelines again" if counts.guidelines else "Generate guidelines"
        buttons.append(_button("generate", label, _url("generate", book), way))
    if counts.approved:
        buttons.append(Button("step-choose", "Choose pages, price and cap", _url("start", book), "plain", is_link=True))
    if may_finalise(counts):
        label = "Finalise" if counts.drafts else "Finalise again"
        buttons.append(_button("finalise", label, _url("finalise", book), way))
    return buttons


def may_finalise(counts: Counts) -> bool:
    """Also where all is decided: what a later run finds is proposed."""
    return bool(counts.guidelines) and not counts.unwritten


def _button(step: str, label: str, url: str, way: Way, *, is_link: bool = False) -> Button:
    style = PRIMARY if way.now == step and not way.is_busy else "plain"
    return Button(f"step-{step}", label, url, style, is_link=is_link)


def _url(screen: str, book: Book, *args: int | str) -> str:
    return reverse(f"admin:books_book_{screen}", args=[book.pk, *args])
