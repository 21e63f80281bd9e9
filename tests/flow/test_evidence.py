"""A whole book written by a model that lies now and then: nothing of that reaches readers unseen."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from books.errors import StageNotReady
from books.extraction.job import start_extraction
from books.guidelines.edit import Settlement, settle
from books.guidelines.review import approve
from books.models import Book, PublishedGuideline, Subtopic
from books.publishing.publish import publish
from books.stored.guideline import FindingKind, in_doubt, statements
from tests.flow.test_models import done, provider, scans  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db(transaction=True)


def written(book) -> dict[str, set[FindingKind]]:
    rows = Subtopic.objects.filter(topic__book=book)
    said = (each for row in rows for _, each in statements(row.guideline))
    return {each.text: {found.kind for found in each.findings} for each in said}


def test_no_planted_falsehood_is_published_unseen(provider, scans, admin):  # noqa: F811
    provider.behave(plant_every=2)
    call_command("process_book", scans, title="Prealgebra", approve=True, verbosity=0)
    book = Book.objects.get()
    found = written(book)
    planted = set(provider.planted)
    assert len(planted) >= 4
    assert planted <= set(found)
    assert all(FindingKind.DENIED in found[text] for text in planted)
    assert {text for text, kinds in found.items() if any(kind.blocks for kind in kinds)} == planted
    by_words = {text for text in planted if found[text] - {FindingKind.DENIED}}
    assert {text for text in planted - by_words if not text.startswith("It is wrong that")} == set()

    rows = list(Subtopic.objects.filter(topic__book=book))
    approve(book.pk, [row.pk for row in rows], user=admin)
    doubtful = [row for row in rows if in_doubt(row.guideline)]
    assert doubtful
    published_without(book, planted, admin)
    for row in doubtful:
        settled_one_by_one(book, row, admin)
    approve(book.pk, [row.pk for row in rows], user=admin)
    publish(book.pk, user=admin)
    out = PublishedGuideline.objects.filter(book=book).current()
    assert out.count() == len(rows)
    said = {each["text"]: each for row in out for part in row.guideline.values() for each in part}
    assert planted & set(said) == {text for text, each in said.items() if each.get("is_checked")}
    assert all(said[text]["findings"] for text in planted & set(said))


def published_without(book, planted, admin) -> None:
    try:
        publish(book.pk, user=admin)
    except StageNotReady:
        return
    out = PublishedGuideline.objects.filter(book=book).current()
    assert not planted & {each["text"] for row in out for part in row.guideline.values() for each in part}


def settled_one_by_one(book, row, admin) -> None:
    """The first is checked by a person, the second corrected, the others removed."""
    wanted = [Settlement.CHECK, Settlement.CORRECT]
    row.refresh_from_db()
    while left := in_doubt(row.guideline):
        settlement = wanted.pop(0) if wanted else Settlement.REMOVE
        row = settle(book.pk, row.pk, left[0][0], settlement, user=admin, revision=row.revision, reason="seen")


def test_the_second_reading_can_be_switched_off_for_a_book(provider, scans):  # noqa: F811
    call_command("process_book", scans, title="Prealgebra", approve=True, verbosity=0)
    assert provider.counts.kinds["VerifyForm"] == Subtopic.objects.count()
    Book.objects.update(verifies=False)
    provider.counts.kinds.clear()
    Subtopic.objects.update(made_from=[])
    done(start_extraction(Book.objects.get()))
    assert provider.counts.kinds["VerifyForm"] == 0
