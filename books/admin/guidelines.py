"""The review of a book's guidelines: outline at the left, one guideline in the middle, the cited scan at the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpResponseBase
from django.http.response import HttpResponseBadRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from books.admin.citations import cited_page
from books.admin.guards import StaffRequest, action, screen, seen_revision, show
from books.admin.undo import offers_of_changes
from books.guidelines import review
from books.guidelines.edit import Settlement, settle
from books.guidelines.history import rejected_before
from books.guidelines.proposals import waiting
from books.guidelines.review import Decision
from books.models import Book, Provenance, Subtopic, Topic
from books.models.page import page_numbers
from books.numbers import number_of
from books.stored.guideline import Part, in_doubt, numbered, says_something, shown
from books.stored.guideline import Statement as NumberedStatement
from books.stored.pages import PageNumbers, span
from books.team.sharing import open_comments
from books.wording import in_language

DECISIONS = (Decision.APPROVE, Decision.REJECT, Decision.REOPEN)


@dataclass(frozen=True, slots=True)
class ShownStatement:
    """``name`` is where it stands, as "concepts.0"; ``pages`` are scan numbers with the printed ones, where known;
    ``is_first`` of those in doubt."""

    name: str
    said: NumberedStatement[int]
    pages: list[tuple[int, int | None]]
    is_first: bool

    @property
    def shown(self) -> str:
        return shown(self.said.text, self.said.kind)


@dataclass(frozen=True, slots=True)
class Entry:
    """A guideline in the outline; ``pages`` says which are its."""

    row: Subtopic
    pages: str
    doubts: int
    awaits: bool


@screen("books.view_book", "guidelines/", "books_book_guidelines")
def guidelines(request: StaffRequest, book: Book) -> HttpResponseBase:
    return _shown(request, book)


@screen("books.view_book", "guidelines/<int:guideline_id>/", "books_book_guideline")
def one_guideline(request: StaffRequest, book: Book, guideline_id: int) -> HttpResponseBase:
    return _shown(request, book, guideline_id)


def _shown(request: StaffRequest, book: Book, subtopic_id: int | None = None) -> HttpResponseBase:
    """With HTMX and a page named, that page's scan alone."""
    topics = outline_of(book)
    entries = [entry for _, inside, _ in topics for entry in inside]
    if subtopic_id is not None and all(entry.row.pk != subtopic_id for entry in entries):
        messages.warning(request, _why_gone(book, subtopic_id))
        return redirect("admin:books_book_guidelines", book.pk)
    chosen = _chosen(entries, subtopic_id or request.GET.get("at", ""))
    if chosen is None:
        return show(request, "guidelines", review_context(request, book))
    context = {
        **review_context(request, book, chosen.row.pk),
        **_progress(entries),
        **_guideline(book, entries, chosen),
        "topics": topics,
        "cited": cited_page(request, book, chosen.row, page_numbers(book.pk)),
        "proposed": waiting(book).count(),
        "notes": Provenance.notes(entry.row.provenance for entry in entries),
    }
    is_fragment = request.htmx and "page" in request.GET
    response = show(request, "_cited" if is_fragment else "guidelines", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def review_context(request: StaffRequest, book: Book, in_view: int | None = None) -> dict[str, Any]:
    """What every screen of the review shows; ``in_view`` is the id of the guideline that the screen is about."""
    may_change = request.user.has_perm("books.change_subtopic")
    return {
        "title": _("Guidelines"),
        "book": book,
        "offers": offers_of_changes(book, request.user, in_view) if may_change else [],
    }


def outline_of(book: Book) -> list[tuple[Topic, list[Entry], str]]:
    """Each topic with its guidelines and what pages those have, in the order of teaching."""
    rows = Subtopic.objects.select_related("reviewed_by").defer("terms", "search_text").order_by("sequence")
    topics = Topic.objects.filter(book=book).prefetch_related(Prefetch("subtopics", rows)).order_by("sequence")
    numbers = page_numbers(book.pk)
    return [_section(topic, numbers) for topic in topics]


def _section(topic: Topic, numbers: PageNumbers) -> tuple[Topic, list[Entry], str]:
    rows = topic.subtopics.all()
    pages = numbers.numbers(page for row in rows for page in row.pages)
    return topic, [_entry(row, numbers) for row in rows], span(pages)


def _entry(row: Subtopic, numbers: PageNumbers) -> Entry:
    awaits = row.state.awaits and says_something(row.guideline)
    return Entry(row, span(numbers.numbers(row.pages)), len(in_doubt(row.guideline)), awaits)


def _chosen(entries: list[Entry], asked: int | str) -> Entry | None:
    """The one asked for, else the first that awaits a decision, else the first."""
    wanted = next((entry for entry in entries if str(entry.row.pk) == str(asked)), None)
    return wanted or next((entry for entry in entries if entry.awaits), entries[0] if entries else None)


def _why_gone(book: Book, subtopic_id: int) -> str:
    """For a person who comes to a guideline that was merged away; 404 where the book never had it."""
    versions = Subtopic.history.filter(id=subtopic_id, history_type="-", change__book=book)
    last = versions.select_related("change__made_by").first()
    if last is None:
        raise Http404(_("This book has no such guideline."))
    return _("“{title}” is gone. {who}: {sentence}.").format(
        title=last.title, who=last.change.made_by or _("A job"), sentence=in_language(last.change.sentence)
    )


def _progress(entries: list[Entry]) -> dict[str, Any]:
    decided = sum(not entry.row.state.awaits for entry in entries)
    return {
        "total": len(entries),
        "decided": decided,
        "undecided": sum(entry.awaits for entry in entries),
    }


def _guideline(book: Book, entries: list[Entry], chosen: Entry) -> dict[str, Any]:
    numbers = page_numbers(book.pk)
    guideline = numbered(chosen.row.guideline, numbers)
    first = next((name for name, _ in in_doubt(guideline)), "")
    printed = dict(zip(numbers.numbers(chosen.row.pages), numbers.printed(chosen.row.pages), strict=True))
    parts = {part: _statements(part, guideline.get(part, ()), printed, first) for part in Part}
    at = entries.index(chosen)
    following = next((entry for entry in [*entries[at + 1 :], *entries[:at]] if entry.awaits), None)
    return {
        "chosen": chosen,
        "rejected_before": rejected_before(chosen.row),
        "parts": [(_(part.heading), parts[part]) for part in Part],
        "first_doubt": first,
        "pages": numbers.numbers(chosen.row.pages),
        "comments": open_comments(subtopic=chosen.row),
        "previous": entries[at - 1] if at else None,
        "following": entries[at + 1] if at + 1 < len(entries) else None,
        "next_undecided": following,
    }


def _statements(
    part: Part, statements: Sequence[NumberedStatement[int]], printed: Mapping[int, int | None], first: str
) -> list[ShownStatement]:
    return [
        ShownStatement(
            name := f"{part}.{at}", each, [(page, printed.get(page)) for page in each.pages], is_first=name == first
        )
        for at, each in enumerate(statements)
    ]


# ---- decisions ------------------------------------------------------------------------------------------------------


@action("books.change_subtopic", "guidelines/<int:subtopic_id>/decide/", "books_book_guideline_decide")
def decide(request: StaffRequest, book: Book, subtopic: Subtopic) -> HttpResponseBase:
    """Approves, rejects or reopens; after a decision goes on to the next guideline that awaits one."""
    decision = request.POST.get("decision", "")
    if decision not in DECISIONS:
        return HttpResponseBadRequest(_("Unknown decision."))
    decided = partial(review.decide, book.pk, subtopic.pk, Decision(decision), user=request.user)
    subtopic = decided(revision=seen_revision(request), reason=request.POST.get("reason", ""))
    messages.success(request, f"“{subtopic.title}” {_(Decision(decision).label).lower()}.")
    if decision == Decision.REOPEN:
        return redirect("admin:books_book_guideline", book.pk, subtopic.pk)
    return _to_next(request, book.pk, subtopic)


@action("books.change_subtopic", "guidelines/<int:subtopic_id>/settle/", "books_book_guideline_settle")
def settle_statement(request: StaffRequest, book: Book, subtopic: Subtopic) -> HttpResponseBase:
    """Of a statement in doubt; goes on to the next one, if there is any."""
    wanted, name = request.POST.get("settlement", ""), request.POST.get("statement", "")
    if wanted not in Settlement:
        return HttpResponseBadRequest(_("Unknown settlement."))
    seen, reason = seen_revision(request), request.POST.get("reason", "")
    row = settle(book.pk, subtopic.pk, name, Settlement(wanted), user=request.user, revision=seen, reason=reason)
    left = in_doubt(row.guideline)
    rest = _("{count} left in doubt.").format(count=len(left)) if left else _("None is left in doubt.")
    messages.success(request, f"{_(Settlement(wanted).label)}. {rest}")
    here = reverse("admin:books_book_guideline", args=[book.pk, subtopic.pk])
    return redirect(f"{here}#said-{left[0][0]}" if left else here)


def _to_next(request: StaffRequest, book_id: int, decided: Subtopic) -> HttpResponseBase:
    """To the next that awaits a decision, beginning again at the top of the book; to the same where none does."""
    order = ("topic__sequence", "sequence")
    waiting = Subtopic.objects.filter(topic__book=book_id, status__in=review.OPEN).exclude(guideline={})
    places = list(waiting.order_by(*order).values_list(*order, "pk"))
    here = Subtopic.objects.values_list(*order).get(pk=decided.pk)
    behind = [pk for topic, place, pk in places if (topic, place) > here]
    following = next(iter(behind), places[0][2] if places else None)
    if following is None:
        messages.success(request, _("Every guideline of this book is decided."))
    return redirect("admin:books_book_guideline", book_id, following or decided.pk)


@screen("books.change_subtopic", "guidelines/approve/preview/", "books_book_guidelines_preview")
def preview(request: StaffRequest, book: Book) -> HttpResponseBase:
    """What "approve all" would approve, to be confirmed."""
    topics = [(topic, [entry for entry in inside if entry.awaits]) for topic, inside, _ in outline_of(book)]
    waiting = [entry for _, inside in topics for entry in inside]
    context = {
        **review_context(request, book),
        "topics": [(topic, inside) for topic, inside in topics if inside],
        "waiting": waiting,
        "doubtful": [entry for entry in waiting if entry.doubts],
        "statements": sum(entry.doubts for entry in waiting),
    }
    return show(request, "approve_all", context)


@action("books.change_subtopic", "guidelines/approve/", "books_book_guidelines_approve")
def approve_all(request: StaffRequest, book: Book) -> HttpResponseBase:
    """Approves what the preview listed ("seen", as id:revision), but for what was changed since; where that leaves
    nothing to decide, goes on to the preview of publishing."""
    seen: dict[int, int] = {}
    for each in request.POST.getlist("seen"):
        pk, revision = map(number_of, each.partition(":")[::2])
        if pk is None or revision is None:
            return HttpResponseBadRequest(_("Unknown preview."))
        seen[pk] = revision
    count = review.approve(book.pk, seen, user=request.user, revisions=seen)
    if count:
        messages.success(
            request, ngettext("1 guideline approved.", "{count} guidelines approved.", count).format(count=count)
        )
    left = len(seen) - count
    if left:
        words = ngettext(
            "1 was changed or decided since you looked and left alone.",
            "{count} were changed or decided since you looked and left alone.",
            left,
        )
        messages.warning(request, words.format(count=left))
    is_through = not Subtopic.objects.filter(topic__book=book, status__in=review.OPEN).exists()
    goes_on = is_through and request.user.has_perm("books.publish_guideline")
    return redirect(f"admin:books_book_{'publish' if goes_on else 'guidelines'}", book.pk)
