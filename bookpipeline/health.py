"""Answers load balancers: /health says that the process lives, /ready that it can serve."""

from __future__ import annotations

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from jobs.cluster.live import live_pools


class HealthMiddleware:
    """First in the chain: a load balancer calls /health over plain HTTP with an address as host name, so neither the
    host check, the redirect to HTTPS nor the database may stand before the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/health":
            return HttpResponse("ok", content_type="text/plain")
        return self.get_response(request)


@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """200 when the database answers, else 503; ``workers`` lists the pools that showed a sign of life."""
    try:
        connection.ensure_connection()
        workers = sorted(live_pools())
    except DatabaseError:
        return JsonResponse({"database": False}, status=503)
    return JsonResponse({"database": True, "workers": workers})
