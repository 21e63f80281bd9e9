"""Worker clusters as those who count them see them: the system page, the metrics, the alarms, /ready."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from infra.cloudwatch import backlog_per_worker
from jobs import clock
from jobs.models import Cluster
from jobs.states import ItemState
from tests.factories import ItemFactory, JobFactory

pytestmark = pytest.mark.django_db


def test_a_killed_cluster_counts_nowhere(admin_client, client):
    """Its row stayed live for a day in the metrics and in the figure by which workers are scaled out."""
    at_work = Cluster.objects.create(pool="cpu", host="here", pid=1, seen_at=clock.now())
    killed = Cluster.objects.create(pool="cpu", host="gone", pid=2, seen_at=clock.now() - timedelta(minutes=10))
    Cluster.objects.filter(pk=killed.pk).update(started_at=clock.now() - timedelta(hours=1))
    ItemFactory.create_batch(4, job=JobFactory(), state=ItemState.PENDING)

    page = admin_client.get(reverse("admin:jobs_system")).content.decode()
    assert (page.count("Working<"), page.count("Silent<")) == (1, 1)
    metrics = admin_client.get("/metrics").content.decode()
    assert 'bookpipeline_clusters{pool="cpu"} 1.0' in metrics
    assert 'host="here"' in metrics
    assert 'host="gone"' not in metrics
    assert backlog_per_worker()["cpu"] == 4

    at_work.delete()
    page = admin_client.get(reverse("admin:jobs_system")).content.decode()
    assert "No worker of the pool “Processor” is at work" in page
    assert 'bookpipeline_clusters{pool="cpu"} 0.0' in admin_client.get("/metrics").content.decode()
    assert client.get("/ready").json()["workers"] == []


def test_a_cluster_that_starts_slowly_counts(admin_client):
    """A busy machine takes longer than the patience; it is alive to its supervisor, so it is to everybody."""
    starting = Cluster.objects.create(pool="io", host="here", pid=1)
    Cluster.objects.filter(pk=starting.pk).update(started_at=clock.now() - timedelta(minutes=4))
    assert 'bookpipeline_clusters{pool="io"} 1.0' in admin_client.get("/metrics").content.decode()
    Cluster.objects.filter(pk=starting.pk).update(started_at=clock.now() - timedelta(minutes=6))
    assert 'bookpipeline_clusters{pool="io"} 0.0' in admin_client.get("/metrics").content.decode()
