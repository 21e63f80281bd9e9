"""What is published: the facts that readers get of a subtopic, the versions there are and how two differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Exists, OuterRef, QuerySet, Subquery, When

from books.models import Book, Page, PublishedGuideline, PublishedSet, Subtopic, Topic
from books.models.book import BookQuerySet
from books.stored.guideline import FindingKind, Guideline, Part, Statement, numbered
from books.stored.pages import PageId, PageNumbers
from books.stored.reader import FigureDocument, GuidelineDocument, StatementDocument
from books.stored.regions import RegionKind

Facts = dict[str, Any]
Figures = dict[PageId, list[FigureDocument]]
BOOK_FACTS = ("country", "board", "grade", "subject", "language")
# All columns but those that say of which sets it is part.
OF_SETS = {"id", "book", "since_version", "until_version", "published_at"}
FACTS = [each.name for each in PublishedGuideline._meta.concrete_fields if each.name not in OF_SETS]


def key_of(row: Topic | Subtopic) -> str:
    """What readers know the row by for ever: a database gives an id once (docs/adr/0003)."""
    return f"{row._meta.model_name}-{row.pk}"


def facts_of(subtopic: Subtopic, numbers: PageNumbers, figures: Figures) -> Facts:
    """All that readers get of an approved ``subtopic`` with its topic, book and reviewer loaded."""
    return {
        **own_facts(subtopic, numbers),
        **place_of(subtopic),
        "figures": figures_of(subtopic, numbers, figures),
        "key": key_of(subtopic),
        "number": subtopic.number,
        "engine": subtopic.engine,
        "provenance": subtopic.provenance,
        "reviewer": subtopic.reviewed_by.get_full_name()[:150] if subtopic.reviewed_by else "",
        "reviewed_at": subtopic.reviewed_at,
    }


def own_facts(subtopic: Subtopic, numbers: PageNumbers) -> Facts:
    """Its title, text and pages: what was approved."""
    return {
        "title": subtopic.title,
        "summary": subtopic.summary,
        "pages": numbers.numbers(subtopic.pages),
        "guideline": document_of(subtopic.guideline, numbers),
    }


def figures_on(pages: QuerySet[Page]) -> Figures:
    """The figures and tables by page, each with the scan page, its caption and its box in shares of the page."""
    drawn = pages.filter(reading__isnull=False).exclude(reading__regions=[]).select_related("reading")
    return {
        str(page.pk): [
            region.document(page.number, (page.image_width or 1, page.image_height or 1))
            for region in (page.reading.regions if page.reading else ())
            if region.kind != RegionKind.FORMULA
        ]
        for page in drawn.defer("reading__lines", "reading__text").order_by("number")
    }


def figures_of(subtopic: Subtopic, numbers: PageNumbers, figures: Figures) -> list[FigureDocument]:
    return [each for page in numbers.in_order(subtopic.pages) for each in figures.get(page, ())]


def document_of(guideline: Guideline, numbers: PageNumbers) -> GuidelineDocument:
    """What readers and files get of it: each part's statements with scan numbers and, where one was seen, the numbers
    printed on the pages; what each rests on, and what was found against it."""
    parts = numbered(guideline, numbers)
    return {
        str(part): [
            _statement(shown, numbers.printed(stored.pages))
            for shown, stored in zip(parts.get(part, ()), guideline.get(part, ()), strict=True)
        ]
        for part in Part
    }


def _statement(statement: Statement[int], printed: list[int | None]) -> StatementDocument:
    """With its text and pages alone where there is no more to say."""
    said: StatementDocument = {"text": statement.text, "pages": list(statement.pages)}
    if any(printed):
        said["printed_pages"] = printed
    if statement.kind == "quote":
        said["kind"] = statement.kind
    if statement.basis:
        said["basis"] = statement.basis
    if statement.evidence:
        said["evidence"] = [{"page": each.page, "quote": each.quote} for each in statement.evidence]
    if statement.findings:
        said["findings"] = [{"kind": each.kind.value, "sentence": each.sentence} for each in statement.findings]
    if statement.checked is not None:
        said["is_checked"] = True
    return said


def notes_on(statement: StatementDocument) -> list[str]:
    """What is said beside a statement of ``document_of`` wherever a guideline is text: its quotes with the scan pages,
    the printed pages, and what was found against it."""
    quotes = [f"“{each['quote']}” (p. {each['page']})" for each in statement.get("evidence", ())]
    printed = ", ".join(str(page) for page in statement.get("printed_pages", ()) if page)
    mark = "Checked by a person" if statement.get("is_checked") else "Not checked"
    found = [
        f"{mark}: {FindingKind(each['kind']).heading}. {each['sentence']}".strip()
        for each in statement.get("findings", ())
    ]
    return [*quotes, *([f"Printed page {printed}"] if printed else []), *found]


def place_of(subtopic: Subtopic) -> Facts:
    """Where it stands: everything about its book and its topic."""
    return {"sequence": subtopic.sequence, **topic_facts(subtopic.topic), **book_facts(subtopic.topic.book)}


def topic_facts(topic: Topic) -> Facts:
    return {
        "topic_key": key_of(topic),
        "topic_sequence": topic.sequence,
        "topic_number": topic.number,
        "topic_title": topic.title,
        "topic_summary": topic.summary,
        "storyline": topic.storyline,
    }


def book_facts(book: Book) -> Facts:
    return {"book_title": book.title, **{name: getattr(book, name) for name in BOOK_FACTS}}


def published_facts(row: PublishedGuideline) -> Facts:
    return {name: getattr(row, name) for name in FACTS}


def differences(before: Facts, after: Facts) -> list[str]:
    """The names of the facts that differ."""
    return [name for name in FACTS if before[name] != after[name]]


def has_published(book: Book) -> bool:
    """Whether readers get anything of the book now."""
    return PublishedGuideline.objects.filter(book=book).current().exists()


def published_count(book: Book) -> int:
    return PublishedGuideline.objects.filter(book=book).current().count()


def with_published_version(books: BookQuerySet) -> BookQuerySet:
    """Adds ``published_version``: what readers get of each book, None where nothing."""
    out = PublishedGuideline.objects.current().filter(book=OuterRef("pk"))
    newest = PublishedSet.objects.filter(book=OuterRef("pk")).order_by("-version").values("version")[:1]
    return books.annotate(published_version=Case(When(Exists(out), then=Subquery(newest))))


def versions_of(book: Book) -> QuerySet[PublishedSet]:
    """The book's sets, newest first."""
    return PublishedSet.objects.filter(book=book).select_related("made_by", "restores").order_by("-version")


@dataclass(frozen=True, slots=True)
class Difference:
    """One guideline that two sets do not share: ``before`` or ``after`` is None where it is in the other alone."""

    before: PublishedGuideline | None
    after: PublishedGuideline | None
    changed: tuple[str, ...] = ()

    @property
    def either(self) -> PublishedGuideline:
        row = self.after or self.before
        assert row is not None  # noqa: S101 - a difference has a side
        return row


def differences_between(book: Book, before: int, after: int) -> list[Difference]:
    """What a reader of set ``after`` sees otherwise than one of set ``before``, in the order of teaching."""
    return sorted(
        _differences(book, before, after), key=lambda each: (each.either.topic_sequence, each.either.sequence)
    )


def _differences(book: Book, before: int, after: int) -> Iterator[Difference]:
    old = {row.key: row for row in PublishedGuideline.objects.of_version(book.pk, before)}
    new = {row.key: row for row in PublishedGuideline.objects.of_version(book.pk, after)}
    for key in {**old, **new}:
        one, other = old.get(key), new.get(key)
        if one is None or other is None:
            yield Difference(one, other)
        elif one.pk != other.pk and (changed := differences(published_facts(one), published_facts(other))):
            yield Difference(one, other, tuple(changed))
