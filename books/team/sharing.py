"""Giving a book or some of its pages to a reviewer, and comments that stand on pages and guidelines."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from books.access import BACKEND, may_open, open_books, who_may_open
from books.errors import StageNotReady
from books.models import Assignment, Book, Comment, Page, PageReview, ReviewStatus, Subtopic
from books.models.page import page_numbers
from books.ocr.review import WAITING
from books.sentences import told
from books.stored.pages import numbers_in, ranges
from books.team.notices import tell
from books.wording import count_of_guidelines, count_of_pages
from jobs import clock

NAMED = re.compile(r"(?<![\w@])@([\w.+@-]+)")
# Of a notice, the rest is read where it stands.
QUOTED = 300


def reviewers(book: Book) -> list[User]:
    """Who may decide on its pages, and open it."""
    people = User.objects.with_perm("books.change_page", backend=BACKEND).filter(is_staff=True)
    return list(who_may_open(book, people).order_by("username"))


# ---- giving out -----------------------------------------------------------------------------------------------------


def give(book: Book, person_id: int | None, pages: str, *, user: User) -> Assignment:
    """``pages`` as "3-20, 25", or "" for the whole book. Raises StageNotReady with a sentence."""
    person = next((each for each in reviewers(book) if each.pk == person_id), None)
    if person is None:
        raise StageNotReady(_("Choose somebody who may review this book."))
    numbers = page_numbers(book.pk)
    try:
        wanted = numbers_in(pages)
    except ValueError as error:
        raise StageNotReady(f"{error}.") from error
    missing = set(wanted) - numbers.all()
    if missing or (pages.strip() and not wanted):
        raise StageNotReady(_("This book has no such pages: {pages}.").format(pages=ranges(missing) or pages))
    ids = numbers.ids(wanted)
    with transaction.atomic():
        made = Assignment.objects.create(book=book, person=person, pages=list(ids), made_by=user)
        what = f"pages {ranges(wanted)} of {book.title}" if ids else book.title
        if person != user:
            path = reverse("admin:books_book_overview", args=[book.pk])
            tell([person], f"assignment {made.pk}", f"{user.get_username()} gave you {what} to review.", path)
    return made


@dataclass(frozen=True, slots=True)
class Given:
    """What of an assignment still waits: ``pages`` and ``guidelines`` in number, with the first of each."""

    row: Assignment
    what: str
    pages: int
    first_page: int
    guidelines: int
    first_guideline: int | None

    @property
    def is_done(self) -> bool:
        return not self.pages and not self.guidelines

    @property
    def words(self) -> str:
        pages, guidelines = count_of_pages(self.pages), count_of_guidelines(self.guidelines)
        if self.pages and self.guidelines:
            return _("{pages} and {guidelines} to review").format(pages=pages, guidelines=guidelines)
        if self.is_done:
            return _("nothing waits")
        return _("{what} to review").format(what=pages if self.pages else guidelines)


def given(rows: QuerySet[Assignment]) -> Iterator[Given]:
    """A guideline waits for whoever was given one of its pages."""
    found = list(rows.select_related("book", "person", "made_by"))
    books = {row.book_id for row in found}
    numbers = page_numbers(*{row.book_id for row in found if row.pages})
    unread = Page.objects.filter(WAITING, book__in=books).order_by("number")
    waiting = Subtopic.objects.filter(topic__book__in=books, status=ReviewStatus.PENDING_REVIEW)
    waiting = waiting.order_by("topic__sequence", "sequence")
    of_pages, of_guidelines = defaultdict(list), defaultdict(list)
    for book, page, number in unread.values_list("book", "pk", "number"):
        of_pages[book].append((str(page), number))
    for book, guideline, pages in waiting.values_list("topic__book", "pk", "pages"):
        of_guidelines[book].append((guideline, pages))
    for row in found:
        ids = set(row.pages)
        mine = [number for page, number in of_pages[row.book_id] if not ids or page in ids]
        guidelines = [pk for pk, pages in of_guidelines[row.book_id] if not ids or ids & set(pages)]
        what = _("pages {pages}").format(pages=ranges(numbers.numbers(ids))) if ids else _("the whole book")
        yield Given(row, what, len(mine), next(iter(mine), 0), len(guidelines), next(iter(guidelines), None))


def given_to(person: User) -> list[Given]:
    """The queue of ``person``: what waits of what they were given and may still open."""
    mine = Assignment.objects.filter(person=person, book__in=open_books(person).order_by())
    return [each for each in given(mine) if not each.is_done]


# ---- comments -------------------------------------------------------------------------------------------------------


def comment(book: Book, text: str, *, page: Page | None, subtopic: Subtopic | None, user: User) -> Comment:
    """Whoever it names as @name, and may open the book, is told. Raises StageNotReady for one that says nothing."""
    text = text.replace("\x00", "").strip()
    if not text:
        raise StageNotReady(_("Write something first."))
    if len(text) > 2000:
        raise StageNotReady(_("A comment has 2,000 characters at most."))
    with transaction.atomic():
        made = Comment.objects.create(book=book, page=page, subtopic=subtopic, text=text, made_by=user)
        others = [each for each in _named(text) if each != user and each.has_perm("books.view_book")]
        named = [each for each in others if may_open(each, {"book_id": book.pk})]
        made.mentioned.set(named)
        facts = {"person": user.get_username(), "book": book.title, "text": text[:QUOTED]}
        if page:
            sentence = told("{person} mentioned you on page {page} of {book}: {text}", page=page.number, **facts)
        elif subtopic:
            sentence = told("{person} mentioned you on “{title}” of {book}: {text}", title=subtopic.title, **facts)
        else:
            sentence = told("{person} mentioned you on {book}: {text}", **facts)
        tell(named, f"comment {made.pk}", sentence, path_of(made))
    return made


def _named(text: str) -> list[User]:
    names = {each.rstrip(".") for each in NAMED.findall(text)}
    found = Q()
    for name in sorted(names)[:20]:
        found |= Q(username__iexact=name)
    return list(User.objects.filter(found, is_active=True, is_staff=True)) if names else []


def path_of(row: Comment) -> str:
    if row.page is not None and row.page.removed_at is None:
        return reverse("admin:books_book_page", args=[row.book_id, row.page.number])
    if row.subtopic_id is not None:
        return reverse("admin:books_book_guideline", args=[row.book_id, row.subtopic_id])
    return reverse("admin:books_book_people", args=[row.book_id])


def settle(row: Comment, *, user: User) -> None:
    """Marks it as dealt with; the first who does so is remembered."""
    Comment.objects.filter(pk=row.pk, done_at=None).update(done_at=clock.now(), done_by=user)


def open_comments(**where: object) -> QuerySet[Comment]:
    rows = Comment.objects.filter(done_at=None, **where)
    return rows.select_related("made_by", "book", "page", "subtopic")


def reasons_of(pages: Iterable[Page]) -> dict[UUID, str]:
    """By page id, what whoever rejected a page last said on it, with the decision or since."""
    return {each.page_id: each.text for each in _reasons(pages).order_by("pk") if each.page_id}


def _reasons(pages: Iterable[Page]) -> QuerySet[Comment]:
    rejected = Q(page__in=pages, page__review=PageReview.REJECTED)
    return open_comments().filter(rejected, made_by=F("page__reviewed_by"), made_at__gte=F("page__reviewed_at"))


def withdraw_reasons(pages: QuerySet[Page], *, user: User) -> dict[str, str]:
    """Settles what ``reasons_of`` tells, for a rejection that is taken back; returns it by page id, as JSON."""
    rows = list(_reasons(pages).order_by("pk"))
    for row in rows:
        settle(row, user=user)
    return {str(row.page_id): row.text for row in rows}


def mentions_of(person: User) -> QuerySet[Comment]:
    return open_comments(mentioned=person, book__in=open_books(person).order_by())
