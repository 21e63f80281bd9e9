"""A guideline's place in the book: split it, move pages, merge it, put it elsewhere; the order of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponseBase
from django.http.response import HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from books.admin.drawings import boundaries
from books.admin.guards import StaffRequest, action, screen, seen_revision, show
from books.admin.guidelines import outline_of, review_context
from books.admin.page_states import thumbs_of
from books.errors import EditRefused
from books.guidelines.move import move_pages, move_subtopic, reorder_topics
from books.guidelines.split import merge, split_subtopic
from books.models import Book, Page, PageDigest, Subtopic, Topic
from books.numbers import number_of
from books.stored.pages import span


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a second part could begin: at the top of a page, or with a heading on it; ``value`` is what is posted."""

    page: Page
    heading: str

    @property
    def value(self) -> str:
        return f"{self.page.pk}|{self.heading}"


@screen("books.change_subtopic", "guidelines/<int:subtopic_id>/pages/", "books_book_guideline_pages")
def pages_screen(request: StaffRequest, book: Book, subtopic: Subtopic) -> HttpResponseBase:
    pages = list(Page.objects.filter(pk__in=subtopic.pages).order_by("number"))
    thumbs = thumbs_of(book, pages)
    context = {
        **review_context(request, book),
        "row": subtopic,
        "topics": outline_of(book),
        "where": span(page.number for page in pages),
        "cuts": [(cut, thumbs.get(cut.page.pk)) for cut in _cuts(subtopic, pages)],
        "pages": [(page, thumbs.get(page.pk)) for page in pages],
    }
    return show(request, "guideline_pages", context)


def _cuts(row: Subtopic, pages: Sequence[Page]) -> Iterator[Cut]:
    digests = dict(PageDigest.objects.filter(page__in=pages).values_list("page", "data"))
    for at, page in enumerate(pages):
        if at:
            yield Cut(page, "")
        for heading in digests.get(page.pk, {}).get("headings", ()):
            if at or heading["text"] != row.start_line:
                yield Cut(page, heading["text"])


@action("books.change_subtopic", "guidelines/<int:subtopic_id>/split/", "books_book_guideline_split")
def split(request: StaffRequest, book: Book, subtopic: Subtopic) -> HttpResponseBase:
    page, heading = request.POST.get("at", "").partition("|")[::2]
    heading = request.POST.get("heading", "").strip() or heading
    if not page:
        raise EditRefused(_("Choose where the second part begins."))
    first, second = split_subtopic(
        book.pk,
        subtopic.pk,
        at=page,
        heading=heading,
        title=request.POST.get("title", ""),
        user=request.user,
        revision=seen_revision(request),
    )
    messages.success(request, _("Split: this is the second part; the first is “{title}”.").format(title=first.title))
    return redirect("admin:books_book_guideline", book.pk, second.pk)


@action("books.change_subtopic", "guidelines/<int:subtopic_id>/move/", "books_book_guideline_move")
def move(request: StaffRequest, book: Book, subtopic: Subtopic) -> HttpResponseBase:
    other = _other(request, book, _("Choose the guideline that the pages go to."))
    source, target = move_pages(
        book.pk,
        subtopic.pk,
        pages=request.POST.getlist("page"),
        to=other.pk,
        user=request.user,
        revision=seen_revision(request),
    )
    messages.success(
        request, _("Moved to “{title}”, with the statements that stand on them.").format(title=target.title)
    )
    return redirect("admin:books_book_guideline", book.pk, source.pk)


@action("books.change_subtopic", "guidelines/<int:subtopic_id>/merge/", "books_book_guideline_merge")
def merge_with(request: StaffRequest, book: Book, subtopic: Subtopic) -> HttpResponseBase:
    other = _other(request, book, _("Choose the guideline to merge with."))
    merge(book.pk, subtopic.pk, other=other.pk, user=request.user, revision=seen_revision(request))
    messages.success(request, _("“{title}” is part of this one now.").format(title=other.title))
    return redirect("admin:books_book_guideline", book.pk, subtopic.pk)


def _other(request: StaffRequest, book: Book, lack: str) -> Subtopic:
    other = Subtopic.objects.filter(topic__book=book, pk=number_of(request.POST.get("other")) or 0).first()
    if other is None:
        raise EditRefused(lack)
    return other


# ---- order ----------------------------------------------------------------------------------------------------------


@screen("books.change_subtopic", "guidelines/arrange/", "books_book_arrange_guidelines")
def arrange(request: StaffRequest, book: Book) -> HttpResponseBase:
    drawn = {"scales": boundaries(book), "pages_of_book": book.pages.count()}
    context = {**review_context(request, book), "topics": outline_of(book), **drawn}
    return show(request, "arrange_guidelines", context)


@action("books.change_subtopic", "guidelines/<int:subtopic_id>/place/", "books_book_guideline_place")
def place(request: StaffRequest, book: Book, subtopic: Subtopic) -> HttpResponseBase:
    """One place "up" or "down", into the next topic at the end of its own; or to the end of a "topic"."""
    way, topic = request.POST.get("way", ""), number_of(request.POST.get("topic"))
    if topic is not None:
        get_object_or_404(Topic, pk=topic, book=book)
        wanted = (topic, 1_000_000)
    elif way in ("up", "down"):
        wanted = _neighbour(subtopic, way)
    else:
        return HttpResponseBadRequest(_("Where to?"))
    if wanted == (subtopic.topic_id, subtopic.sequence):
        messages.info(request, _("It is there already."))
    else:
        move_subtopic(
            book.pk, subtopic.pk, topic=wanted[0], place=wanted[1], user=request.user, revision=seen_revision(request)
        )
    return _arranged(request, book.pk, f"{way or 'up'}-{subtopic.pk}")


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


@action("books.change_topic", "guidelines/topics/<int:topic_id>/place/", "books_book_topic_place")
def place_topic(request: StaffRequest, book: Book, topic: Topic) -> HttpResponseBase:
    """One place "up" or "down"."""
    way = request.POST.get("way", "")
    if way not in ("up", "down"):
        return HttpResponseBadRequest(_("Where to?"))
    order = list(Topic.objects.filter(book=book).order_by("sequence").values_list("pk", flat=True))
    at = order.index(topic.pk)
    to = min(max(at + (-1 if way == "up" else 1), 0), len(order) - 1)
    order.insert(to, order.pop(at))
    reorder_topics(book.pk, order, user=request.user)
    return _arranged(request, book.pk, f"{way}-topic-{topic.pk}")


def _arranged(request: StaffRequest, book_id: int, focus: str) -> HttpResponseBase:
    """Back with the focus on the same button."""
    address = reverse("admin:books_book_arrange_guidelines", args=[book_id])
    return redirect(f"{address}#{focus}")
