"""Guidelines from a file into a book: received and checked, then applied as one change that can be undone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import IO, Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from books.errors import EditedMeanwhile, ImportRefused
from books.guidelines.changes import APART, change
from books.guidelines.checking import Texts, checked
from books.guidelines.order import order_subtopics, order_topics
from books.keys import slug
from books.models import (
    DECISIONS,
    Book,
    Change,
    GuidelineImport,
    Provenance,
    ReviewStatus,
    StoredOutline,
    Subtopic,
    Topic,
)
from books.models.page import page_numbers
from books.publishing.files.compare import (
    TOPIC_FIELDS,
    Difference,
    Pair,
    Said,
    differences,
    facts_of,
    pairs_of,
    said_of,
    topic_difference,
    topic_pairs,
    wanted_of,
)
from books.publishing.files.document import SubtopicIn, TopicIn, document_of
from books.publishing.files.sheets import subtopics_of_sheet
from books.sentences import told
from books.stored.guideline import Part, as_written
from books.stored.outline import CutBook, free_key
from books.stored.pages import PageNumbers, ranges

__all__ = ["Difference", "apply_import", "differences", "receive"]

MOST_BYTES = 20 * 1024 * 1024
# Each takes up to a hundred bytes once it is read; 5,000 guidelines of 30 statements have half as many.
MOST_VALUES = 1_000_000
# Excel's "Unicode text" and other programs' tables of text end otherwise than in .csv.
FORMS = {"json": "json", "csv": "csv", "txt": "csv", "tsv": "csv", "xlsx": "xlsx"}


def receive(book: Book, name: str, file: IO[bytes], *, user: AbstractBaseUser | None) -> GuidelineImport:
    """Reads and checks a file (.json, .csv or .xlsx) without changing anything.

    Raises ImportRefused for a file that is too large, unreadable, or speaks of rows or pages the book has not.
    """
    form = FORMS.get(name.rpartition(".")[2].lower())
    if form is None:
        raise ImportRefused(_("Send a .json, .csv or .xlsx file that was exported here, edited or not."))
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ImportRefused(_("The file is larger than 20 MB."))
    document = _document(data, form)
    newest = Change.objects.filter(book=book).values_list("pk", flat=True).first() or 0
    received = GuidelineImport(
        book=book, name=name[:255], document=document, seen_change=newest, sent_by_id=user.pk if user else None
    )
    _check_pages(received)
    pairs_of(received)
    received.save()
    return received


def _document(data: bytes, form: str) -> dict[str, Any]:
    if form != "json":
        return {"rows": [row.model_dump() for row in subtopics_of_sheet(data, form)]}
    if sum(map(data.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise ImportRefused(_("The file holds more than the guidelines of a book."))
    try:
        read = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ImportRefused(_("This file cannot be read as JSON.")) from error
    return document_of(read).model_dump()


def _check_pages(received: GuidelineImport) -> None:
    there = page_numbers(received.book_id).all()
    if not there:
        raise ImportRefused(_("This book has no pages yet. Upload its scans first: guidelines rest on them."))
    for wanted in wanted_of(received):
        cited = {page for lines in wanted.guideline.values() for line in lines for page in line.pages}
        unknown = {*wanted.pages, *cited} - there
        if unknown:
            raise ImportRefused(
                _("“{title}” names pages that this book has not: {pages}.").format(
                    title=wanted.title, pages=ranges(unknown)
                )
            )


def apply_import(received: GuidelineImport, *, user: AbstractBaseUser | None) -> int:
    """Makes the book say what the file says, as one change; returns how many topics and subtopics that wrote.

    What it changes awaits review again; rows that the file does not have stay, behind those it has. Raises
    EditedMeanwhile where the book's guidelines changed since the differences were shown.
    """
    with change(received.book_id, told("Imported from {file}", file=received.name), user=user) as made:
        newest = Change.objects.filter(book=received.book_id).exclude(pk=made.pk).values_list("pk", flat=True).first()
        if (newest or 0) != received.seen_change:
            raise EditedMeanwhile(
                _("The guidelines changed since these differences were shown; send the file once more.")
            )
        count = len(differences(received))
        pairs = pairs_of(received)
        topics = [_write_topic(received.book_id, at, *pair) for at, pair in enumerate(topic_pairs(received))]
        numbers = page_numbers(received.book_id)
        taken = [set(topic.subtopics.values_list("key", flat=True)) for topic in topics]
        rows = [_placed(at, pair, topics, taken) for at, pair in enumerate(pairs)]
        texts = Texts(received.book_id)
        for row, pair in zip(rows, pairs, strict=True):
            _write_subtopic(row, pair, numbers, texts)
        _put_in_order(received.book_id, topics, rows)
        _keep_matter(received, numbers)
        received.delete()
    return count


def _write_topic(book_id: int, at: int, wanted: TopicIn, row: Topic | None) -> Topic:
    topic = row or Topic(book_id=book_id, sequence=APART + at, key=wanted.key)
    if row is None or topic_difference(wanted, row).fields:
        for name in TOPIC_FIELDS:
            setattr(topic, name, getattr(wanted, name))
        topic.is_edited = True
        topic.save()
    return topic


def _placed(at: int, pair: Pair, topics: Sequence[Topic], taken: Sequence[set[str]]) -> Subtopic:
    """The row of the pair in its topic, in memory; ``taken`` are the keys in each of ``topics``."""
    row = pair.row or Subtopic(
        key=_key(pair.wanted, at), status=ReviewStatus.PENDING_REVIEW, engine="import", provenance=Provenance.IMPORTED
    )
    if pair.topic >= 0 and row.topic_id != topics[pair.topic].pk:
        row.topic, row.sequence = topics[pair.topic], APART + at
        row.key = free_key(row.key, taken[pair.topic])
        taken[pair.topic].add(row.key)
    return row


def _write_subtopic(row: Subtopic, pair: Pair, numbers: PageNumbers, texts: Texts) -> None:
    said, facts = said_of(pair.wanted), facts_of(row, numbers)
    if pair.topic < 0:
        said = replace(said, number=facts.number)
    if pair.row is None or row.sequence >= APART or said != facts:
        _fill(row, said, numbers, texts)


def _fill(row: Subtopic, said: Said, numbers: PageNumbers, texts: Texts) -> None:
    row.title, row.number, row.summary = said.title, said.number, said.summary
    row.pages, there = numbers.ids(said.pages), row.guideline
    written = {
        part: tuple(as_written(text, pages, there.get(part, ()), numbers) for text, pages in said.parts[part])
        for part in Part
    }
    is_read = any(texts.get(page) for page in row.pages)
    row.guideline = checked(written, texts.check_of(row.title, row.pages), numbers) if is_read else written
    row.is_edited = True
    if row.status in DECISIONS:
        row.await_review()
    row.save()


def _key(wanted: SubtopicIn, at: int) -> str:
    return wanted.key or f"{slug(wanted.title)[:60]}-{at + 1}"


def _put_in_order(book_id: int, topics: Sequence[Topic], rows: Sequence[Subtopic]) -> None:
    if not topics:
        return
    order_topics(book_id, _first(topics, Topic.objects.filter(book=book_id).order_by("sequence")))
    for topic in Topic.objects.filter(book=book_id):
        inside = [row for row in rows if row.topic_id == topic.pk]
        order_subtopics(topic.pk, _first(inside, topic.subtopics.order_by("sequence")))


def _first(wanted: Sequence[Any], present: QuerySet[Any]) -> list[int]:
    ids = list(dict.fromkeys(row.pk for row in wanted))
    return ids + [pk for pk in present.values_list("pk", flat=True) if pk not in set(ids)]


def _keep_matter(received: GuidelineImport, numbers: PageNumbers) -> None:
    """The pages that are front matter, for a book that no engine has cut yet."""
    matter = numbers.ids(received.document.get("front_matter", ()))
    if matter and not StoredOutline.objects.filter(book=received.book_id).exists():
        outline = CutBook(front_matter=matter)
        StoredOutline.objects.create(book_id=received.book_id, windows=1, fingerprint="import", data=outline)
