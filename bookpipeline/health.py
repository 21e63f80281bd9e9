"""Answers load balancers: /health says that the process lives, and which release it is; /ready that it can serve."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Protocol, cast

from django.core.files.storage import storages
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bookpipeline.release import HEALTH
from jobs.monitoring import live_pools


class Checkable(Protocol):
    """What our storages can do beyond Django's."""

    def answers(self) -> bool: ...


class HealthMiddleware:
    """First in the chain: a load balancer calls /health over plain HTTP with an address as host name, so neither the
    host check, the redirect to HTTPS nor the database may stand before the answer. In production
    ``bookpipeline.web_worker`` answers before this, with the same words."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/health":
            return HttpResponse(HEALTH, content_type="application/json")
        return self.get_response(request)


@never_cache
@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """200 when database and storage answer and no migration is missing, else 503.

    ``workers`` lists the pools whose canary came back; the web serves without them, so they decide nothing here.
    """
    try:
        database, migrations = True, _migrated()
        workers = sorted(live_pools()) if migrations else []
    except DatabaseError:
        database, migrations, workers = False, False, []
    storage = cast("Checkable", storages["default"]).answers()
    facts = {"database": database, "storage": storage, "migrations": migrations}
    return JsonResponse({**facts, "workers": workers}, status=200 if all(facts.values()) else 503)


def _migrated() -> bool:
    """Whether the database has had the last migration of every app of this code."""
    return _latest() <= set(MigrationRecorder(connection).applied_migrations())


@cache
def _latest() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).graph.leaf_nodes())
