"""What reaches a view: how much of a request is read, and of whose, asked before anything reads its body; and no name
of a row that no row can have.

Django reads a form, and so writes the files in it to the disk, where it looks for the token against forgery: before any
view says who may send what. What WSGI gives to read ends with the Content-Length, so that is all there is to bound.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, ResolverMatch, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from ninja.errors import AuthenticationError, HttpError

from books.access import may_open
from books.api.application import api
from books.bodies import FORM, OPERATIONS
from books.models import TokenScope
from books.numbers import number_of
from books.tokens import lack_of_scope

READING: Final = {"GET", "HEAD", "OPTIONS", "TRACE"}
# Of the admin's, anybody may ask these.
OPEN: Final = {"admin:login", "admin:logout"}
TOO_LARGE: Final = gettext_lazy("This is larger than what may be sent here; nothing of it was read.")
# Files that one person may be sending at once to one process; a browser sends three of an upload.
FILES_AT_ONCE: Final = 4
TOO_MANY: Final = gettext_lazy(
    "You are sending {count} files already. Wait until one of them has arrived, then send this."
)


class BodyMiddleware:
    """After the sessions, before whatever reads a body. Where it lets through, the view asks again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in READING:
            request.resolver_match = match = resolve(request.path_info)
            refusal = _refusal(request, match)
            if refusal is not None:
                return _refused(request, match, refusal)
            if _length(request) > FORM:
                with sending(request.user.pk) as may_send:
                    return self._answer(request) if may_send else _refused(request, match, TooMany(429, _too_many()))
        return self._answer(request)

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        """ninja says in plain text alone that there is no such method."""
        response = self.get_response(request)
        if response.status_code != 405 or not _is_api(request.resolver_match):
            return response
        allowed = ", ".join(sorted(response.headers["Allow"].split(", ")))
        told = api.on_exception(request, HttpError(405, f"This address takes {allowed} alone."))
        told.headers["Allow"] = allowed
        return told

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, named: dict[str, object]
    ) -> HttpResponse | None:
        """An address that names what no row can be named is not there; a database would fail over it."""
        if all(number_of(each) is not None for each in named.values() if isinstance(each, int)):
            return None
        missing = Http404(_("No row has such a number."))
        if _is_api(request.resolver_match):
            return api.on_exception(request, missing)
        raise missing


class TooMany(HttpError):
    """Somebody sends more files at once than one person may."""


_at_once: Counter[int | None] = Counter()
_lock = Lock()


@contextmanager
def sending(person: int | None) -> Iterator[bool]:
    """Whether ``person`` may send one more file meanwhile."""
    with _lock:
        may_send = _at_once[person] < FILES_AT_ONCE
        _at_once[person] += may_send
    try:
        yield may_send
    finally:
        with _lock:
            _at_once[person] -= may_send
            if not _at_once[person]:
                del _at_once[person]


@never_cache
@require_safe
def gate(request: HttpRequest) -> HttpResponse:
    """For a proxy that asks whether somebody may send a body, before it reads any: 204, or 401 or 403."""
    if request.headers.get("X-Original-Method", "GET") in READING:
        return HttpResponse(status=204)
    try:
        match = resolve(unquote(urlsplit(request.headers.get("X-Original-URI", "")).path))
    except Resolver404:
        return HttpResponse(status=204)
    refusal = _refusal(request, match)
    return HttpResponse(status=401 if isinstance(refusal, AuthenticationError) else 403 if refusal else 204)


def _is_api(match: ResolverMatch | None) -> bool:
    return match is not None and match.app_name == "ninja"


def _refusal(request: HttpRequest, match: ResolverMatch) -> Exception | None:
    if not _is_signed_in(request, match):
        return AuthenticationError()
    person = request.user
    has_role = person.is_superuser or bool(person.get_all_permissions())
    most, permission = _declared(match)
    if permission and _is_api(match) and (lack := lack_of_scope(request, TokenScope.INTAKE)):
        return HttpError(403, lack)
    if (permission and not person.has_perm(permission)) or (_is_api(match) and not has_role):
        return PermissionDenied(permission)
    if not may_open(person, match.kwargs):
        return Http404(_("There is no such book, or it is not open to you."))
    return HttpError(413, str(TOO_LARGE)) if _length(request) > (most if has_role else FORM) else None


def _is_signed_in(request: HttpRequest, match: ResolverMatch) -> bool:
    """As far as the address asks for it: the API for anybody, the admin for its staff."""
    if match.app_name == "admin":
        return match.view_name in OPEN or admin.site.has_permission(request)
    return not _is_api(match) or request.user.is_authenticated


def _declared(match: ResolverMatch) -> tuple[int, str]:
    """The most bytes that an address takes, and of whom ("" where its view alone knows)."""
    if _is_api(match) and match.url_name in OPERATIONS:
        return OPERATIONS[match.url_name]
    most: int = getattr(match.func, "most_bytes", settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    return most, getattr(match.func, "permission", "")


def _length(request: HttpRequest) -> int:
    """As Django understands it, which then reads so much."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _place_of_form(request: HttpRequest, sent_to: ResolverMatch) -> str:
    """Where to go on after signing in: the page of the form that was sent, for most addresses of forms show nothing."""
    came_from = request.headers.get("Referer", "")
    place = urlsplit(came_from)
    if url_has_allowed_host_and_scheme(came_from, {request.get_host()}) and _is_shown(place.path):
        return place._replace(scheme="", netloc="", fragment="").geturl()
    if _is_shown(request.path_info):
        return request.get_full_path()
    book = sent_to.kwargs.get("book_id")
    return reverse("admin:books_book_overview", args=[book]) if book else reverse("admin:index")


def _is_shown(path: str) -> bool:
    """Whether it is an address of the admin that answers GET."""
    try:
        match = resolve(path)
    except Resolver404:
        return False
    is_closed = match.app_name == "admin" and match.view_name not in OPEN
    return is_closed and "GET" in getattr(match.func, "methods", ["GET"])


def sent_from_before(request: HttpRequest, reason: str = "") -> HttpResponse:
    """For a form whose token against forgery is not the one of now: mostly its person signed in again since."""
    message = _("You signed in again since this form was opened, so nothing of it was taken. Send it once more.")
    frame = admin.site.each_context(request)
    return render(request, "refused.html", {**frame, "title": _("Not saved"), "message": message}, status=403)


def _too_many() -> str:
    return TOO_MANY.format(count=FILES_AT_ONCE)


def _refused(request: HttpRequest, match: ResolverMatch, refusal: Exception) -> HttpResponse:
    if _is_api(match):
        return api.on_exception(request, refusal)
    request.csrf_processing_done = True  # type: ignore[attr-defined]  # else Django's page for a 403 reads the form
    if isinstance(refusal, AuthenticationError):
        return redirect_to_login(_place_of_form(request, match), reverse("admin:login"))
    if isinstance(refusal, PermissionDenied | Http404):
        raise refusal
    if isinstance(refusal, TooMany):
        return render(request, "refused.html", {"title": _("Too many at once"), "message": _too_many()}, status=429)
    return render(request, "refused.html", {"title": _("Too large"), "message": TOO_LARGE}, status=413)
