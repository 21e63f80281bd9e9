"""A guideline's place in the book: split it, move pages, merge it, put it elsewhere; the order of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.http.response import HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _

from books.admin.drawings import boundaries
from books.admin.guards import StaffRequest, action, route, screen, seen_revision
from books.admin.guidelines import Entry, outline_of, review_context
from books.admin.page_states import thumbs_of
from books.guidelines.move import move_pages, move_subtopic, reorder_topics
from books.guidelines.split import merge, split_subtopic
from books.models import Book, Page, PageDigest, Subtopic, Topic
from books.numbers import number_of
from books.stored.pages import span


def routes() -> list[URLPattern]:
    one, all_of_them = "<int:book_id>/guidelines/<int:subtopic_id>/", "<int:book_id>/guidelines/arrange/"
    return [
        route(one + "pages/", pages_screen, "books_book_guideline_pages"),
        route(one + "split/", split, "books_book_guideline_split"),
        route(one + "move/", move, "books_book_guideline_move"),
        route(one + "merge/", merge_with, "books_book_guideline_merge"),
        route(one + "place/", place, "books_book_guideline_place"),
        route(all_of_them, arrange, "books_book_arrange_guidelines"),
        route("<int:book_id>/guidelines/topics/<int:topic_id>/place/", place_topic, "books_book_topic_place"),
    ]


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a second part could begin: at the top of a page, or with a heading on it; ``value`` is what is posted."""

    page: Page
    heading: str

    @property
    def value(self) -> str:
        return f"{self.page.pk}|{self.heading}"


@screen("books.change_subtopic")
def pages_screen(request: StaffRequest, book_id: int, subtopic_id: int) -> HttpResponseBase:
    book = get_object_or_404(Book, pk=book_id)
    topics = outline_of(book)
    row = _row(topics, subtopic_id)
    pages = list(Page.objects.filter(pk__in=row.pages).order_by("number"))
    thumbs = thumbs_of(book, pages)
    context = {
        **review_context(request, book),
        "row": row,
        "topics": topics,
        "where": span(page.number for page in pages),
        "cuts": [(cut, thumbs.get(cut.page.pk)) for cut in _cuts(row, pages)],
        "pages": [(page, thumbs.get(page.pk)) for page in pages],
    }
    return render(request, "bookpipeline/guideline_pages.html", context)


def _row(topics: list[tuple[Topic, list[Entry], str]], subtopic_id: int) -> Subtopic:
    found = next((entry.row for _, inside, _ in topics for entry in inside if entry.row.pk == subtopic_id), None)
    if found is None:
        raise Http404(_("This book has no such guideline."))
    return found


def _cuts(row: Subtopic, pages: Sequence[Page]) -> Iterator[Cut]:
    digests = dict(PageDigest.objects.filter(page__in=pages).values_list("page", "data"))
    for at, page in enumerate(pages):
        if at:
            yield Cut(page, "")
        for heading in digests.get(page.pk, {}).get("headings", ()):
            if at or heading["text"] != row.start_line:
                yield Cut(page, heading["text"])


@action("books.change_subtopic")
def split(request: StaffRequest, book_id: int, subtopic_id: int) -> HttpResponseBase:
    get_object_or_404(Subtopic, pk=subtopic_id, topic__book=book_id)
    page, heading = request.POST.get("at", "").partition("|")[::2]
    heading = request.POST.get("heading", "").strip() or heading
    if not page:
        messages.warning(request, _("Choose where the second part begins."))
        return redirect("admin:books_book_guideline_pages", book_id, subtopic_id)
    first, second = split_subtopic(
        book_id,
        subtopic_id,
        at=page,
        heading=heading,
        title=request.POST.get("title", ""),
        user=request.user,
        revision=seen_revision(request),
    )
    messages.success(request, _("Split: this is the second part; the first is “{title}”.").format(title=first.title))
    return redirect("admin:books_book_guideline", book_id, second.pk)


@action("books.change_subtopic")
def move(request: StaffRequest, book_id: int, subtopic_id: int) -> HttpResponseBase:
    get_object_or_404(Subtopic, pk=subtopic_id, topic__book=book_id)
    other = _other(request, book_id)
    if other is None:
        messages.warning(request, _("Choose the guideline that the pages go to."))
        return redirect("admin:books_book_guideline_pages", book_id, subtopic_id)
    source, target = move_pages(
        book_id,
        subtopic_id,
        pages=request.POST.getlist("page"),
        to=other.pk,
        user=request.user,
        revision=seen_revision(request),
    )
    messages.success(
        request, _("Moved to “{title}”, with the statements that stand on them.").format(title=target.title)
    )
    return redirect("admin:books_book_guideline", book_id, source.pk)


@action("books.change_subtopic")
def merge_with(request: StaffRequest, book_id: int, subtopic_id: int) -> HttpResponseBase:
    get_object_or_404(Subtopic, pk=subtopic_id, topic__book=book_id)
    other = _other(request, book_id)
    if other is None:
        messages.warning(request, _("Choose the guideline to merge with."))
        return redirect("admin:books_book_guideline_pages", book_id, subtopic_id)
    merge(book_id, subtopic_id, other=other.pk, user=request.user, revision=seen_revision(request))
    messages.success(request, _("“{title}” is part of this one now.").format(title=other.title))
    return redirect("admin:books_book_guideline", book_id, subtopic_id)


def _other(request: StaffRequest, book_id: int) -> Subtopic | None:
    return Subtopic.objects.filter(topic__book=book_id, pk=number_of(request.POST.get("other")) or 0).first()


# ---- order ----------------------------------------------------------------------------------------------------------


@screen("books.change_subtopic")
def arrange(request: StaffRequest, book_id: int) -> HttpResponseBase:
    book = get_object_or_404(Book, pk=book_id)
    drawn = {"scales": boundaries(book), "pages_of_book": book.pages.count()}
    context = {**review_context(request, book), "topics": outline_of(book), **drawn}
    return render(request, "bookpipeline/arrange_guidelines.html", context)


@action("books.change_subtopic")
def place(request: StaffRequest, book_id: int, subtopic_id: int) -> HttpResponseBase:
    """One place "up" or "down", into the next topic at the end of its own; or to the end of a "topic"."""
    row = get_object_or_404(Subtopic.objects.select_related("topic"), pk=subtopic_id, topic__book=book_id)
    way, topic = request.POST.get("way", ""), number_of(request.POST.get("topic"))
    if topic is not None:
        get_object_or_404(Topic, pk=topic, book=book_id)
        wanted = (topic, 1_000_000)
    elif way in ("up", "down"):
        wanted = _neighbour(row, way)
    else:
        return HttpResponseBadRequest(_("Where to?"))
    if wanted == (row.topic_id, row.sequence):
        messages.info(request, _("It is there already."))
    else:
        move_subtopic(
            book_id, subtopic_id, topic=wanted[0], place=wanted[1], user=request.user, revision=seen_revision(request)
        )
    return _arranged(request, book_id, f"{way or 'up'}-{subtopic_id}")


def _neighbour(row: Subtopic, way: str) -> tuple[int, int]:
    """The topic and the place one step from the subtopic's; its own where there is none."""
    places = list(row.topic.subtopics.order_by("sequence").values_list("pk", flat=True))
    at = places.index(row.pk) + (-1 if way == "up" else 1)
    if 0 <= at < len(places):
        return row.topic_id, at + 1
    topics = Topic.objects.filter(book=row.topic.book_id)
    if way == "up":
        before = topics.filter(sequence__lt=row.topic.sequence).order_by("-sequence").first()
        return (before.pk, 1_000_000) if before else (row.topic_id, row.sequence)
    behind = topics.filter(sequence__gt=row.topic.sequence).order_by("sequence").first()
    return (behind.pk, 1) if behind else (row.topic_id, row.sequence)


@action("books.change_topic")
def place_topic(request: StaffRequest, book_id: int, topic_id: int) -> HttpResponseBase:
    """One place "up" or "down"."""
    get_object_or_404(Topic, pk=topic_id, book=book_id)
    way = request.POST.get("way", "")
    if way not in ("up", "down"):
        return HttpResponseBadRequest(_("Where to?"))
    order = list(Topic.objects.filter(book=book_id).order_by("sequence").values_list("pk", flat=True))
    at = order.index(topic_id)
    to = min(max(at + (-1 if way == "up" else 1), 0), len(order) - 1)
    order.insert(to, order.pop(at))
    reorder_topics(book_id, order, user=request.user)
    return _arranged(request, book_id, f"{way}-topic-{topic_id}")


def _arranged(request: StaffRequest, book_id: int, focus: str) -> HttpResponseBase:
    """Back with the focus on the same button."""
    address = reverse("admin:books_book_arrange_guidelines", args=[book_id])
    return redirect(f"{address}#{focus}")
