"""manage.py watch_folder: a folder as a way in, for scanners and programs that can only write files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from books.errors import NoPage, UploadRejected
from books.intake.files import check_hidden, natural_order
from books.management.delivering import add_book, told
from books.ocr.start import start_reading
from jobs.errors import JobError, NothingToDo

TAKEN, REFUSED = "taken", "refused"


class Command(BaseCommand):
    help = (
        "Makes a book of each folder or file that is put into FOLDER, by the rules of process_book, and has it read. "
        "What was taken moves to FOLDER/taken, the rest to FOLDER/refused, each beside a text that says why."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--settled", type=float, default=30.0, help="Seconds in which nothing of it changed.")
        parser.add_argument("--every", type=float, default=10.0, help="Seconds from look to look.")
        parser.add_argument("--once", action="store_true", help="Look once and return, for cron.")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}.")
        while True:
            for entry in settled(folder, options["settled"]):
                self._take(entry)
            if options["once"]:
                return
            connections.close_all()
            time.sleep(options["every"])

    def _take(self, entry: Path) -> None:
        """A book that is busy, or a storage that is away, is tried again at the next look."""
        try:
            book, receipt = add_book([entry], {})
            lines = list(told(book, receipt))
            with suppress(NothingToDo):
                start_reading(book)
        except UploadRejected as refusal:
            self._put_away(entry, REFUSED, [refusal.message])
        except JobError as error:
            self.stdout.write(f"{entry.name}: {error.message}")
        else:
            self._put_away(entry, TAKEN, lines)

    def _put_away(self, entry: Path, where: str, lines: list[str]) -> None:
        target = free_name(entry.parent / where / entry.name)
        target.parent.mkdir(exist_ok=True)
        entry.rename(target)
        target.with_name(f"{target.name}.txt").write_text("\n".join([*lines, ""]), encoding="utf-8")
        for line in lines:
            self.stdout.write(line)


def settled(folder: Path, seconds: float) -> Iterator[Path]:
    """What was completely written, as far as can be told: nothing of it changed for so long."""
    entries = {entry.name: entry for entry in folder.iterdir() if entry.name not in {TAKEN, REFUSED}}
    for name in natural_order(sorted(entries)):
        entry = entries[name]
        try:
            check_hidden(name)
            files = [entry, *(entry.rglob("*") if entry.is_dir() else ())]
            # Copying keeps the time of a file's content, and not this one.
            newest = max(file.stat().st_ctime for file in files)
        except (NoPage, FileNotFoundError):
            continue
        if time.time() - newest >= seconds:
            yield entry


def free_name(target: Path) -> Path:
    if not target.exists():
        return target
    numbers = iter(range(2, 10_000))
    return next(free for each in numbers if not (free := target.with_name(f"{target.name} ({each})")).exists())
