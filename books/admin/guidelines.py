"""The guidelines of a book: outline at the left, the chosen guideline at the right, each statement with its pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch
from django.http import Http404, HttpResponseBase
from django.http.response import HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern

from books.admin.guards import StaffRequest, action, route, screen, seen_revision
from books.guidelines.parts import PART_TITLES
from books.models import Book, Page, Provenance, ReviewStatus, Subtopic, Topic
from books.publishing import review
from books.publishing.review import Decision

# As many thumbnails as fit two rows of a desktop screen.
THUMBNAILS = 12
DECISIONS = (Decision.APPROVE, Decision.REJECT, Decision.REOPEN)
FLAGS = {"unsupported": "Not found on its pages", "copied": "Copied from the book"}


def routes() -> list[URLPattern]:
    return [
        route("<int:book_id>/guidelines/", guidelines, "books_book_guidelines"),
        route("<int:book_id>/guidelines/approve/", approve_all, "books_book_guidelines_approve"),
        route("<int:book_id>/guidelines/<int:subtopic_id>/", guidelines, "books_book_guideline"),
        route("<int:book_id>/guidelines/<int:subtopic_id>/decide/", decide, "books_book_guideline_decide"),
    ]


@dataclass(frozen=True, slots=True)
class Statement:
    """``pages`` holds each supporting scan number with whether the book (still) has that page."""

    text: str
    pages: list[tuple[int, bool]]
    flags: list[str]


@screen("books.view_book")
def guidelines(request: StaffRequest, book_id: int, subtopic_id: int | None = None) -> HttpResponseBase:
    book = get_object_or_404(Book, pk=book_id)
    topics = _topics(book)
    subtopics = [subtopic for topic in topics for subtopic in topic.subtopics.all()]
    chosen = _chosen(subtopics, subtopic_id)
    undecided = sum(_awaits(subtopic) for subtopic in subtopics)
    context = {
        **admin.site.each_context(request),
        "title": "Guidelines",
        "book": book,
        "topics": topics,
        "total": len(subtopics),
        "undecided": undecided,
        "approve_label": f"Approve all {undecided}" if undecided > 1 else "Approve the last one",
        "is_offline": any(subtopic.provenance == Provenance.OFFLINE for subtopic in subtopics),
        "may_decide": request.user.has_perm("books.change_subtopic"),
        "chosen_topic": next((topic for topic in topics if chosen and topic.pk == chosen.topic_id), None),
        **(_guideline(book, subtopics, chosen) if chosen else {}),
    }
    return render(request, "bookpipeline/guidelines.html", context)


def _topics(book: Book) -> list[Topic]:
    rows = Subtopic.objects.select_related("reviewed_by").defer("terms").order_by("sequence")
    return list(Topic.objects.filter(book=book).prefetch_related(Prefetch("subtopics", rows)).order_by("sequence"))


def _chosen(subtopics: list[Subtopic], subtopic_id: int | None) -> Subtopic | None:
    """The one asked for (404 where it is not of this book), else the first that awaits a decision."""
    if subtopic_id is None:
        return next(filter(_awaits, subtopics), subtopics[0] if subtopics else None)
    chosen = next((subtopic for subtopic in subtopics if subtopic.pk == subtopic_id), None)
    if chosen is None:
        raise Http404("This book has no such guideline.")
    return chosen


def _awaits(subtopic: Subtopic) -> bool:
    return subtopic.status in review.OPEN and bool(subtopic.guideline)


def _guideline(book: Book, subtopics: list[Subtopic], chosen: Subtopic) -> dict[str, Any]:
    numbers = dict(Page.objects.filter(book=book).values_list("number", "reading_id"))
    at = subtopics.index(chosen)
    return {
        "chosen": chosen,
        "awaits": _awaits(chosen),
        "parts": [
            (title, [_statement(each, numbers) for each in _listed(chosen.guideline, part)])
            for part, title in PART_TITLES.items()
        ],
        "thumbnails": [(page, numbers[page]) for page in chosen.pages if numbers.get(page)][:THUMBNAILS],
        "previous": subtopics[at - 1] if at else None,
        "following": subtopics[at + 1] if at + 1 < len(subtopics) else None,
    }


def _listed(guideline: Any, part: str) -> list[dict[str, Any]]:
    statements = guideline.get(part) if isinstance(guideline, dict) else None
    return [each for each in statements or [] if isinstance(each, dict)]


def _statement(statement: dict[str, Any], numbers: Mapping[int, int | None]) -> Statement:
    cited = [page for page in statement.get("pages") or [] if isinstance(page, int)]
    flags = [FLAGS[flag] for flag in statement.get("flags") or [] if flag in FLAGS]
    return Statement(str(statement.get("text", "")), [(page, page in numbers) for page in cited], flags)


@action("books.change_subtopic")
def decide(request: StaffRequest, book_id: int, subtopic_id: int) -> HttpResponseBase:
    """Approves, rejects or reopens; after a decision goes on to the next guideline that awaits one."""
    get_object_or_404(Subtopic, pk=subtopic_id, topic__book=book_id)
    decision = request.POST.get("decision", "")
    if decision not in DECISIONS:
        return HttpResponseBadRequest("Unknown decision.")
    reason, revision = request.POST.get("reason", ""), seen_revision(request)
    subtopic = review.decide(
        book_id, subtopic_id, Decision(decision), user=request.user, revision=revision, reason=reason
    )
    messages.success(request, f"“{subtopic.title}” {Decision(decision).label.lower()}.")
    if decision == Decision.REOPEN:
        return redirect("admin:books_book_guideline", book_id, subtopic_id)
    return redirect("admin:books_book_guidelines", book_id)


@action("books.change_subtopic")
def approve_all(request: StaffRequest, book_id: int) -> HttpResponseBase:
    get_object_or_404(Book, pk=book_id)
    waiting = Subtopic.objects.filter(topic__book=book_id).exclude(status=ReviewStatus.REJECTED)
    count = review.approve(book_id, waiting.values_list("pk", flat=True), user=request.user)
    messages.success(request, f"{count} guidelines approved." if count != 1 else "1 guideline approved.")
    return redirect("admin:books_book_guidelines", book_id)
