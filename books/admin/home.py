"""The first screen: what waits for the person who is signed in, the books on their way, and where to begin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from books.access import of_open_books, open_books
from books.admin.book_list import live_books, mark_of, row_of
from books.admin.guards import StaffRequest, action
from books.intake.sample import SAMPLE, add_sample_book
from books.ledger.spending import spent
from books.models import Book, OcrStatus, Page, PageReview, Proposal, ProposalState, ReviewStatus, Subtopic
from books.ocr.review import WAITING, review_queue
from books.ocr.start import read_new_pages
from books.team.sharing import given_to, mentions_of, path_of
from jobs.models import Cluster, Job
from jobs.states import JobStatus
from jobs.views import job_view

# More lines of a kind than these are read by nobody; the lists have the others.
MOST_BOOKS, MOST_JOBS = 8, 8
# For somebody whose last visit is not known.
FIRST_LOOK_BACK = timedelta(days=1)
SEEN = "home_seen_at"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows of one ``kind`` in one book: how many wait, in ``words``, and the screen on which a person decides."""

    book: Book
    kind: str
    words: str
    url: str


def home_context(request: StaffRequest) -> dict[str, Any]:
    """Parts that a person may not see are left out."""
    may = request.user.has_perm
    context: dict[str, Any] = {"has_books": open_books(request.user).exists(), "has_sample": SAMPLE.is_dir()}
    if may("books.view_book"):
        books = list(live_books(request.user).order_by("-pk")[:MOST_BOOKS])
        rows = [row_of(book, request.user) for book in books]
        moving = [row for row in rows if row.job]
        context |= {"books": list(zip(books, rows, strict=True)), "moving": moving, "mark": mark_of(moving)}
        context |= {"waiting": list(_waiting(request.user)), "given": given_to(request.user)}
        context["mentions"] = [(each, path_of(each)) for each in mentions_of(request.user)[:MOST_BOOKS]]
    if may("jobs.view_job"):
        context |= {
            "troubled": [job_view(job) for job in _troubled(request.user)],
            "finished": _finished(request.user, _last_visit(request)),
            "is_worked": Cluster.objects.alive().exists(),
        }
    if may("books.view_modelcall"):
        month = timezone.localtime().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        context |= {"month": month, "spent": spent(created_at__gte=month)}
    context["engine"] = settings.GUIDELINE_ENGINE
    return context


def _waiting(person: User) -> Iterator[Waiting]:
    """What this person may decide."""
    books = open_books(person)
    if person.has_perm("books.change_page"):
        for book, count in _of_books(books, Page.objects.filter(WAITING), "book"):
            first = review_queue(book).values_list("number", flat=True).first()
            words = ngettext("{count} page to review", "{count} pages to review", count).format(count=count)
            yield Waiting(book, _("Pages"), words, reverse("admin:books_book_page", args=[book.pk, first or 1]))
    if person.has_perm("books.change_subtopic"):
        yield from _undecided(books)
    if person.has_perm("books.publish_guideline"):
        for book, count in _of_books(books, Subtopic.objects.filter(status=ReviewStatus.APPROVED), "topic__book"):
            words = ngettext("{count} guideline to publish", "{count} guidelines to publish", count).format(count=count)
            yield Waiting(book, _("Publish"), words, reverse("admin:books_book_publish", args=[book.pk]))
    if person.has_perm("books.change_book"):
        yield from _stuck(books)


def _undecided(books: QuerySet[Book]) -> Iterator[Waiting]:
    undecided = Subtopic.objects.filter(status=ReviewStatus.PENDING_REVIEW)
    for book, count in _of_books(books, undecided, "topic__book"):
        words = ngettext("{count} guideline to review", "{count} guidelines to review", count).format(count=count)
        yield Waiting(book, _("Guidelines"), words, reverse("admin:books_book_guidelines", args=[book.pk]))
    for book, count in _of_books(books, Proposal.objects.filter(state=ProposalState.OPEN), "book"):
        words = ngettext("{count} proposal to decide on", "{count} proposals to decide on", count).format(count=count)
        yield Waiting(book, _("Proposals"), words, reverse("admin:books_book_proposals", args=[book.pk]))


def _stuck(books: QuerySet[Book]) -> Iterator[Waiting]:
    """Books that no job moves, with pages that nothing read, or that somebody rejected; their own page says more."""
    idle = books.exclude(Exists(Job.objects.holding().filter(book=OuterRef("pk"))))
    unread = Page.objects.filter(ocr_status__in=[OcrStatus.WAITING, OcrStatus.FAILED])
    for book, count in _of_books(idle, unread, "book"):
        words = ngettext("{count} page is not read", "{count} pages are not read", count).format(count=count)
        yield Waiting(book, _("Pages"), words, reverse("admin:books_book_overview", args=[book.pk]))
    rejected = Page.objects.filter(review=PageReview.REJECTED)
    for book, count in _of_books(idle, rejected, "book"):
        words = ngettext("{count} page is rejected", "{count} pages are rejected", count).format(count=count)
        yield Waiting(book, _("Pages"), words, reverse("admin:books_book_overview", args=[book.pk]))


def _of_books(books: QuerySet[Book], rows: QuerySet[Any], to_book: str) -> list[tuple[Book, int]]:
    """The newest of ``books`` that have such rows, and how many."""
    found = list(books.filter(Exists(rows.filter(**{to_book: OuterRef("pk")}))).order_by("-pk")[:MOST_BOOKS])
    counts = dict(rows.filter(**{f"{to_book}__in": found}).order_by().values_list(to_book).annotate(Count("pk")))
    return [(book, counts[book.pk]) for book in found if book.pk in counts]


def _troubled(person: User) -> QuerySet[Job]:
    """Paused, or the last of its kind in its book and failed, wholly or in part."""
    later = Job.objects.filter(book=OuterRef("book"), kind=OuterRef("kind"), created_at__gt=OuterRef("created_at"))
    failed = Q(status=JobStatus.FAILED) | Q(status=JobStatus.COMPLETED, failed_items__gt=0)
    jobs = of_open_books(Job.objects.all(), person).filter(Q(status=JobStatus.PAUSED) | (failed & ~Exists(later)))
    return jobs.select_related("book").order_by("-created_at")[:MOST_JOBS]


def _finished(person: User, since: datetime) -> list[Job]:
    jobs = of_open_books(Job.objects.all(), person)
    ended = jobs.filter(status=JobStatus.COMPLETED, failed_items=0, completed_at__gt=since, is_exclusive=True)
    return list(ended.select_related("book").order_by("-completed_at")[:MOST_JOBS])


def _last_visit(request: StaffRequest) -> datetime:
    """Of this screen by this session, which notes the present one."""
    now = timezone.now()
    noted = request.session.get(SEEN)
    request.session[SEEN] = now.isoformat()
    return (parse_datetime(noted) if isinstance(noted, str) else None) or now - FIRST_LOOK_BACK


@action("books.add_book", "/books/book/sample/", "books_sample")
def sample(request: StaffRequest) -> Any:
    """The sample book with its scans, which are read at once."""
    book = add_sample_book(user=request.user)
    read_new_pages(book, user=request.user)
    return redirect("admin:books_book_overview", book.pk)
