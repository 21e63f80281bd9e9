"""Counting what has to be known after the rows it happened to are gone."""

from __future__ import annotations

from django.db.models import F

from jobs.models import Tally

SUPERSEDED = "superseded_results"


def count_one(name: str) -> None:
    Tally.objects.get_or_create(name=name)
    Tally.objects.filter(name=name).update(count=F("count") + 1)


def tally_of(name: str) -> int:
    return Tally.objects.filter(name=name).values_list("count", flat=True).first() or 0
