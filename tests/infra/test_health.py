"""/health stands before everything; /ready tells what is missing."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from books.api.application import api
from jobs import clock
from jobs.models import Cluster
from tests import s3


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("headers", [{}, {"HTTP_HOST": "10.40.129.7"}, {"HTTP_HOST": "no such\thost:?"}])
def test_health_asks_for_no_host_no_tls_and_no_database(client, settings, method, headers):
    """Without the mark of a database, pytest-django fails every query."""
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["books.example.org"]
    response = getattr(client, method)("/health", **headers)
    assert response.status_code == 200
    assert not response.cookies


def test_one_version_is_told_everywhere(client):
    """The client is a package of its own, so it says its version itself; they go out together."""
    assert client.get("/health").json()["version"] == settings.VERSION == api.version
    assert f'version = "{settings.VERSION}"' in (settings.BASE_DIR / "client" / "pyproject.toml").read_text()
    newest = (settings.BASE_DIR / "CHANGELOG.md").read_text().split("\n## ")[1]
    assert re.match(rf"{re.escape(settings.VERSION)} \(\d{{4}}-\d\d-\d\d\)\n", newest)


def test_only_that_path_is_answered_so(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert [client.get(path).status_code for path in ("/health/", "/healthy", "/HEALTH")] == [301] * 3


@pytest.mark.django_db
def test_ready_names_the_pools_whose_canary_came_back(client):
    Cluster.objects.create(pool="cpu", host="a", pid=1, seen_at=clock.now())
    Cluster.objects.create(pool="io", host="a", pid=2)
    response = client.get("/ready")
    assert response.status_code == 200
    assert response.json() == {"database": True, "storage": True, "migrations": True, "workers": ["cpu"]}
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_ready_notices_a_migration_that_was_not_run(client):
    last = MigrationRecorder.Migration.objects.filter(app="books").latest("name")
    MigrationRecorder(connection).record_unapplied(last.app, last.name)
    response = client.get("/ready")
    assert response.status_code == 503
    assert response.json()["migrations"] is False


def test_ready_without_a_database_is_an_answer_too(client, monkeypatch):
    def away(*_):
        raise OperationalError("away")

    monkeypatch.setattr("bookpipeline.health.MigrationRecorder.applied_migrations", away)
    response = client.get("/ready")
    assert response.status_code == 503
    assert response.json() == {"database": False, "storage": True, "migrations": False, "workers": []}


@pytest.mark.django_db
def test_ready_notices_a_folder_that_cannot_be(client, settings, tmp_path):
    (tmp_path / "file").write_text("in the way")
    options = {"location": str(tmp_path / "file" / "media"), "allow_overwrite": True}
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": options}}
    assert client.get("/ready").json()["storage"] is False


@pytest.mark.django_db
def test_ready_notices_a_bucket_that_went_away(client, settings, monkeypatch):
    with s3.running_server() as address:
        bucket = s3.bucket_of(settings, monkeypatch, address)
        assert client.get("/ready").json()["storage"] is True
        s3.empty(bucket)
        assert client.get("/ready").json()["storage"] is False
    assert client.get("/ready").status_code == 503
