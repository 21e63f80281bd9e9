"""manage.py quiet_copy: makes a restored copy do nothing by itself, before anything is started on it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from books.models import DeletedBook, DeliveryState, Preferences, WebhookDelivery, WebhookEndpoint
from jobs.actions import cancel
from jobs.models import Job
from jobs.states import ACTIVE


class Command(BaseCommand):
    help = (
        "In a copy of a database: cancels every job under way, so that nothing is spent, switches every webhook off "
        "and forgets who asked for notices, so that nobody is told. Never on the database that people work with."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--database", required=True, help="the copy's name, to be sure that it is meant")

    def handle(self, *, database: str, **_: Any) -> None:
        name = str(connection.settings_dict["NAME"])
        if database != name:
            raise CommandError(f"DATABASE_URL names {name!r}, not {database!r}: nothing was changed.")
        with transaction.atomic():
            endpoints = WebhookEndpoint.objects.filter(is_active=True).update(is_active=False)
            waiting = WebhookDelivery.objects.filter(state=DeliveryState.WAITING)
            deliveries = waiting.update(state=DeliveryState.FAILED, next_try=None, error="Not sent: this is a copy.")
            Preferences.objects.update(by_mail=False, slack_url="")
            # Their folders are emptied by the sweep, which in a copy may reach files of the other.
            DeletedBook.objects.all().delete()
            jobs = [cancel(pk).pk for pk in Job.objects.filter(status__in=ACTIVE).values_list("pk", flat=True)]
        self.stdout.write(
            f"{len(jobs)} jobs cancelled, {endpoints} webhooks switched off, {deliveries} deliveries given up. "
            "Start it without the keys of providers."
        )
