"""GET /metrics for Prometheus: by the token of the environment, or for people who may see jobs."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST

from books.attempts import token_refused
from jobs.monitoring import exposition


@never_cache
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    if not (_has_token(request) or request.user.has_perm("jobs.view_job")):
        if "Authorization" in request.headers:
            token_refused(request)
        status = 403 if request.user.is_authenticated else 401
        return HttpResponse(status=status, headers={"WWW-Authenticate": "Bearer"} if status == 401 else None)
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    """Compared in constant time; without a token in the environment nothing matches."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    known = settings.METRICS_TOKEN
    return bool(known) and scheme == "Bearer" and secrets.compare_digest(given.encode(), known.encode())
