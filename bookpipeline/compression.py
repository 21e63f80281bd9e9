"""Screens go out compressed: a list of 500 pages is 250 kB of text that says much the same."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressedScreens(GZipMiddleware):
    """Text that browsers alone are sent. Django pads each answer by chance, so that its length tells nothing of what is
    in it; what programs read has an ETag to be compared as it is, and pictures and files gain nothing."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_screen = response.get("Content-Type", "").startswith(("text/html", "text/javascript"))
        return super().process_response(request, response) if is_screen and not response.streaming else response
