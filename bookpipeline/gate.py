"""What reaches a view: how much of a request is read, and of whose, asked before anything reads its body; and no name
of a row that no row can have.

Django reads a form, and so writes the files in it to the disk, where it looks for the token against forgery: before any
view says who may send what. What WSGI gives to read ends with the Content-Length, so that is all there is to bound.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import ResolverMatch, resolve, reverse
from ninja.errors import AuthenticationError, HttpError

from books.api.application import api
from books.bodies import FORM, OPERATIONS
from books.numbers import number_of

READING: Final = {"GET", "HEAD", "OPTIONS", "TRACE"}
# Of the admin's, anybody may ask these.
OPEN: Final = {"admin:login", "admin:logout"}
TOO_LARGE: Final = "This is larger than what may be sent here; nothing of it was read."


class BodyMiddleware:
    """After the sessions, before whatever reads a body. Where it lets through, the view asks again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in READING:
            request.resolver_match = match = resolve(request.path_info)
            refusal = _refusal(request, match)
            if refusal is not None:
                return api.on_exception(request, refusal) if _is_api(match) else _page(request, refusal)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, named: dict[str, Any]
    ) -> HttpResponse | None:
        """An address that names what no row can be named is not there; a database would fail over it."""
        if all(number_of(each) is not None for each in named.values() if isinstance(each, int)):
            return None
        missing = Http404("No row has such a number.")
        if _is_api(request.resolver_match):
            return api.on_exception(request, missing)
        raise missing


def _is_api(match: ResolverMatch | None) -> bool:
    return match is not None and match.app_name == "ninja"


def _refusal(request: HttpRequest, match: ResolverMatch) -> Exception | None:
    if not _is_signed_in(request, match):
        return AuthenticationError()
    person = request.user
    has_role = person.is_superuser or bool(person.get_all_permissions())
    most, permission = _declared(match)
    if (permission and not person.has_perm(permission)) or (_is_api(match) and not has_role):
        return PermissionDenied(permission)
    return HttpError(413, TOO_LARGE) if _length(request) > (most if has_role else FORM) else None


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


def _page(request: HttpRequest, refusal: Exception) -> HttpResponse:
    request.csrf_processing_done = True  # type: ignore[attr-defined]  # else Django's page for a 403 reads the form
    if isinstance(refusal, AuthenticationError):
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    if isinstance(refusal, PermissionDenied):
        raise refusal
    return render(request, "413.html", {"message": TOO_LARGE}, status=413)
