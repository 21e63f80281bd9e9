"""What requests pass on their way: their name in the log, the compression of screens, their language and zone.

Programs are always answered in English and UTC, and what is stored is English too: docs/architecture.md, "Languages".
The upload form is no program, though it asks the API: what it is told stands on the screen. Only a browser's session
sends the token against forged forms.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import brotli
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.core.signals import request_finished
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.middleware.locale import LocaleMiddleware
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from books.models import Preferences
from books.models.session import CHOSEN_LANGUAGE
from books.tokens import ADDRESSES
from jobs.logs import begin_request, end_request

ZONE: Final = "zone"
BROTLI: Final = re.compile(r"\bbr\b")
# In bytes; what is shorter gains nothing.
SHORT: Final = 200
ID: Final = re.compile(r"[\w.-]{1,64}", re.ASCII)
# https://www.w3.org/TR/trace-context/#traceparent-header
TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")


class RequestIdMiddleware:
    """Which request a line of the log is about: the proxy's X-Request-ID, and the trace of a W3C traceparent.

    Before all that may log. The answer names the request too, so that somebody can say which one failed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        name = given if ID.fullmatch(given) else uuid4().hex
        trace = TRACEPARENT.fullmatch(request.headers.get("traceparent", ""))
        begin_request(name, trace[1] if trace else "")
        response = self.get_response(request)
        response.headers["X-Request-ID"] = name
        return response


@receiver(request_finished)
def forget(**_: Any) -> None:
    """Only now: Django logs a refusal after all middleware."""
    end_request()


class CompressedScreens(GZipMiddleware):
    """Text that browsers alone are sent: a list of 500 pages is 250 kB that say much the same.

    As Brotli where the browser takes it, a third less than gzip. Either is padded by chance, so that its length tells
    nothing of what is in it; what programs read has an ETag to be compared as it is, and pictures and files gain
    nothing.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_screen = response.get("Content-Type", "").startswith(("text/html", "text/javascript"))
        if not isinstance(response, HttpResponse) or not is_screen:
            return response
        if not BROTLI.search(request.headers.get("Accept-Encoding", "")) or len(response.content) < SHORT:
            return super().process_response(request, response)
        patch_vary_headers(response, ("Accept-Encoding",))
        response.content = _as_brotli(response.content, padding=1 + secrets.randbelow(self.max_random_bytes))
        response.headers["Content-Encoding"] = "br"
        response.headers["Content-Length"] = str(len(response.content))
        return response


def _as_brotli(content: bytes, padding: int) -> bytes:
    """``padding``, of 1 to 256 bytes, is a block that readers skip: https://www.rfc-editor.org/rfc/rfc7932#section-9.2"""
    stream = brotli.Compressor(quality=5)
    body = stream.process(content) + stream.flush()
    skipped = (0b01_0_11_0 | (padding - 1) << 6).to_bytes(2, "little") + bytes(padding)
    return bytes(body + skipped + stream.finish())


class LanguageMiddleware(LocaleMiddleware):
    """What its person chose, else what the browser says."""

    def process_request(self, request: HttpRequest) -> None:
        is_program = request.path_info.startswith(ADDRESSES) and "X-CSRFToken" not in request.headers
        _activate_zone("" if is_program else request.COOKIES.get(ZONE, ""))
        chosen = settings.LANGUAGE_CODE if is_program else request.session.get(CHOSEN_LANGUAGE, "")
        if chosen not in dict(settings.LANGUAGES):
            return super().process_request(request)
        translation.activate(chosen)
        request.LANGUAGE_CODE = chosen
        return None


def _activate_zone(name: str) -> None:
    """The browser's, as screens.js found it out; whoever sends another sees the time of another."""
    try:
        timezone.activate(ZoneInfo(name))
    except (ValueError, OSError, ZoneInfoNotFoundError):
        timezone.deactivate()


@receiver(user_logged_in)
def _as_chosen(request: HttpRequest, user: User, **_: Any) -> None:
    chosen = Preferences.objects.filter(person=user.pk).values_list("language", flat=True).first()
    if chosen:
        request.session[CHOSEN_LANGUAGE] = chosen
