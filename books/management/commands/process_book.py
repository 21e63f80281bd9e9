"""manage.py process_book: from scans to guidelines in one command."""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper
from django.db import connection

from books.errors import UploadRejected
from books.extraction.contents import save_contents
from books.extraction.job import resume_extraction, start_finalisation
from books.management.delivering import add_book, told
from books.models import Book, Topic
from books.models.book import BOOK_FIELDS
from books.models.page import page_numbers
from books.ocr.review import approve_pages
from books.ocr.spreads import marked_spreads, split_spreads
from books.ocr.start import start_reading
from books.publishing.files.export import book_json, book_markdown
from books.stored.pages import span
from books.structure.contents import parse_toc, toc_lines
from jobs.errors import JobError, NothingToDo
from jobs.models import Job
from jobs.monitoring import live_pools
from jobs.runner import run_to_end
from jobs.states import JobStatus
from jobs.views import JobView, job_view

BAR_CELLS = 30
LOOK_SECONDS = 0.3


class Bar:
    """``stream`` gets a rewritten line where it is a terminal, else one line whenever ten more percent are done."""

    def __init__(self, stream: OutputWrapper) -> None:
        self.stream = stream
        self.shown = -10

    def show(self, view: JobView) -> None:
        full = BAR_CELLS * view.percent // 100
        line = f"{view.title:<24} [{'#' * full}{'.' * (BAR_CELLS - full)}] {view.percent:3}%  {view.headline}"
        if self.stream.isatty():
            self.stream.write(f"\r\033[K{line}", ending="" if view.is_active else "\n")
        elif view.percent >= self.shown + 10 or not view.is_active:
            self.shown = view.percent
            self.stream.write(line)
        self.stream.flush()


def follow(job: Job, stream: OutputWrapper, *, here: bool) -> Job:
    """Shows ``job`` until it is over or paused. ``here``: no cluster runs, so this process does the work."""
    bar = Bar(stream)
    if here:
        with _shown_meanwhile(lambda: bar.show(_view(job))):
            run_to_end(job.pk)
    while (view := _view(job)).is_active and view.job.status != "paused":
        bar.show(view)
        time.sleep(LOOK_SECONDS)
    bar.show(view)
    return view.job


def _view(job: Job) -> JobView:
    return job_view(Job.objects.get(pk=job.pk))


@contextmanager
def _shown_meanwhile(show: Callable[[], None]) -> Iterator[None]:
    over = threading.Event()

    def look() -> None:
        try:
            while not over.wait(LOOK_SECONDS):
                show()
        finally:
            connection.close()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def page_range(text: str) -> range:
    """``7`` or ``1-24``, from 1, inclusive."""
    found = re.fullmatch(r"(\d{1,4})(?:-(\d{1,4}))?", text.strip())
    if found is None or not 1 <= int(found[1]) <= int(found[2] or found[1]):
        raise ArgumentTypeError(f"{text!r} is not a page range; write one such as 1-24.")
    return range(int(found[1]), int(found[2] or found[1]) + 1)


class Command(BaseCommand):
    help = "Makes a book of a folder of scans, of images or of a PDF, reads it and, once approved, writes guidelines."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", nargs="+", type=Path, help="A folder, one or more images, or a PDF.")
        for name in BOOK_FIELDS:
            kind = int if name == "edition_year" else str
            parser.add_argument(f"--{name.replace('_', '-')}", dest=name, type=kind)
        parser.add_argument("--pages", type=page_range, help="Only these pages, such as 1-24.")
        parser.add_argument(
            "--split-spreads", action="store_true", help="Make two pages of each scan of two facing ones."
        )
        parser.add_argument("--toc", type=Path, help="A text file with the table of contents, one entry a line.")
        parser.add_argument("--approve", action="store_true", help="Approve every page unseen and go on.")
        parser.add_argument("--out", type=Path, help="Write guidelines here as JSON, and as Markdown beside it.")
        parser.add_argument("--no-wait", action="store_true", help="Start the reading and return.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verbosity"] < 2:
            logging.getLogger().setLevel(logging.WARNING)
        try:
            self._run(options)
        except JobError as error:
            raise CommandError(error.message) from error

    def _run(self, options: dict[str, Any]) -> None:
        toc = _toc(options["toc"])
        _check_out(options["out"])
        book = self._book(options)
        if toc and options["no_wait"]:
            self._confirm_contents(book, toc)
        reading = self._start_reading(book)
        if options["no_wait"]:
            self.stdout.write(f"Book {book.pk}: reading started. Look with: manage.py jobs --book {book.pk}")
            return
        if reading is not None:
            self._follow(reading)
        if options["split_spreads"]:
            self._split_spreads(book)
        if toc:
            self._confirm_contents(book, toc)
        if not options["approve"]:
            self.stdout.write(f"Book {book.pk} is read. Review its pages, or run this again with --approve.")
            return
        approve_pages(book)
        self._follow(resume_extraction(book))
        self._follow(start_finalisation(book))
        self._print(book)
        if options["out"]:
            self._write(book, options["out"])

    def _book(self, options: dict[str, Any]) -> Book:
        """The book of this title that already holds these pages, or a new one."""
        facts = {name: options[name] for name in BOOK_FIELDS if options[name]}
        book, receipt = add_book(options["path"], facts, wanted=options["pages"])
        for line in told(book, receipt):
            self.stdout.write(line)
        return book

    def _confirm_contents(self, book: Book, toc: str) -> None:
        """Before the pages are read, nothing can be said of where the lines begin; generating finds it then."""
        _, matched = save_contents(book, toc, confirm=True, despite=[line.text for line in toc_lines(toc)])
        self.stdout.write(f"Table of contents confirmed: {len(matched)} lines.")
        for each in matched:
            if each.problem and book.pages.filter(reading__isnull=False).exists():
                self.stdout.write(f"   {each.entry.title}: {each.problem}")

    def _start_reading(self, book: Book) -> Job | None:
        try:
            return start_reading(book)
        except NothingToDo:
            return None

    def _split_spreads(self, book: Book) -> None:
        if pages := marked_spreads(book):
            done, reading = split_spreads(book, pages)
            self.stdout.write(f"{done.sentence}; the map of the book's pages can undo it.")
            self._follow(reading)

    def _follow(self, job: Job) -> None:
        """Raises CommandError unless the job completes with every item done."""
        here = not live_pools()
        if here:
            self.stdout.write("No worker is running, so this process does the work.")
        job = follow(job, self.stdout, here=here)
        if job.status == JobStatus.PAUSED:
            raise CommandError(f"The job is paused. Go on with: manage.py job {job.pk} --resume")
        if job.status != JobStatus.COMPLETED:
            raise CommandError(job.error_message or f"The job was {job.get_status_display().lower()}.")
        if job.failed_items:
            raise CommandError(f"{job.failed_items} of {job.total_items} failed. See: manage.py job {job.pk}")

    def _print(self, book: Book) -> None:
        numbers = page_numbers(book.pk)
        for topic in Topic.objects.filter(book=book).prefetch_related("subtopics"):
            rows = topic.subtopics.all()
            pages = span(numbers.numbers(page for row in rows for page in row.pages))
            self.stdout.write(f"\n{topic.sequence}. {topic.title} ({pages})")
            for row in rows:
                self.stdout.write(f"   {row.title} ({span(numbers.numbers(row.pages))})")
        self.stdout.write("")

    def _write(self, book: Book, out: Path) -> None:
        markdown = out.with_suffix(".md")
        out.write_text(json.dumps(book_json(book), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        markdown.write_text(book_markdown(book), encoding="utf-8")
        self.stdout.write(f"Wrote {out} and {markdown}.")


def _toc(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        text = path.read_text(encoding="utf-8")
        parse_toc(text)
        return text
    except FileNotFoundError:
        raise UploadRejected(f"There is no file {path}.") from None
    except (UnicodeDecodeError, IsADirectoryError):
        raise UploadRejected("is not a text file.", name=path.name) from None


def _check_out(path: Path | None) -> None:
    """Before the work rather than after it."""
    if path is not None and not path.resolve().parent.is_dir():
        raise UploadRejected(f"There is no folder {path.resolve().parent} to write to.")
