"""GET /metrics for Prometheus: by the token of the environment, or for people who may see jobs.

The engine's state and the books' as the database has it; requests and queries as the web's processes count them.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models import Count, Min, Sum
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from books.attempts import token_refused
from books.models import ModelCall, Proposal, ProposalState, ReviewStatus, Subtopic
from books.stored.guideline import statements
from jobs import clock
from jobs.monitoring import exposition, gauge, seconds_since

# Whose statements are looked at for flags, the oldest first: the rest is counted without.
MOST_READ: Final = 1000


@never_cache
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    if not (_has_token(request) or request.user.has_perm("jobs.view_job")):
        if "Authorization" in request.headers:
            token_refused(request)
        status = 403 if request.user.is_authenticated else 401
        return HttpResponse(status=status, headers={"WWW-Authenticate": "Bearer"} if status == 401 else None)
    return HttpResponse(exposition(BookCollector(), *_of_the_web()), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    """Compared in constant time; without a token in the environment nothing matches."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    known = settings.METRICS_TOKEN
    return bool(known) and scheme == "Bearer" and secrets.compare_digest(given.encode(), known.encode())


class BookCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        since = clock.now() - timedelta(days=1)
        spent = ModelCall.objects.filter(created_at__gte=since).aggregate(cost=Sum("cost"))["cost"]
        yield gauge("spent_last_day_usd", "US dollars that calls of models cost in 24 hours.", float(spent or 0))
        proposals = Proposal.objects.filter(state=ProposalState.OPEN).aggregate(count=Count("pk"), at=Min("created_at"))
        yield gauge("proposals_waiting", "Proposals that wait for a person.", proposals["count"])
        yield gauge("oldest_proposal_age_seconds", "Of the proposals that wait.", seconds_since(proposals["at"]))
        yield from _reviews()

    def describe(self) -> Iterator[Metric]:
        """Empty, so that registering asks nothing of the database."""
        return iter(())


def _reviews() -> Iterator[Metric]:
    waiting = Subtopic.objects.filter(status=ReviewStatus.PENDING_REVIEW).order_by("pk")
    yield gauge("guidelines_waiting", "Guidelines that wait for review.", waiting.count())
    read = waiting.values_list("guideline", flat=True)[:MOST_READ]
    flagged = sum(bool(each.findings) for guideline in read for _, each in statements(guideline))
    yield gauge("flags_waiting", f"Flagged statements of the {MOST_READ} oldest of them.", flagged)
    first = waiting.first()
    became = first.history.filter(status=ReviewStatus.PENDING_REVIEW).aggregate(at=Min("history_date")) if first else {}
    yield gauge("oldest_review_age_seconds", "Since the oldest of them first waited.", seconds_since(became.get("at")))


def _of_the_web() -> list[Collector]:
    """What django-prometheus counted in all processes of this gunicorn; nothing where none was asked to."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return []
    return [MultiProcessCollector(CollectorRegistry())]  # type: ignore[no-untyped-call]
