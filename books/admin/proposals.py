"""What jobs propose for a book's guidelines: each as a difference to take or leave, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase
from django.http.response import HttpResponseBadRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from books.admin.guards import StaffRequest, action, back, screen, show
from books.admin.guidelines import review_context
from books.admin.publication import TEXTS, Passage
from books.guidelines.changes import undo
from books.guidelines.history import word_changes
from books.guidelines.proposals import accept, accept_all, is_in_force, refuse, waiting
from books.models import Book, Proposal, ProposalKind, ProposalState, Subtopic, Topic
from books.models.page import page_numbers
from books.numbers import number_of
from books.stored.guideline import Part, numbered, part_text
from books.stored.pages import PageId, PageNumbers, ranges
from books.stored.proposal import NewTopic, Order, Pair, Pieces, Place, Values
from books.wording import in_language

# A screen of more differences is read by nobody; the others follow as these are decided.
MOST_SHOWN = 40
MOST_DECIDED = 30
Names = dict[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """``is_next`` is the one that keys decide; ``can_undo`` only of an accepted one that stands."""

    proposal: Proposal
    title: str
    passages: list[Passage]
    is_next: bool = False
    can_undo: bool = False

    @property
    def percent(self) -> int | None:
        return None if self.proposal.score is None else round(100 * self.proposal.score)


@screen("books.view_book", "proposals/", "books_book_proposals")
def proposals(request: StaffRequest, book: Book) -> HttpResponseBase:
    """Keys decide the first; ``?after=`` the id of one that is left for later puts the next one there."""
    names = _names(book)
    after = number_of(request.GET.get("after"))
    found = sorted(waiting(book), key=lambda each: (list(ProposalKind).index(ProposalKind(each.kind)), each.pk))
    ids = [each.pk for each in found]
    at = ids.index(after) + 1 if after in ids else 0
    first = at if at < len(found) else 0
    numbers = page_numbers(book.pk)
    listed = enumerate(found[: max(MOST_SHOWN, at + 1)])
    shown = [_shown(each, names, numbers, is_next=place == first) for place, each in listed]
    groups = [
        (ProposalKind(kind), list(each), sum(proposal.kind == kind for proposal in found))
        for kind, each in groupby(shown, key=lambda one: one.proposal.kind)
    ]
    context = {
        **review_context(request, book),
        "title": _("Proposals"),
        "groups": groups,
        "total": len(found),
        "more": len(found) - len(shown),
        "decided": [_shown(each, names, numbers) for each in _decided(book)],
    }
    return show(request, "proposals", context)


def _decided(book: Book) -> QuerySet[Proposal]:
    rows = Proposal.objects.filter(book=book).exclude(state=ProposalState.OPEN)
    return rows.select_related("decided_by", "change__undone_by").order_by("-decided_at", "-pk")[:MOST_DECIDED]


def _names(book: Book) -> Names:
    rows: list[Topic | Subtopic] = [*Topic.objects.filter(book=book)]
    rows += Subtopic.objects.filter(topic__book=book).only("title")
    return {f"{type(row).__name__.lower()}:{row.pk}": row.title for row in rows}


def _shown(proposal: Proposal, names: Names, numbers: PageNumbers, *, is_next: bool = False) -> Shown:
    change = proposal.change
    can_undo = change is not None and not change.is_final and is_in_force(change)
    title = " and ".join(_titles(proposal, names))
    return Shown(proposal, title, list(_passages(proposal, names, numbers)), is_next, can_undo)


def _titles(proposal: Proposal, names: Names) -> Sequence[str]:
    before = proposal.before
    if isinstance(before, Pair):
        return before.titles
    named = [names[name] for name in proposal.rests_on if name in names]
    return named or [getattr(before, "title", None) or _("The book's topics")]


def _passages(proposal: Proposal, names: Names, numbers: PageNumbers) -> Iterator[Passage]:
    before, after = proposal.before, proposal.after
    if isinstance(before, Pair):
        kept, gone = (_with_pages(*each, numbers) for each in zip(before.titles, before.pages, strict=True))
        yield (_("Stays, with the pages and statements of both"), [("same", kept)])
        yield (_("Goes"), [("removed", gone)])
    elif isinstance(before, Place) and isinstance(after, NewTopic):
        yield (_("Topic"), word_changes(before.topic, after.topic.title))
    elif isinstance(before, Place) and isinstance(after, Pieces):
        pieces = "\n".join(_with_pages(each.title, each.pages, numbers) for each in after.pieces)
        yield (_("Now"), [("removed", _with_pages(before.title, before.pages, numbers))])
        yield (_("In the new cut"), [("added", pieces or _("No guideline: these pages belong to no subtopic."))])
    elif isinstance(before, Order) and isinstance(after, Order):
        kind = "topic" if proposal.kind == ProposalKind.ORDER_TOPICS else "subtopic"
        yield (_("Order now"), [("same", _listed(before.order, kind, names))])
        yield (_("Teaching order"), [("added", _listed(after.order, kind, names))])
        if after.storyline:
            yield (_("Storyline"), word_changes(before.storyline, after.storyline))
    elif isinstance(before, Values) and isinstance(after, Values):
        yield from _texts(before, after, numbers)


def _texts(before: Values, after: Values, numbers: PageNumbers) -> Iterator[Passage]:
    for name in ("title", "summary", "storyline"):
        old, new = getattr(before, name) or "", getattr(after, name)
        if new is not None and old != new:
            yield (str(TEXTS[name]), word_changes(old, new))
    if after.pages is not None:
        yield (_("Pages"), word_changes(*(ranges(numbers.numbers(each.pages or ())) for each in (before, after))))
    parts = [numbered(each.guideline or {}, numbers) for each in (before, after)]
    for part in Part if after.guideline is not None else ():
        old, new = (part_text(each, part) for each in parts)
        if old != new:
            yield (_(part.heading), word_changes(old, new))


def _with_pages(title: str, pages: Sequence[PageId], numbers: PageNumbers) -> str:
    present = numbers.numbers(pages)
    return f"{title} (p. {ranges(present)})" if present else title


def _listed(ids: Sequence[int], kind: str, names: Names) -> str:
    there = [names[f"{kind}:{pk}"] for pk in ids if f"{kind}:{pk}" in names]
    return "\n".join(f"{at}. {title}" for at, title in enumerate(there, start=1))


@action("books.change_subtopic", "proposals/<int:proposal_id>/decide/", "books_book_proposal_decide")
def decide(request: StaffRequest, book: Book, proposal: Proposal) -> HttpResponseBase:
    decision = request.POST.get("decision", "")
    if decision == "accept":
        made = accept(proposal.pk, user=request.user)
        said = f"{in_language(made.sentence)}." if made else _("Nothing to change: already decided.")
        messages.success(request, said)
    elif decision == "refuse":
        refuse(proposal.pk, user=request.user)
        messages.success(request, _("Refused: everything stays as it is."))
    elif decision == "undo" and proposal.change is not None:
        messages.success(request, f"{in_language(undo(proposal.change.pk, user=request.user).sentence)}.")
    else:
        return HttpResponseBadRequest(_("Unknown decision."))
    return back(request, reverse("admin:books_book_proposals", args=[book.pk]))


@screen("books.change_subtopic", "proposals/all/<str:kind>/", "books_book_proposals_all")
def preview(request: StaffRequest, book: Book, kind: str) -> HttpResponseBase:
    """What "accept all" of a kind would do, to be confirmed."""
    names, numbers = _names(book), page_numbers(book.pk)
    shown = [_shown(each, names, numbers) for each in waiting(book).filter(kind=_kind(kind))]
    context = {**review_context(request, book), "title": _("Accept all"), "kind": _kind(kind), "shown": shown}
    return show(request, "proposals_all", context)


@action("books.change_subtopic", "proposals/all/<str:kind>/accept/", "books_book_proposals_accept")
def accept_kind(request: StaffRequest, book: Book, kind: str) -> HttpResponseBase:
    """Accepts those that the person saw in the preview."""
    seen = [pk for pk in map(number_of, request.POST.getlist("seen")) if pk is not None]
    chosen = waiting(book).filter(kind=_kind(kind), pk__in=seen).values_list("pk", flat=True)
    accepted, left = accept_all(book.pk, chosen, user=request.user)
    messages.success(request, _("{accepted} accepted.").format(accepted=accepted))
    if left:
        messages.warning(request, _("{left} could not be: what they were about had changed.").format(left=left))
    return redirect("admin:books_book_proposals", book.pk)


def _kind(kind: str) -> ProposalKind:
    if kind not in ProposalKind:
        raise Http404(_("There is no such kind of proposal."))
    return ProposalKind(kind)
