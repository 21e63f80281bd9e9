"""Machines whose clocks differ read the database's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from jobs import clock

pytestmark = pytest.mark.django_db
HOUR, SOON = timedelta(hours=1), timedelta(seconds=30)


@pytest.fixture
def is_ahead(monkeypatch):
    """This machine, by an hour, as a new connection finds."""
    here = timezone.now
    monkeypatch.setattr(clock, "_ahead", timedelta())
    monkeypatch.setattr(timezone, "now", lambda: here() + HOUR)
    clock.compare(connection)
    return here


def test_a_machine_that_is_ahead_reads_the_time_of_the_database(is_ahead):
    expected = is_ahead() + (HOUR if connection.vendor == "sqlite" else timedelta())
    assert abs(clock.now() - expected) < SOON


def test_a_clock_that_was_put_right_is_trusted_again(is_ahead, monkeypatch):
    monkeypatch.setattr(timezone, "now", is_ahead)
    clock.compare(connection)
    assert abs(clock.now() - is_ahead()) < SOON
    assert clock._ahead == timedelta()
