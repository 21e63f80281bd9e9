"""manage.py check_provider: what the configured model server can do, tried with a few small calls."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from books.ledger.choices import checked


class Command(BaseCommand):
    help = "Asks the model of a stage three small questions and prints what works, what does not and what to set."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--stage", default="write", help="whose model is tried, such as ocr, digest or write")

    def handle(self, *_: Any, stage: str, **__: Any) -> None:
        try:
            choice, findings = checked(stage)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{choice.model} of {choice.provider}")
        for finding in findings:
            self.stdout.write(f"  {'ok' if finding.is_fine else '--'}  {finding.title + ':':10} {finding.sentence}")
        if not findings[0].is_fine:
            raise CommandError("No job can work with this model yet.")
