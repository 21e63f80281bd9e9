"""Which request a line of the log is about: the proxy's X-Request-ID, and the trace of a W3C traceparent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

from django.core.signals import request_finished
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from jobs.logs import begin_request, end_request

ID: Final = re.compile(r"[\w.-]{1,64}", re.ASCII)
# https://www.w3.org/TR/trace-context/#traceparent-header
TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")


class RequestIdMiddleware:
    """Before all that may log. The answer names the request too, so that somebody can say which one failed."""

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
