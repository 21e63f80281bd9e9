"""Deleting a book leaves no row and no object behind, at any size, in folders and in buckets, crash or not."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from books.errors import DeletionRefused
from books.intake import limits
from books.models import Book, DeletedBook, Delivery, ExpectedFile, ModelCall, Page, Reading, ReviewStatus, Source
from books.ocr.start import start_reading
from books.publishing.deletion import delete_book, losses_of
from books.publishing.publish import publish
from jobs import actions, clock
from jobs.models import Job
from jobs.states import JobStatus
from jobs.sweep import sweep
from tests import s3
from tests.factories import (
    BookFactory,
    ItemFactory,
    JobFactory,
    PageFactory,
    ReadPageFactory,
    SourceFactory,
    SubtopicFactory,
    TopicFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def book() -> Book:
    """With everything that can hang on one, each in the least number."""
    book = BookFactory(title="Prealgebra")
    ReadPageFactory(book=book, number=1)
    SubtopicFactory(
        topic=TopicFactory(book=book), pages=[1], guideline={"objective": [{"text": "Count.", "pages": [1]}]}
    )
    job = JobFactory(book=book, status=JobStatus.COMPLETED)
    ItemFactory(job=job)
    ModelCall.objects.create(book=book, job=job, stage="digest", outcome="answered", cost="0.25")
    delivery = Delivery.objects.create(book=book, image_bytes=9, touched_at=timezone.now())
    expected = ExpectedFile.objects.create(delivery=delivery, place=0, name="late.png", size=9)
    default_storage.save(expected.storage_name, ContentFile(b"half sent"))
    return book


def files(settings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def rows_left() -> dict[str, int]:
    """Of every model of the product, without those that outlive a book."""
    kept = {"DeletedBook", "Announcement", "AuditEntry", "Feed", "Throttle", "Tally", "SweepRun", "Cluster"}
    models = [*apps.get_app_config("books").get_models(), *apps.get_app_config("jobs").get_models()]
    counts = {model.__name__: model._base_manager.count() for model in models if model.__name__ not in kept}
    return {name: count for name, count in counts.items() if count}


def test_nothing_is_left_of_it_in_the_database_or_in_the_folder(book, settings):
    assert len(files(settings)) >= 2
    delete_book(book.pk)
    assert rows_left() == {}
    assert files(settings) == []


def test_the_book_beside_it_keeps_everything(book, settings):
    """Its number begins with the other's, as a folder's name would."""
    beside = Book.objects.create(pk=book.pk * 10 + 1, title="Beside")
    page = ReadPageFactory(book=beside, number=1)
    delete_book(book.pk)
    assert default_storage.exists(page.image_name)
    assert list(Book.objects.all()) == [beside]


def test_what_would_be_lost_is_counted(book):
    losses = losses_of(book)
    assert (losses.pages, losses.readings, losses.guidelines, losses.jobs, losses.calls) == (1, 1, 1, 1, 1)
    assert (losses.published, losses.cost) == (0, Decimal("0.25"))


def test_five_hundred_pages_leave_no_object_in_the_bucket(bucket):
    book = BookFactory()
    sources = Source.objects.bulk_create(SourceFactory.build(book=book) for _ in range(500))
    Page.objects.bulk_create(PageFactory.build(book=book, number=n, source=s) for n, s in enumerate(sources, 1))
    read = {"engine": "tesseract", "version": "5", "text": "Words", "confidence": 90}
    Reading.objects.bulk_create(Reading(page=page, **read) for page in Page.objects.all())
    with ThreadPoolExecutor(8) as many:
        names = [name for page in Page.objects.all() for name in (page.image_name, page.source.storage_name)]
        put = bucket.connection.meta.client.put_object
        list(many.map(lambda name: put(Bucket=s3.BUCKET, Key=name, Body=b"x"), [*names, f"{names[0]}/odd"]))
    half_sent = {"Bucket": s3.BUCKET, "Key": f"books/{book.pk}/sources/half"}
    bucket.connection.meta.client.create_multipart_upload(**half_sent)
    assert len(s3.keys(bucket)) == 1001
    delete_book(book.pk)
    assert s3.keys(bucket) == []
    assert not bucket.connection.meta.client.list_multipart_uploads(Bucket=s3.BUCKET).get("Uploads")
    assert rows_left() == {}


def test_a_crash_after_the_rows_are_gone_is_made_good_by_the_sweep(book, bucket, monkeypatch):
    bucket.save(f"books/{book.pk}/sources/raw", ContentFile(b"x"))
    with monkeypatch.context() as crash:
        crash.setattr(transaction, "on_commit", lambda _clear: None)
        delete_book(book.pk)
    assert not Book.objects.exists()
    assert s3.keys(bucket)
    sweep()
    assert s3.keys(bucket) == []


def test_what_comes_late_goes_too_until_no_form_of_a_browser_is_good_any_more(book, settings, monkeypatch):
    delete_book(book.pk)
    late = f"books/{book.pk}/sources/late"
    default_storage.save(late, ContentFile(b"sent with a form from before"))
    sweep()
    assert files(settings) == []
    assert DeletedBook.objects.exists()
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + limits.DELIVERY_IDLE + timedelta(minutes=1))
    sweep()
    assert not DeletedBook.objects.exists()


def test_what_the_bucket_refuses_to_delete_is_tried_again(book, bucket, monkeypatch, caplog):
    refusals = [{"Errors": [{"Key": "k", "Code": "InternalError"}]}]
    objects = type(bucket.bucket.objects.filter(Prefix="x"))
    monkeypatch.setattr(objects, "delete", lambda _self: refusals)
    delete_book(book.pk)
    sweep()
    assert "files of a deleted book not removed" in caplog.text
    later = clock.now() + 2 * limits.DELIVERY_IDLE
    monkeypatch.setattr(clock, "now", lambda: later)
    sweep()
    assert DeletedBook.objects.exists()


def test_a_rolled_back_deletion_keeps_rows_and_files(book, settings):
    kept = sorted(files(settings))
    with pytest.raises(RuntimeError), transaction.atomic():
        delete_book(book.pk)
        raise RuntimeError
    assert Book.objects.exists()
    assert sorted(files(settings)) == kept
    assert not DeletedBook.objects.exists()


@pytest.mark.parametrize("status", [JobStatus.PENDING, JobStatus.RUNNING, JobStatus.PAUSED, JobStatus.STALE])
def test_not_while_a_job_is_active(book, status):
    JobFactory(book=book, status=status)
    with pytest.raises(DeletionRefused, match=r"Cancel that job or wait for it"):
        delete_book(book.pk)
    assert Book.objects.exists()


def test_what_readers_get_is_deleted_by_title_only(book):
    SubtopicFactory(topic=TopicFactory(book=book, sequence=99), status=ReviewStatus.APPROVED)
    publish(book.pk, user=None)
    assert losses_of(book).published == 1
    for typed in ("", "prealgebra", "Prealgebra 2"):
        with pytest.raises(DeletionRefused, match="type its title"):
            delete_book(book.pk, typed_title=typed)
    delete_book(book.pk, typed_title=" Prealgebra ")
    assert rows_left() == {}


def test_a_job_that_starts_at_that_moment_and_the_deletion_exclude_each_other(book, monkeypatch):
    """One of the two wins; the other says why it does not. Never both, never a job without its book."""
    monkeypatch.setattr(actions, "enqueue_slice", lambda *_: None)
    PageFactory(book=book, number=2)
    together, said = threading.Barrier(2), []

    def run(what) -> None:
        together.wait()
        try:
            what()
            said.append("done")
        except Exception as error:
            said.append(type(error).__name__)
        finally:
            connection.close()

    rivals = [lambda: delete_book(book.pk), lambda: start_reading(Book.objects.get(pk=book.pk))]
    threads = [threading.Thread(target=run, args=[rival]) for rival in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "done" in said
    assert set(said) <= {"done", "DeletionRefused", "NothingToDo", "DoesNotExist"}, said
    assert Job.objects.filter(status=JobStatus.PENDING).exists() == Book.objects.exists()
