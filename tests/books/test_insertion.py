"""Rows of a plain statement are what Django would have written."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.forms import model_to_dict

from books.extraction.cut import cut_of, read_book
from books.models import Book, ModelCall, PageDigest
from books.models.insertion import insert
from books.ocr.review import edit_text
from books.stored.made_with import MadeWith
from tests.factories import BookFactory, JobFactory, ReadPageFactory

pytestmark = pytest.mark.django_db


def test_a_row_is_as_django_writes_it():
    facts = {"book": BookFactory(), "stage": "write", "provider": "p", "model": "m", "outcome": "answered"}
    facts |= {"input_sha256": "0" * 64, "cost": "0.125", "answer": "¿Qué?", "seconds": 0.5}
    ours, django = ModelCall(**facts), ModelCall.objects.create(**facts)
    insert(ours)
    assert ours.pk == django.pk + 1
    one, other = (model_to_dict(ModelCall.objects.get(pk=row.pk), exclude=["id"]) for row in (ours, django))
    assert one == other
    assert ModelCall.objects.get(pk=ours.pk).created_at == ours.created_at


def test_a_row_takes_the_place_of_one_or_is_refused():
    page = ReadPageFactory()
    insert(PageDigest(page=page, fingerprint="1", data={"terms": {}}), in_place_of="page")
    first = PageDigest.objects.get()
    insert(PageDigest(page=page, fingerprint="2", data={"a": [1]}, made_with=MadeWith("e")), in_place_of="page")
    row = PageDigest.objects.get()
    assert (row.pk, row.fingerprint, row.data, row.made_with) == (first.pk, "2", {"a": [1]}, MadeWith("e"))
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(PageDigest(page=page, fingerprint="3", data={}))


def test_what_the_items_of_a_job_share_follows_texts_and_what_a_book_sends(admin):
    page = ReadPageFactory(reading__text="Before.")
    job = JobFactory(book=page.book, kind="extraction")
    key, before = str(page.pk), read_book.of(job)
    assert before.text.pages == {page.number: "Before."}
    assert read_book.of(job) is before
    edit_text(page, "After.", user=admin, seen_reading_id=page.reading_id)
    assert [each.reading.text for each in read_book.of(job).those({key})] == ["After."]
    assert cut_of.of(job).book.sends_images
    Book.objects.update(sends_images=False)
    assert not cut_of.of(job).book.sends_images
