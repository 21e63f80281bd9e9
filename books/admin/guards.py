"""What every view of the screens is wrapped in: its methods, its permission, and refusals shown as sentences."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, cast
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import Resolver404, URLPattern, path, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods
from django_htmx.middleware import HtmxDetails

from books.access import check_open
from books.audit import refuse
from books.numbers import number_of
from books.wording import in_language
from jobs.errors import JobError

P = ParamSpec("P")
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


View = Callable[Concatenate[StaffRequest, P], HttpResponseBase]


def screen(permission: str) -> Callable[[View[P]], View[P]]:
    """A view that only reads: GET and HEAD, for people who have ``permission``."""
    return lambda view: _guarded(view, permission, ["GET", "HEAD"])


def action(permission: str, *, most_bytes: int | None = None) -> Callable[[View[P]], View[P]]:
    """A view that changes something: POST only. Refusals (JobError) become a message where the person came from.

    What leaves the undo as it was is an action of another kind, and ends it. One that takes files says how many bytes
    with ``most_bytes``.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def refusing(request: StaffRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            offered = request.session.get(UNDO)
            try:
                response = view(request, *args, **kwargs)
            except JobError as refusal:
                messages.error(request, in_language(refusal.message))
                refuse(request, in_language(refusal.message))
                return back(request, _home(kwargs))
            if offered is not None and request.session.get(UNDO) == offered:
                del request.session[UNDO]
            return response

        guarded = _guarded(refusing, permission, ["POST"])
        if most_bytes:
            guarded.most_bytes = most_bytes  # type: ignore[attr-defined]  # for bookpipeline.gate
        return guarded

    return decorate


def _guarded(view: View[P], permission: str, methods: list[str]) -> View[P]:
    @require_http_methods(methods)
    @wraps(view)
    def guarded(request: StaffRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        check_open(request.user, kwargs)
        return view(request, *args, **kwargs)

    guarded.permission = permission  # type: ignore[attr-defined]  # for bookpipeline.gate
    return guarded


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


def _home(kwargs: Mapping[str, Any]) -> str:
    if "book_id" in kwargs:
        return reverse("admin:books_book_overview", args=[kwargs["book_id"]])
    return reverse("admin:jobs_job_changelist")


def route(pattern: str, view: View[P], name: str, *, cacheable: bool = False) -> URLPattern:
    """``cacheable`` leaves the caching headers to the view."""
    return path(pattern, admin.site.admin_view(view, cacheable=cacheable), name=name)
