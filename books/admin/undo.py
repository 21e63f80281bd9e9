"""The one undo of a screen, and its redo: of what this person did last to a book's pages, or to its guidelines.

That of pages is kept in the session. It is offered where it was done and where it led, names pages by the numbers they
have now, and ends with the next action of another kind: see ``books.admin.guards.action``. Both ask before they touch
anything but the page or the guideline in view.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from books.admin.guards import UNDO, StaffRequest
from books.errors import EditedMeanwhile
from books.guidelines.changes import last_of
from books.models import Arrangement, Book, Change, Page, PageReview, Subtopic, Topic
from books.ocr import review
from books.sentences import from_text
from books.stored.pages import ranges
from books.wording import in_language

# As many of one kind can be undone one after the other.
REMEMBERED: Final = 20
DECISION: Final = "decision"
ARRANGE: Final = "arrange"
PERMISSIONS: Final = {DECISION: "books.change_page", ARRANGE: "books.change_book"}
# How many guidelines a question lists by their titles.
NAMED: Final = 12
KEYS: Final = {"undo": "u", "redo": "U"}
# What undoing an arrangement does.
BACK: Final = gettext_lazy(
    "The pages get back the places, numbers and turns they had before; what was split is one page again."
)

# One thing that was done, as JSON: "kind", "id", "led_to" (a path), and what its kind needs to take it back.
Step = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Offer:
    """A button for ``way``, undo or redo, of what the sentence ``said`` tells; ``does`` is exactly what it changes."""

    way: str
    said: str
    does: str
    asks: bool
    url: str
    step: Step = field(default_factory=dict)

    @property
    def key(self) -> str:
        return KEYS[self.way]

    @property
    def label(self) -> str:
        if self.way == "undo":
            return _("Undo…") if self.asks else self.verb
        return _("Redo: {said}").format(said=self.said.rstrip("."))

    @property
    def verb(self) -> str:
        return _("Undo") if self.way == "undo" else _("Redo")


def remember(request: StaffRequest, book_id: int, step: Step, response: HttpResponse) -> HttpResponse:
    """Offers to undo ``step`` where ``response`` leads, and with it those of its kind just before."""
    known = [each for each in _memory(request, book_id)["done"] if each["kind"] == step["kind"]]
    _keep(request, book_id, [*known, _placed(step, response)], None)
    return response


def remember_undone(
    request: StaffRequest, book_id: int, step: Step, again: Step | None, response: HttpResponse
) -> HttpResponse:
    """Forgets ``step``, which is undone, and offers ``again``, by which it is done anew."""
    done = [each for each in _memory(request, book_id)["done"] if each["id"] != step["id"]]
    _keep(request, book_id, done, again and _placed({**again, "kind": step["kind"], "id": step["id"]}, response))
    return response


def last_done(request: StaffRequest, book_id: int, kind: str) -> Step | None:
    return _asked(request, kind, _last(_memory(request, book_id)["done"]))


def last_undone(request: StaffRequest, book_id: int, kind: str) -> Step | None:
    return _asked(request, kind, _memory(request, book_id)["undone"])


def _asked(request: StaffRequest, kind: str, step: Step | None) -> Step | None:
    """The step, where it is of that kind. Raises EditedMeanwhile where the posted form was about another."""
    asked = request.POST.get("step")
    if asked is not None and (step is None or step["id"] != asked):
        raise EditedMeanwhile(_("You did something else since: nothing was undone."))
    return step if step and step["kind"] == kind else None


def _memory(request: StaffRequest, book_id: int) -> dict[str, Any]:
    known = request.session.get(UNDO, {})
    return known if known.get("book") == book_id else {"done": [], "undone": None}


def _keep(request: StaffRequest, book_id: int, done: list[Step], undone: Step | None) -> None:
    request.session[UNDO] = {"book": book_id, "done": done[-REMEMBERED:], "undone": undone}


def _placed(step: Step, response: HttpResponse) -> Step:
    return {**step, "led_to": urlsplit(response["Location"]).path}


def _last(steps: list[Step]) -> Step | None:
    return steps[-1] if steps else None


# ---- what a screen shows ---------------------------------------------------------------------------------------------


def offers(request: StaffRequest, book: Book, page: Page | None = None) -> list[Offer]:
    """For the screen at the request's path, with ``page`` in view."""
    known = _memory(request, book.pk)
    ways = {"redo": known["undone"], "undo": _last(known["done"])}
    return [
        offer
        for way, step in ways.items()
        if step and request.user.has_perm(PERMISSIONS[step["kind"]])
        if (offer := _offer(way, step, book, page)) and (step["led_to"] == request.path or not offer.asks)
    ]


def _offer(way: str, step: Step, book: Book, page: Page | None) -> Offer | None:
    """None where nothing is left to undo or redo."""
    return (_of_decision if step["kind"] == DECISION else _of_arranging)(way, step, book, page)


def _of_decision(way: str, step: Step, book: Book, page: Page | None) -> Offer | None:
    pages = list(review.decided(step)) if way == "undo" else review.as_seen(step["pages"])
    if not pages:
        return None
    count = len(pages)
    if way == "undo":
        does = ngettext(
            "Page {pages} gets back the review it had.", "Pages {pages} get back the review they had.", count
        )
    else:
        does = ngettext("Page {pages} is {decided} again.", "Pages {pages} are {decided} again.", count)
    said = ngettext("Page {pages} {decided}.", "{count} pages {decided}.", count)
    decided = PageReview(step["review"]).label.lower()
    told = {"pages": ranges(each.number for each in pages), "count": count, "decided": decided}
    return Offer(way, said.format(**told), does.format(**told), pages != [page], _url(way, step, book), step)


def _of_arranging(way: str, step: Step, book: Book, _page: Page | None) -> Offer | None:
    last = Arrangement.objects.filter(book=book).only("pk").first()
    if way == "undo" and (last is None or str(last.pk) != step["id"]):
        return None
    said = in_language(from_text(step["sentence"]))
    does = str(BACK) if way == "undo" else _("{said}, as before.").format(said=said)
    return Offer(way, f"{said}.", does, asks=True, url=_url(way, step, book), step=step)


def _url(way: str, step: Step, book: Book) -> str:
    return reverse(f"admin:books_book_{step['kind']}_{way}", args=[book.pk])


# ---- the same of changes of guidelines, which keep themselves --------------------------------------------------------


def offers_of_changes(book: Book, user: User, in_view: int | None = None) -> list[Offer]:
    """Of this person's latest changes, with the guideline ``in_view`` (its id) on the screen."""
    done, undone = last_of(book, user)
    return [_of_change(way, each, in_view) for way, each in (("redo", undone), ("undo", done)) if each is not None]


def _of_change(way: str, change: Change, in_view: int | None) -> Offer:
    """Pressing either undoes ``change``: for a redo that is the undo of what is done again."""
    titles = dict(Topic.history.filter(change=change).order_by("sequence").values_list("id", "title"))
    rows = dict(Subtopic.history.filter(change=change).order_by("sequence").values_list("id", "title"))
    names = [f"“{title}”" for title in (*titles.values(), *rows.values())]
    named = ", ".join(names[:NAMED])
    if len(names) > NAMED:
        named = _("{named} and {count} more").format(named=named, count=len(names) - NAMED)
    said = in_language(change.undoes.sentence if way == "redo" and change.undoes else change.sentence)
    does = (_("Done again: {named}.") if way == "redo" else _("Back to what they were: {named}.")).format(named=named)
    url = reverse("admin:books_book_change_undo", args=[change.book_id, change.pk])
    return Offer(way, f"{said}.", does, asks=bool(titles) or set(rows) != {in_view}, url=url)
