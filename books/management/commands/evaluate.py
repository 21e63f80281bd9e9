"""manage.py evaluate: a processed book against its known text and structure, and the evidence check against statements
that are known to be honest or false."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from books.extraction.evaluate import boundary_picture, boundary_scores
from books.extraction.records import whole_outline
from books.guidelines.checking import Texts
from books.guidelines.evaluation import judge, labelled_book, report
from books.guidelines.measure import Measured, compare, urgency
from books.models import Book, ReviewStatus, Subtopic
from books.models.page import page_numbers
from books.ocr.accuracy import character_error_rate
from books.stored.guideline import Evidence, Part, Parts, Statement, numbered


class Command(BaseCommand):
    help = "Prints OCR error rates and how well subtopics' first pages were found, or how well statements are checked."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("truth", type=Path, nargs="?", help="A truth.json such as samples/prealgebra/truth.json.")
        parser.add_argument("--book", type=int, help="The book's id; by default the newest.")
        parser.add_argument("--guidelines", type=Path, help="Labelled statements, as samples/evidence/README.md says.")
        parser.add_argument("--statements", action="store_true", help="Measures the book's own guidelines.")
        parser.add_argument(
            "--against", type=Path, help="With --statements: a guidelines.json to compare the book with."
        )
        parser.add_argument("--picture", type=Path, help="A PNG to draw found boundaries beside the true ones in.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["guidelines"] is not None:
            self._print_evidence(options["guidelines"], each=options["verbosity"] > 1)
        if options["statements"]:
            self._print_statements(_book(options["book"]), options["against"])
        if options["truth"] is not None:
            self._print_book(options)
        elif options["guidelines"] is None and not options["statements"]:
            raise CommandError("Name a truth file, --guidelines with a file of labelled statements, or --statements.")

    def _print_statements(self, book: Book, against: Path | None) -> None:
        texts, measured = Texts(book.pk), Measured()
        rows = list(Subtopic.objects.filter(topic__book=book).order_by("topic__sequence", "sequence"))
        said = [(row, numbered(row.guideline, texts.numbers)) for row in rows]
        for row, guideline in said:
            is_approved = row.status in (ReviewStatus.APPROVED, ReviewStatus.PUBLISHED)
            measured.add(guideline, texts.check_of(row.title, row.pages), is_approved=is_approved)
        self.stdout.write(f"Book {book.pk}, {book.title}: {len(rows)} guidelines")
        for line in measured.lines():
            self.stdout.write(line)
        self.stdout.write("Review in this order (statements in doubt, share without evidence, parts empty)")
        for each in sorted((urgency(row.title, parts) for row, parts in said), key=lambda each: -each.score):
            self.stdout.write(f"  {each.doubts:>3} {each.without_evidence:>5.0%} {each.empty_parts:>3}  {each.title}")
        if against is not None:
            self._print_comparison(_guidelines_in(against), [parts for _, parts in said])

    def _print_comparison(self, before: list[Parts[int]], after: list[Parts[int]]) -> None:
        found = compare(before, after)
        self.stdout.write(
            f"Statements kept {found.kept}, gone {found.gone}, new {found.new}; "
            f"evidence in both {found.evidence_overlap:.0%}"
        )

    def _print_evidence(self, path: Path, *, each: bool) -> None:
        try:
            book = labelled_book(_json(path))
        except ValueError:
            raise CommandError(f"{path} has no labelled statements; samples/evidence/README.md says how.") from None
        self.stdout.write(f"{book.book}: {path}")
        for line in report(judge(book), each=each):
            self.stdout.write(line)

    def _print_book(self, options: dict[str, Any]) -> None:
        truth = _truth(options["truth"])
        book = _book(options["book"])
        self.stdout.write(f"Book {book.pk}, {book.title}")
        self._print_ocr(book, truth["pages"])
        self._print_boundaries(book, truth, options["picture"])

    def _print_ocr(self, book: Book, pages: list[dict[str, Any]]) -> None:
        """Character error rate, a share of the true text, per kind of page."""
        read = dict(book.pages.filter(reading__isnull=False).values_list("number", "reading__text"))
        rates: dict[str, list[float]] = {"clean": [], "degraded": []}
        for page in pages:
            kind = "degraded" if page.get("degradation") else "clean"
            if page["page"] in read:
                rates[kind].append(character_error_rate(page["text"], read[page["page"]]))
        for kind, values in rates.items():
            if values:
                self.stdout.write(
                    f"OCR, {kind} pages ({len(values)}): mean character error rate {mean(values):.2%}, "
                    f"worst {max(values):.2%}"
                )
        missing = [page["page"] for page in pages if page["page"] not in read]
        if missing:
            self.stdout.write(f"Not read: pages {', '.join(map(str, missing))}")

    def _print_boundaries(self, book: Book, truth: dict[str, Any], picture: Path | None) -> None:
        numbers, rows = page_numbers(book.pk), list(Subtopic.objects.filter(topic__book=book))
        found = [numbers.first(row.pages) for row in rows]
        if not found:
            self.stdout.write("No subtopics yet.")
            return
        count = len(truth["pages"])
        starts = [subtopic["first_page"] for topic in truth["topics"] for subtopic in topic["subtopics"]]
        scores = boundary_scores(starts, found, count)
        self.stdout.write(
            f"Subtopic boundaries at the exact page: F1 {scores.f1:.3f} (precision {scores.precision:.3f}, "
            f"recall {scores.recall:.3f}), Pk {scores.pk:.3f}, WindowDiff {scores.window_diff:.3f}"
        )
        if picture is not None:
            boundary_picture(starts, found, count).save(picture, "PNG")
            self.stdout.write(f"Drawn in {picture}")
        outline = whole_outline(book.pk)
        covered = set(numbers.numbers([*outline.front_matter, *(page for row in rows for page in row.pages)]))
        self.stdout.write(f"Cut by {outline.basis}; pages in no subtopic and no front matter: {_gaps(covered, count)}")


def _gaps(covered: set[int], count: int) -> str:
    gaps = [str(page) for page in range(1, count + 1) if page not in covered]
    return ", ".join(gaps) or "none"


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CommandError(f"There is no file {path}.") from None
    except ValueError:
        raise CommandError(f"{path} is not a JSON file.") from None


def _guidelines_in(path: Path) -> list[Parts[int]]:
    """Of a guidelines.json."""
    try:
        subtopics = [each for topic in _json(path)["topics"] for each in topic["subtopics"]]
        return [{part: tuple(map(_statement, each["guideline"].get(part, ()))) for part in Part} for each in subtopics]
    except (KeyError, TypeError, AttributeError):
        raise CommandError(f"{path} is no guidelines.json.") from None


def _statement(said: dict[str, Any]) -> Statement[int]:
    evidence = tuple(Evidence(each["page"], each["quote"]) for each in said.get("evidence", ()))
    return Statement(said["text"], tuple(said["pages"]), evidence=evidence)


def _truth(path: Path) -> dict[str, Any]:
    truth = _json(path)
    if not (isinstance(truth, dict) and truth.get("pages") and truth.get("topics")):
        raise CommandError(f"{path} is not a truth file with pages and topics.")
    return truth


def _book(book_id: int | None) -> Book:
    books = Book.objects.order_by("-id")
    book = books.first() if book_id is None else books.filter(pk=book_id).first()
    if book is None:
        raise CommandError("There is no such book; manage.py process_book makes one.")
    return book
