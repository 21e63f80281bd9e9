"""Which books a person may open: the one place that says so, for screens, API, exports, searches and the start of jobs.

A role says what somebody may do; this says with which books. What an address names is checked by the guards of screens
and API before their views run, and by the gate before a body is read; lists ask for ``open_books`` or
``of_open_books``. A program's token opens what its owner may open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from books.models.book import Access, Book, BookQuerySet
from jobs.models import Job

# What a book comes with, as a step of its query.
Known = Callable[[BookQuerySet], BookQuerySet]
Rows = TypeVar("Rows", bound="QuerySet[Any]")
# An administrator's: to hand on what somebody left who is gone.
EVERY: Final = "books.open_every_book"
# The one of several that knows permissions.
BACKEND: Final = "django.contrib.auth.backends.ModelBackend"


def open_books(person: User | AnonymousUser) -> BookQuerySet:
    """Of all, of the owner, or of the team that the book names."""
    books = Book.objects.all()
    if person.has_perm(EVERY):
        return books
    named = Book.team.through.objects.filter(user=person.pk).values("book")
    return books.filter(Q(access=Access.ALL) | Q(owner=person.pk) | Q(access=Access.TEAM, pk__in=named))


def of_open_books(rows: Rows, person: User | AnonymousUser, to_book: str = "book") -> Rows:
    """Those of ``rows`` whose book, at the end of the path ``to_book``, ``person`` may open."""
    if person.has_perm(EVERY):
        return rows
    return rows.filter(**{f"{to_book}__in": open_books(person).order_by().values("pk")})


def may_open(person: User | AnonymousUser, named: Mapping[str, Any]) -> bool:
    """Whether ``person`` may open the book that an address names, itself or by a job; true where it names none."""
    if person.has_perm(EVERY) or not {"book_id", "job_id"} & set(named):
        return True
    books = open_books(person)
    if "book_id" in named:
        return books.filter(pk=named["book_id"]).exists()
    return Job.objects.filter(pk=named["job_id"], book__in=books.order_by()).exists()


def who_may_open(book: Book, people: QuerySet[User]) -> QuerySet[User]:
    """Those of ``people`` to whom ``book`` is open."""
    if book.access == Access.ALL:
        return people
    named = Q(pk=book.owner_id) | Q(pk__in=User.objects.with_perm(EVERY, backend=BACKEND).values("pk"))
    return people.filter(named | Q(pk__in=book.team.values("pk")) if book.access == Access.TEAM else named)


def open_book(person: User | AnonymousUser, pk: int, known: Known = BookQuerySet.all) -> Book:
    """With what ``known`` adds. Raises Http404, as ``check_open``."""
    book = known(open_books(person)).filter(pk=pk).first()
    if book is None:
        raise Http404(_("There is no such book, or it is not open to you."))
    return book


def check_open(person: User | AnonymousUser, named: Mapping[str, Any]) -> None:
    """Raises Http404: that a book is there is not told either."""
    if not may_open(person, named):
        raise Http404(_("There is no such book, or it is not open to you."))


def may_choose_people(person: User | AnonymousUser, book: Book) -> bool:
    """Whether ``person`` may say who else may open ``book``."""
    return person.has_perm(EVERY) or (book.owner_id is not None and book.owner_id == person.pk)
