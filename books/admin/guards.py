"""What every view of the screens is wrapped in: its address, methods and permission, the rows that it is about, and
refusals shown as sentences."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, cast
from urllib.parse import urlsplit
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import Resolver404, URLPattern, path, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods
from django_htmx.middleware import HtmxDetails

from books.access import Known, of_open_books, open_book
from books.audit import refuse
from books.models import Assignment, Book, Change, Comment, Page, Proposal, Reading, Subtopic, Topic
from books.models.book import BookQuerySet
from books.numbers import number_of
from books.wording import in_language
from jobs.errors import JobError
from jobs.models import Job

# Where the session keeps what a person did last to pages: books.admin.undo.
UNDO: Final = "undo"


class StaffRequest(HttpRequest):
    """What reaches a screen: the admin site lets only staff through."""

    user: User
    htmx: HtmxDetails


@dataclass(frozen=True, slots=True)
class Button:
    """A POST to ``url``, or with ``is_link`` a plain link; ``style`` is primary, plain or ""."""

    id: str
    label: str
    url: str
    style: str = ""
    is_link: bool = False


View = Callable[..., HttpResponseBase]
IN_BOOK: Final = "books/book/<int:book_id>/"
# What an address names inside a book: the name of the row in the view, its model and field, and the way to the book.
ROWS: Final[dict[str, tuple[str, type[Model], str, str]]] = {
    "number": ("page", Page, "number", "book"),
    "subtopic_id": ("subtopic", Subtopic, "pk", "topic__book"),
    "topic_id": ("topic", Topic, "pk", "book"),
    "proposal_id": ("proposal", Proposal, "pk", "book"),
    "change_id": ("change", Change, "pk", "book"),
    "assignment_id": ("assignment", Assignment, "pk", "book"),
    "comment_id": ("comment", Comment, "pk", "book"),
}
_screens: list[tuple[str, View, str, bool]] = []


def screen(
    permission: str,
    address: str,
    name: str,
    *,
    cacheable: bool = False,
    known: Known = BookQuerySet.all,
) -> Callable[[View], View]:
    """A view that only reads: GET and HEAD, for people who have ``permission``, or with "" for all staff.

    ``address`` lies inside that of a book, or begins with a stroke. The view gets rows for what it names: ``book``,
    ``job`` and those of ROWS, 404 where there is none or it is not open to the person. ``cacheable`` leaves the caching
    headers to the view; ``known`` is what the book comes with.
    """
    return lambda view: _guarded(view, permission, ["GET", "HEAD"], address, name, cacheable=cacheable, known=known)


def action(permission: str, address: str, name: str, *, most_bytes: int | None = None) -> Callable[[View], View]:
    """A view that changes something: POST only. Refusals (JobError) become a message where the person came from.

    What leaves the undo as it was is an action of another kind, and ends it. One that takes files says how many bytes
    with ``most_bytes``.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def refusing(request: StaffRequest, /, **rows: Any) -> HttpResponseBase:
            offered = request.session.get(UNDO)
            try:
                response = view(request, **rows)
            except JobError as refusal:
                messages.error(request, in_language(refusal.message))
                refuse(request, in_language(refusal.message))
                return back(request, _home(rows))
            if offered is not None and request.session.get(UNDO) == offered:
                del request.session[UNDO]
            return response

        if most_bytes:
            refusing.most_bytes = most_bytes  # type: ignore[attr-defined]  # for bookpipeline.gate
        return _guarded(refusing, permission, ["POST"], address, name)

    return decorate


def _guarded(
    view: View,
    permission: str,
    methods: list[str],
    address: str,
    name: str,
    *,
    cacheable: bool = False,
    known: Known = BookQuerySet.all,
) -> View:
    @require_http_methods(methods)
    @wraps(view)
    def guarded(request: StaffRequest, /, **named: Any) -> HttpResponseBase:
        if permission and not request.user.has_perm(permission):
            raise PermissionDenied
        return view(request, **_rows(request, named, known))

    guarded.permission = permission  # type: ignore[attr-defined]  # for bookpipeline.gate
    guarded.methods = methods  # type: ignore[attr-defined]  # likewise
    _screens.append((address[1:] if address.startswith("/") else IN_BOOK + address, guarded, name, cacheable))
    return guarded


def _rows(request: StaffRequest, named: dict[str, Any], known: Known) -> dict[str, Any]:
    """``named`` with rows for ids. Raises Http404."""
    if "job_id" in named:
        named["job"] = get_object_or_404(of_open_books(Job.objects.all(), request.user), pk=named.pop("job_id"))
    if "book_id" in named:
        named["book"] = open_book(request.user, named.pop("book_id"), known)
    for name in named.keys() & ROWS.keys():
        row, model, field, to_book = ROWS[name]
        found = {field: named.pop(name), to_book: named["book"]}
        if model is Page and (seen := _page_seen(request, named["book"])):
            found = {"pk": seen, to_book: named["book"]}
        named[row] = get_object_or_404(model._default_manager.select_related(to_book), **found)
    return named


def _page_seen(request: StaffRequest, book: Book) -> UUID | None:
    """The page that a posted form was filled in over, by the reading in its "seen": pages before it may have been
    removed or moved since, and its number be another page's."""
    reading = number_of(request.POST.get("seen", "").partition("/")[0])
    if reading is None:
        return None
    return Reading.objects.filter(pk=reading, page__book=book).values_list("page_id", flat=True).first()


def screens() -> list[URLPattern]:
    """The addresses of all screens, for the admin's site."""
    return [
        path(address, admin.site.admin_view(view, cacheable=cacheable), name=name)
        for address, view, name, cacheable in _screens
    ]


def show(request: HttpRequest, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """A page with what the frame of the admin shows, or a part of one: ``template`` begins with a "_"."""
    frame = {} if template.startswith("_") else admin.site.each_context(request)
    return render(request, f"bookpipeline/{template}.html", {**frame, **context}, status=status)


class AsksAgain:
    """For a ModelAdmin of roles, tokens, endpoints or prices: whoever opens a form of it, or sends one, has signed in
    again lately; allauth leads there and back. Who comes by a provider that never says when cannot be asked."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        check_signed_in_lately(request)
        return cast("HttpResponse", super().changeform_view(request, *args, **kwargs))  # type: ignore[misc]  # ModelAdmin's

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        check_signed_in_lately(request)
        return cast("HttpResponse", super().delete_view(request, *args, **kwargs))  # type: ignore[misc]

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST":
            check_signed_in_lately(request)
        return cast("HttpResponse", super().changelist_view(request, *args, **kwargs))  # type: ignore[misc]


def confirmed_lately(request: HttpRequest) -> bool:
    """Whether whoever sits there signed in, or did so again, in the last SIGN_IN_AGAIN_SECONDS."""
    confirmed = [each for each in get_authentication_records(request, request.user) if each.get("reauthenticated")]
    since = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    return any(each["at"] > since for each in confirmed)


def way_to_confirm(request: HttpRequest) -> str:
    """Where to sign in again first; "" for who did lately, and for who cannot be asked."""
    methods = [] if confirmed_lately(request) else get_adapter().get_reauthentication_methods(request.user)
    return str(methods[0]["url"]) if methods else ""


def check_signed_in_lately(request: HttpRequest) -> None:
    """Raises what allauth's middleware answers with the form to sign in again."""
    if way_to_confirm(request):
        if any("password" in name for name in request.POST):
            request.method = "GET"  # else the session would keep a password until the form goes on
        raise ReauthenticationRequired


def back(request: HttpRequest, otherwise: str) -> HttpResponse:
    """To the page that the posted form stood on, if it names one of ours."""
    came_from = request.POST.get("next", "")
    return HttpResponseRedirect(came_from if _is_ours(came_from) else otherwise)


def _is_ours(address: str) -> bool:
    """A path here, without a host. ``redirect`` would take a word for the name of a route."""
    if not url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return False
    try:
        resolve(urlsplit(address).path)
    except Resolver404:
        return False
    return True


def seen_revision(request: HttpRequest, name: str = "revision") -> int | None:
    """The version of a row that the posted form was filled in over; None where it does not say."""
    return number_of(request.POST.get(name, ""))


def _home(rows: Mapping[str, Any]) -> str:
    if "book" in rows:
        return reverse("admin:books_book_overview", args=[rows["book"].pk])
    return reverse("admin:jobs_job_changelist")
