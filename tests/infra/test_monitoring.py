"""What Prometheus is given to watch is there, tells what it should, and sets off what it should."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from operator import gt, lt

import pytest
import yaml
from django.conf import settings
from prometheus_client.parser import text_string_to_metric_families

from bookpipeline.metrics import BookCollector
from books.models import CallOutcome, ModelCall, Proposal, ReviewStatus, Subtopic
from jobs import clock
from jobs.models import Cluster, Throttle
from jobs.monitoring import exposition
from jobs.states import JobStatus
from jobs.sweep import sweep
from tests.factories import JobFactory, SubtopicFactory, guideline_of
from tests.infra.terraform import INFRA
from tests.jobs.rig import pass_time

pytestmark = pytest.mark.django_db

RULES = yaml.safe_load((INFRA / "prometheus" / "alerts.yaml").read_text())["groups"][0]["rules"]
OPERATORS = {"<": lt, ">": gt}


def samples() -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for family in text_string_to_metric_families(exposition(BookCollector()).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.value)
    return found


def firing() -> set[str]:
    """The rules over one of our own metrics that hold now for any of its series."""
    found, values = set(), samples()
    for rule in RULES:
        if simple := re.fullmatch(r"(bookpipeline_\w+) ([<>]) (\d+)", rule["expr"]):
            name, operator, bound = simple.groups()
            if any(OPERATORS[operator](value, float(bound)) for value in values.get(name, [])):
                found.add(rule["alert"])
    return found


def test_alarms_fire_for_what_they_are_for_and_for_nothing_else(monkeypatch):
    for pool in settings.POOLS:
        Cluster.objects.create(pool=pool, host="a", pid=1, seen_at=clock.now())
    sweep()
    JobFactory(status=JobStatus.RUNNING, heartbeat_at=clock.now())
    assert firing() == set()
    pass_time(monkeypatch, settings.CANARY_PATIENCE_SECONDS + 1)  # as if the clusters had been killed
    assert firing() == {"NoWorkerAlive"}
    pass_time(monkeypatch, 240)
    assert firing() == {"NoWorkerAlive", "SweepLate", "HeartbeatLost"}
    JobFactory(status=JobStatus.PENDING)
    Throttle.objects.create(provider="openai", limit=8, outage_since=clock.now())
    pass_time(monkeypatch, 901)
    assert firing() == {"NoWorkerAlive", "SweepLate", "HeartbeatLost", "JobWaits", "ProviderAway"}


def test_a_guideline_that_waits_for_two_weeks_is_an_alarm(monkeypatch):
    SubtopicFactory(status=ReviewStatus.PENDING_REVIEW)
    assert "ReviewWaits" not in firing()
    pass_time(monkeypatch, 15 * 86400)
    assert "ReviewWaits" in firing()


def test_what_people_owe_and_what_models_cost_is_told():
    subtopic = SubtopicFactory(status=ReviewStatus.PENDING_REVIEW)
    flagged = {"concepts": [{"text": "Flagged.", "pages": [1], "findings": ["number"]}]}
    Subtopic.objects.filter(pk=subtopic.pk).update(guideline=guideline_of(subtopic.topic.book, flagged))
    SubtopicFactory(status=ReviewStatus.APPROVED, reviewed_at=clock.now())
    Proposal.objects.create(book=subtopic.topic.book, kind="merge", subject="a", content="b")
    call = {"stage": "write", "provider": "openai", "model": "m", "prompt_version": "1", "schema_version": "1"}
    for cost in ("1.25", "9"):
        ModelCall.objects.create(**call, cost=cost, outcome=CallOutcome.ANSWERED)
    ModelCall.objects.filter(cost=9).update(created_at=clock.now() - timedelta(days=2))
    read = samples()
    assert read["bookpipeline_guidelines_waiting"] == [1]
    assert read["bookpipeline_flags_waiting"] == [1]
    assert read["bookpipeline_proposals_waiting"] == [1]
    assert read["bookpipeline_spent_last_day_usd"] == [1.25]


def test_every_rule_and_panel_is_about_something_that_is_told():
    Throttle.objects.create(provider="openai", limit=8)
    told = set(samples())
    dashboard = json.loads((INFRA / "prometheus" / "dashboard.json").read_text())
    asked = [rule["expr"] for rule in RULES] + [
        each["expr"] for panel in dashboard["panels"] for each in panel["targets"]
    ]
    ours = {name for expression in asked for name in re.findall(r"bookpipeline_\w+", expression)}
    assert len(ours) > 12
    assert ours <= told
