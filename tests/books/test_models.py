"""What the database itself refuses, and the status that is derived."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from books.models import Book, BookStatus, OcrStatus, Page, PageReview, Reading, ReviewStatus, Source, Subtopic
from jobs import clock
from jobs.models import Job
from tests.factories import SubtopicFactory, TopicFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def book() -> Book:
    return Book.objects.create(title="A book")


def page_of(book: Book, number: int = 1) -> Page:
    source = Source.objects.create(book=book, name="p.png", format="png", sha256=f"{number:064}", size=1, frames=1)
    return Page.objects.create(book=book, number=number, source=source)


def read(page: Page, review: str = PageReview.PENDING) -> Page:
    page.reading = Reading.objects.create(page=page, engine="test", version="1", text="words", confidence=90)
    page.ocr_status, page.review = OcrStatus.DONE, review
    page.save()
    return page


def subtopic_of(book: Book, status: str) -> Subtopic:
    topic = TopicFactory(book=book, sequence=1, title="T")
    decided = clock.now() if status in {"approved", "rejected"} else None
    return SubtopicFactory(
        topic=topic, sequence=1, key="k", title="S", pages=[1], guideline={}, status=status, reviewed_at=decided
    )


def test_the_status_of_a_book_follows_what_is_below_it(book):
    assert book.status == BookStatus.NO_PAGES
    page = page_of(book)
    assert book.status == BookStatus.PENDING_REVIEW
    read(page, PageReview.APPROVED)
    assert book.status == BookStatus.READY
    job = Job.objects.create(book=book, kind="extraction")
    assert book.status == BookStatus.PROCESSING
    Job.objects.filter(pk=job.pk).update(status="completed")
    subtopic = subtopic_of(book, ReviewStatus.DRAFT)
    assert book.status == BookStatus.PENDING_REVIEW
    Subtopic.objects.filter(pk=subtopic.pk).update(status=ReviewStatus.APPROVED, reviewed_at=clock.now())
    assert book.status == BookStatus.APPROVED


BROKEN = {
    "a book without title": lambda book: Book.objects.create(title=""),
    "a year no book has": lambda book: Book.objects.create(title="B", edition_year=30),
    "the same page number twice": lambda book: (
        page_of(book),
        Page.objects.create(
            book=book,
            number=1,
            source=Source.objects.create(book=book, name="q", format="png", sha256="f" * 64, size=1, frames=1),
        ),
    ),
    "page zero": lambda book: page_of(book, 0),
    "a page read without a reading": lambda book: Page.objects.filter(pk=page_of(book).pk).update(ocr_status="done"),
    "an approved page that was not read": lambda book: Page.objects.filter(pk=page_of(book).pk).update(
        review="approved"
    ),
    "an unknown status": lambda book: Page.objects.filter(pk=page_of(book).pk).update(ocr_status="odd"),
    "a confidence beyond 100": lambda book: Reading.objects.create(
        page=page_of(book), engine="e", version="1", confidence=101
    ),
    "a decision without a time": lambda book: Subtopic.objects.filter(pk=subtopic_of(book, "draft").pk).update(
        status="approved"
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_the_database_refuses(case, book):
    with pytest.raises(IntegrityError), transaction.atomic():
        BROKEN[case](book)


def test_deleting_a_book_leaves_no_object_behind(book):
    page = page_of(book)
    for name in (page.source.storage_name, *page.file_names):
        default_storage.save(name, ContentFile(b"x"))
    with transaction.atomic():
        book.delete()
        assert default_storage.exists(page.image_name)
    for name in (page.source.storage_name, *page.file_names):
        assert not default_storage.exists(name)
