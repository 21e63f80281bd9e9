"""manage.py demo: sets up everything, then does the main job on the sample book."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from books.intake.sample import FACTS, SAMPLE
from jobs.monitoring import live_pools

CLUSTER_WAIT_SECONDS = 60


class Command(BaseCommand):
    help = "Migrates, makes an administrator, starts web and workers, and processes the sample book."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--stay", action="store_true", help="Leave the admin running until Ctrl-C (in a terminal).")
        parser.add_argument("--port", type=int, default=8000, help="Or the next one that is free.")

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        name, password = self._administrator()
        port = _free_port(options["port"])
        address = f"http://127.0.0.1:{port}/admin/"
        servers = _start_servers(port)
        try:
            _wait_for_cluster(servers)
            self.stdout.write(f"The admin runs at {address}  user: {name}  password: {password}\n")
            started = time.monotonic()
            call_command(
                "process_book",
                str(SAMPLE),
                approve=True,
                out=settings.BASE_DIR / "guidelines.json",
                **FACTS,
            )
            call_command("evaluate", str(SAMPLE / "truth.json"))
            self.stdout.write(f"The job took {time.monotonic() - started:.0f} seconds.")
            if options["stay"] and sys.stdin.isatty() and sys.stdout.isatty():
                self.stdout.write(f"\nLook at {address} as {name} with the password {password}. Ctrl-C ends it.")
                with suppress(KeyboardInterrupt):
                    servers.wait()
        finally:
            _stop(servers)

    def _administrator(self) -> tuple[str, str]:
        """A fresh password each time: none is kept anywhere."""
        user, _ = get_user_model().objects.get_or_create(
            username="admin", defaults={"is_staff": True, "is_superuser": True}
        )
        password = secrets.token_urlsafe(12)
        user.set_password(password)
        user.save()
        return user.get_username(), password


def _free_port(wanted: int) -> int:
    for port in range(wanted, wanted + 100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise CommandError(f"No port from {wanted} to {wanted + 99} is free; choose one with --port.")


def _start_servers(port: int) -> subprocess.Popen[bytes]:
    """Web and workers in a session of their own, so that Ctrl-C reaches this command first."""
    logs = (settings.DATA_DIR / "demo.log").open("ab")
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "up", "--port", str(port)]
    return subprocess.Popen(command, stdout=logs, stderr=logs, start_new_session=True)  # noqa: S603 - our own command


def _wait_for_cluster(servers: subprocess.Popen[bytes]) -> None:
    gives_up_at = time.monotonic() + CLUSTER_WAIT_SECONDS
    while live_pools() != set(settings.POOLS):
        if servers.poll() is not None or time.monotonic() > gives_up_at:
            raise CommandError(f"The workers did not start; {settings.DATA_DIR / 'demo.log'} says why.")
        time.sleep(0.2)


def _stop(servers: subprocess.Popen[bytes]) -> None:
    if servers.poll() is None:
        servers.terminate()
    try:
        servers.wait(timeout=settings.DRAIN_SECONDS + 10)
    except subprocess.TimeoutExpired:
        os.killpg(servers.pid, signal.SIGKILL)
