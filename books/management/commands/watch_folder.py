"""manage.py watch_folder: a folder, here or in a bucket, as a way in for what can only write files."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from books.errors import StorageAway, UploadRejected
from books.management.delivering import add_book, told
from books.management.watched import REFUSED, S3, TAKEN, Watched, WatchedFolder, WatchedPrefix
from books.ocr.start import start_reading
from jobs.errors import JobError, NothingToDo


class Command(BaseCommand):
    help = (
        "Makes a book of each folder or file that is put into FOLDER, by the rules of process_book, and has it read. "
        "What was taken moves to FOLDER/taken, the rest to FOLDER/refused, each beside a text that says why."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", help="A folder of this machine, or s3://BUCKET/PREFIX.")
        parser.add_argument("--settled", type=float, default=30.0, help="Seconds in which nothing of it changed.")
        parser.add_argument("--every", type=float, default=10.0, help="Seconds from look to look.")
        parser.add_argument("--once", action="store_true", help="Look once and return, for cron.")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = _watched(options["folder"])
        while True:
            try:
                for name in folder.settled(options["settled"]):
                    self._take(folder, name)
            except StorageAway as away:
                if options["once"]:
                    raise CommandError(away.message) from away
                self.stderr.write(away.message)
            if options["once"]:
                return
            connections.close_all()
            time.sleep(options["every"])

    def _take(self, folder: Watched, name: str) -> None:
        """A book that is busy, or a storage that is away, is tried again at the next look."""
        try:
            with folder.opened(name) as path:
                book, receipt = add_book([path], {})
            lines = list(told(book, receipt))
            with suppress(NothingToDo):
                start_reading(book)
        except UploadRejected as refusal:
            self._put_away(folder, name, REFUSED, [refusal.message])
        except JobError as error:
            self.stdout.write(f"{name}: {error.message}")
        else:
            self._put_away(folder, name, TAKEN, lines)

    def _put_away(self, folder: Watched, name: str, where: str, lines: list[str]) -> None:
        folder.put_away(name, where, "\n".join([*lines, ""]))
        for line in lines:
            self.stdout.write(line)


def _watched(folder: str) -> Watched:
    if folder.startswith(S3):
        return WatchedPrefix(folder)
    if not Path(folder).is_dir():
        raise CommandError(f"There is no folder {folder}.")
    return WatchedFolder(Path(folder))
