"""What is reported to CloudWatch: open work by pool, shared among the clusters there are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from django.db import connection

from infra.cloudwatch import backlog_per_worker, lines
from jobs.models import Cluster
from jobs.states import ItemState, JobStatus
from tests.factories import ItemFactory, JobFactory

pytestmark = pytest.mark.django_db


def test_open_items_count_for_the_pool_of_their_stage():
    job = JobFactory()
    for state in (ItemState.PENDING, ItemState.PENDING, ItemState.DONE):
        ItemFactory(job=job, state=state)
    assert backlog_per_worker() == {"cpu": 2, "io": 0}


def test_clusters_share_the_backlog():
    job = JobFactory()
    ItemFactory.create_batch(3, job=job, state=ItemState.PENDING)
    for pid in (1, 2):
        Cluster.objects.create(pool="cpu", host="a", pid=pid)
    assert backlog_per_worker()["cpu"] == 1.5


def test_a_job_that_nothing_began_counts_and_a_paused_one_does_not():
    JobFactory(status=JobStatus.PENDING, stage="")
    paused = JobFactory(status=JobStatus.PAUSED)
    ItemFactory(job=paused, state=ItemState.PENDING)
    assert sum(backlog_per_worker().values()) == 1


def test_every_metric_that_a_line_declares_has_its_number_there():
    for line in lines():
        [directive] = line["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]:
            assert isinstance(line[metric["Name"]], float | int)
        for dimensions in directive["Dimensions"]:
            assert all(isinstance(line[name], str) for name in dimensions)


def test_the_module_prints_json_lines():
    environment = {**os.environ, "DATABASE_URL": _url(), "DJANGO_SETTINGS_MODULE": "bookpipeline.settings"}
    command = [sys.executable, "-m", "infra"]
    printed = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    assert [json.loads(line).get("Pool") for line in printed.splitlines()] == [None, "cpu", "io"]


def _url() -> str:
    """Of the database of this test."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
