"""manage.py watch_folder: a folder, here or in a bucket, as a way in for what can only write files."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from email.utils import parsedate_to_datetime
from itertools import chain, count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Protocol

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from bookpipeline.bucket_storage import Bucket, telling_what_is_wrong
from books.errors import NoPage, StorageAway, UploadRejected
from books.intake.files import check_hidden, natural_order, shown_name
from books.intake.limits import PDF_BYTES
from books.management.delivering import add_book, told
from books.ocr.start import start_reading
from jobs.errors import JobError, NothingToDo

TAKEN, REFUSED = "taken", "refused"
S3: Final = "s3://"
UNSAFE: Final = {"", ".", ".."}


class Watched(Protocol):
    def settled(self, seconds: float) -> Iterator[str]:
        """The names, in the order of a book's pages, of what was completely written, as far as can be told: nothing of
        it changed for so long."""
        ...

    def opened(self, name: str) -> AbstractContextManager[Path]:
        """Its path on this machine. Raises UploadRejected."""
        ...

    def put_away(self, name: str, where: str, said: str) -> None:
        """Moves it to ``where`` under a name that is free there, with ``said`` in a text beside it."""
        ...


class WatchedFolder:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def settled(self, seconds: float) -> Iterator[str]:
        for name in _shown(entry.name for entry in self.folder.iterdir()):
            entry = self.folder / name
            with suppress(FileNotFoundError):
                files = [entry, *(entry.rglob("*") if entry.is_dir() else ())]
                # Copying keeps the time of a file's content, and not this one.
                if time.time() - max(file.stat().st_ctime for file in files) >= seconds:
                    yield name

    @contextmanager
    def opened(self, name: str) -> Iterator[Path]:
        yield self.folder / name

    def put_away(self, name: str, where: str, said: str) -> None:
        target = self.folder / where
        target.mkdir(exist_ok=True)
        free = _free(name, lambda each: (target / each).exists())
        (self.folder / name).rename(target / free)
        (target / f"{free}.txt").write_text(said, encoding="utf-8")


class WatchedPrefix:
    """``address`` is s3://BUCKET/PREFIX. What stands before the next slash of a key is a folder, as people see it."""

    def __init__(self, address: str) -> None:
        name, _, prefix = address.removeprefix(S3).partition("/")
        self.storage = Bucket(**settings.BUCKET["OPTIONS"] | {"bucket_name": name})
        self.prefix = f"{prefix.strip('/')}/".lstrip("/")

    def settled(self, seconds: float) -> Iterator[str]:
        with telling_what_is_wrong():
            client = self.storage.connection.meta.client
            answer = client.list_objects_v2(Bucket=self.storage.bucket_name, Prefix=self.prefix, Delimiter="/")
            # By the clock of the bucket, which wrote the other times.
            now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
            found = [each["Key"] for each in answer.get("Contents", ())]
            found += [each["Prefix"] for each in answer.get("CommonPrefixes", ())]
            for name in _shown(key.removeprefix(self.prefix).rstrip("/") for key in found):
                newest = max((each.last_modified for each in self._objects(name)), default=now)
                if (now - newest).total_seconds() >= seconds:
                    yield name

    @contextmanager
    def opened(self, name: str) -> Iterator[Path]:
        """A copy. What is larger than any file that is taken has its size alone, of which will be spoken."""
        with TemporaryDirectory(prefix="bookpipeline-watched-") as folder:
            for each in self._objects(name):
                path = each.key.removeprefix(self.prefix)
                if UNSAFE & set(path.rstrip("/").split("/")) or "\0" in path:
                    raise UploadRejected("has a name that no file can have.", name=shown_name(path))
                copy = Path(folder, path)
                (copy if path.endswith("/") else copy.parent).mkdir(parents=True, exist_ok=True)
                if not path.endswith("/"):
                    self._copy(each, copy)
            yield Path(folder, name)

    def _copy(self, found: Any, target: Path) -> None:
        with telling_what_is_wrong(), target.open("wb") as file:
            if found.size > PDF_BYTES:
                file.truncate(found.size)
            else:
                self.storage.bucket.download_fileobj(found.key, file, Config=self.storage.transfer_config)

    def put_away(self, name: str, where: str, said: str) -> None:
        with telling_what_is_wrong():
            bucket = self.storage.bucket
            target = f"{self.prefix}{where}/"
            free = _free(name, lambda each: any(bucket.objects.filter(Prefix=f"{target}{each}").limit(1)))
            bucket.Object(f"{target}{free}.txt").put(Body=said.encode(), ContentType="text/plain; charset=utf-8")
            for each in self._objects(name):
                rest = each.key.removeprefix(f"{self.prefix}{name}")
                bucket.Object(f"{target}{free}{rest}").copy({"Bucket": bucket.name, "Key": each.key})
                each.delete()

    def _objects(self, name: str) -> Iterator[Any]:
        """The one of that name, or those in the folder of that name."""
        with telling_what_is_wrong():
            for each in self.storage.bucket.objects.filter(Prefix=f"{self.prefix}{name}"):
                if each.key.removeprefix(f"{self.prefix}{name}")[:1] in {"", "/"}:
                    yield each


def _shown(names: Iterable[str]) -> Iterator[str]:
    """Those that a person sees and that are not put away, in the order of a book's pages."""
    for name in natural_order(sorted(set(names) - {TAKEN, REFUSED, ""})):
        with suppress(NoPage):
            check_hidden(name)
            yield name


def _free(name: str, is_taken: Callable[[str], bool]) -> str:
    names = chain([name], (f"{name} ({number})" for number in count(2)))
    return next(each for each in names if not is_taken(each))


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
