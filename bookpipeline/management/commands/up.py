"""manage.py up: the web server and the workers of one machine together."""

from __future__ import annotations

import socket
import sys
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.database import missing_migrations
from jobs.worker.supervisor import Child, Supervisor

# The workers' own grace time comes first; then their supervisor needs a moment to kill what is left.
MARGIN_SECONDS = 5


class Command(BaseCommand):
    help = (
        "Sets up what is missing, then runs web and work, starting again whichever dies. "
        "Ctrl-C stops both; a second Ctrl-C kills them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (%(default)s)")

    def handle(self, *, host: str, port: int, **_: Any) -> None:
        _require_free(host, port)
        self._set_up()
        self.stdout.write(f"http://{host}:{port}/ and the workers; Ctrl-C stops both.")
        Supervisor([_web(host, port), _work()], settings.DRAIN_SECONDS + MARGIN_SECONDS).run()

    def _set_up(self) -> None:
        """What is missing, so that a fresh folder works."""
        if missing := missing_migrations():
            self.stdout.write(f"Setting up the database: {missing} migrations.")
            call_command("migrate", verbosity=0)
        if not get_user_model().objects.filter(is_superuser=True).exists():
            self.stdout.write("There is no administrator yet. In another terminal: manage.py createsuperuser")


def _web(host: str, port: int) -> Child:
    command = [sys.executable, "-m", "gunicorn", "bookpipeline.wsgi"]
    options = ["--config", str(settings.BASE_DIR / "gunicorn.conf.py"), "--workers", "1", "--bind", f"{host}:{port}"]
    return Child("web", [*command, *options])


def _work() -> Child:
    return Child("work", [sys.executable, "-m", "django", "work"])


def _require_free(host: str, port: int) -> None:
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise CommandError(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
