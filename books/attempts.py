"""Guessing ends after a few attempts: counted by django-axes for a name at an address, and for the address alone.

A failure is a row of its name, address and browser for as long as the cool-off; a locked address adds none.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import Any, Final

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

# An office has one address: all its names together may fail so many times as often as one.
NAMES_AT_AN_ADDRESS: Final = 10
# Counted as a name that nobody can have, so that a program's old token keeps no person out.
TOKENS: Final = "token of a program"


def client_address(request: HttpRequest) -> str | None:
    """Behind a proxy what it appended to X-Forwarded-For: all before that is what the client says of itself.

    Of IPv6 the network that one customer has (/64), since any of its addresses costs nothing.
    """
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.BEHIND_PROXY else ""
    return _network(forwarded.rpartition(",")[2]) or _network(request.META.get("REMOTE_ADDR", ""))


def _network(text: str) -> str | None:
    """Of "203.0.113.7", "203.0.113.7:80", "2001:db8::1", "[2001:db8::1]:80" and what proxies make of them."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, 64), strict=False).network_address)
    return str(getattr(address, "ipv4_mapped", None) or address)


class Attempts(AxesDatabaseHandler):  # type: ignore[misc]  # the package has no types
    """In the order of AXES_LOCKOUT_PARAMETERS: failures of the name at the address, and of the address."""

    def counts(self, request: HttpRequest, credentials: Mapping[str, Any] | None) -> list[int]:
        found = self.get_user_attempts(request, credentials)
        return [each.aggregate(count=Sum("failures_since_start"))["count"] or 0 for each in found]

    def get_failures(self, request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> int:
        of_name, of_address = self.counts(request, credentials)
        return max(of_name, of_address // NAMES_AT_AN_ADDRESS)

    def reset_user_attempts(self, request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> int:
        """Whoever can sign in as one person has no more guesses at the others for it."""
        count: int = self.filter_user_attempts(request, credentials)[0].delete()[0]
        return count


def token_refused(request: HttpRequest) -> None:
    """Counts a token that opens nothing. After too many of them the answer is ``locked_out``'s.

    One that is good opens also there: 256 random bits are not guessed, and the old token of one program behind an
    address must not keep out the others.
    """
    if may_attempt(request, TOKENS):
        count_failure(request, TOKENS)


def may_attempt(request: HttpRequest, name: str) -> bool:
    """Where not, the answer is ``locked_out``'s, whatever the view says."""
    credentials = {"username": name}
    if AxesProxyHandler.is_allowed(request, credentials):
        return True
    request.axes_locked_out, request.axes_credentials = True, credentials  # type: ignore[attr-defined]
    return False


def check_attempts(request: HttpRequest, name: str) -> None:
    """For a form of a second factor's code. Raises ValidationError; the page that says why is ``locked_out``'s."""
    if not may_attempt(request, name):
        raise ValidationError(_("Too many attempts."))


def count_failure(request: HttpRequest, name: str) -> None:
    AxesProxyHandler.user_login_failed(sender=count_failure, credentials={"username": name}, request=request)


def locked_out(request: HttpRequest, _response: HttpResponse, credentials: Mapping[str, str]) -> HttpResponse:
    seconds = ceil(settings.AXES_COOLOFF_TIME.total_seconds())
    name = credentials.get("username", "")
    if name == TOKENS:
        message = "Too many tokens were sent that open nothing. Wait, then send one that is valid."
        answer = {"code": "too_many_attempts", "message": message}
        return JsonResponse(answer, status=429, headers={"Retry-After": seconds})
    of_name = AxesProxyHandler.get_implementation().counts(request, credentials)[0]
    context = {
        "username": name,
        "attempts": of_name if of_name >= settings.AXES_FAILURE_LIMIT else None,
        "minutes": ceil(seconds / 60),
    }
    response = render(request, "bookpipeline/locked_out.html", context, status=429)
    response.headers["Retry-After"] = seconds
    return response
