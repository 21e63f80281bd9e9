"""A person's text on a page: history, rivals, and OCR runs that come after it."""

from __future__ import annotations

import pytest

from books.errors import EditedMeanwhile
from books.models import OcrStatus, PageReview, Reading
from books.ocr import job as ocr_job
from books.ocr.engines.base import OcrLine, OcrText, OcrWord
from books.ocr.image.open import Picture
from books.ocr.job import ReadStage
from books.ocr.review import approve_pages, edit_text, restore_reading
from books.ocr.scans import stored_reading
from jobs import actions
from jobs.actions import start_job
from jobs.models import Item
from jobs.runner import run_to_end
from tests.factories import BookFactory, PageFactory, ReadingFactory, ReadPageFactory

pytestmark = pytest.mark.django_db

PICTURE = Picture(b"", b"", 100, 100)
LINES = [
    {"text": text, "confidence": 50.0, "box": [0, 10 * at, 100, 10 * at + 9], "block": 0, "unsure": [[0, 3, 41]]}
    for at, text in enumerate(["one", "two", "three"])
]


@pytest.fixture(autouse=True)
def _no_queue(monkeypatch):
    monkeypatch.setattr(actions, "enqueue_slice", lambda _job_id, _load: None)


@pytest.fixture
def page(admin):
    page = ReadPageFactory(reading__text="one\ntwo\nthree", reading__lines=LINES, reading__text_may_be_missing=True)
    approve_pages(page.book, user=admin)
    page.refresh_from_db()
    return page


def edit(page, text, user, seen=None):
    return edit_text(page, text, user=user, seen_reading_id=seen or page.reading_id)


def test_an_edit_is_a_new_reading_to_be_approved_anew(page, admin):
    old = page.reading
    reading = edit(page, "one\r\n2\r\nthree  \r\n", admin)
    page.refresh_from_db()
    assert page.reading == reading
    assert (reading.text, reading.engine, reading.version, reading.chosen_by) == (
        "one\n2\nthree",
        "person",
        "ada",
        "ada",
    )
    assert (page.review, page.reviewed_by) == (PageReview.PENDING, None)
    assert list(page.readings.all()) == [reading, old]
    assert reading.text_may_be_missing


def test_lines_keep_their_places(page, admin):
    reading = edit(page, "one\ntwo and a half\nadded\nthree", admin)
    assert [line["text"] for line in reading.lines] == ["one", "two and a half", "added", "three"]
    assert [line["box"][1] for line in reading.lines] == [0, 10, 10, 20]
    assert reading.lines[0] == LINES[0]
    assert (reading.lines[1]["confidence"], reading.lines[1]["unsure"]) == (100, [])


def test_the_same_text_changes_nothing(page, admin):
    edit(page, "one\ntwo\nthree\n", admin)
    page.refresh_from_db()
    assert page.readings.count() == 1
    assert page.review == PageReview.APPROVED


def test_the_second_of_two_editors_is_told(page, admin):
    seen = page.reading_id
    edit(page, "mine", admin, seen)
    with pytest.raises(EditedMeanwhile, match="another text while you had it open"):
        edit(page, "yours", admin, seen)
    page.refresh_from_db()
    assert page.reading.text == "mine"


def test_a_page_that_ocr_cannot_read_can_be_typed(admin):
    page = PageFactory(ocr_status=OcrStatus.FAILED, ocr_error="It is torn.")
    edit_text(page, "By hand.\x00", user=admin, seen_reading_id=None)
    page.refresh_from_db()
    assert (page.ocr_status, page.ocr_error, page.reading.text) == (OcrStatus.DONE, "", "By hand.")


def test_an_emptied_page_is_blank(page, admin):
    edit(page, " \n", admin)
    page.refresh_from_db()
    assert page.ocr_status == OcrStatus.BLANK


def test_an_earlier_reading_is_restored_as_a_new_one(page, admin):
    old = page.reading
    newer = edit(page, "worse", admin)
    restored = restore_reading(page, old.pk, user=admin, seen_reading_id=newer.pk)
    page.refresh_from_db()
    assert page.reading == restored
    assert (restored.text, restored.lines, restored.engine) == (old.text, old.lines, old.engine)
    assert restored.chosen_by == "ada"
    assert page.readings.count() == 3
    with pytest.raises(Reading.DoesNotExist):
        restore_reading(page, ReadingFactory(page=ReadPageFactory()).pk, user=admin, seen_reading_id=restored.pk)


# ---- beside the OCR job ----------------------------------------------------------------------------------------------


def text_of(text: str) -> OcrText:
    words = (OcrWord("clear", 95, (0, 0, 9, 9)), OcrWord("bluned", 41.4, (9, 0, 19, 9)))
    return OcrText(text, 80, (OcrLine("clear bluned", 80, (0, 0, 19, 9), 0, words),), "tesseract", "6")


@pytest.fixture
def start(monkeypatch):
    """Makes an OCR job whose engine reads ``text``; returns it with its items."""

    def started(book, params, text="by OCR"):
        monkeypatch.setattr(
            ReadStage, "work", lambda _self, _item: ocr_job.PageReading(text_of(text), PICTURE, None, 1.0)
        )
        return start_job(book.pk, "ocr", params=params)

    return started


def test_an_ocr_run_that_did_not_ask_for_the_page_leaves_a_persons_text(page, admin, start):
    edit(page, "By hand.", admin)
    PageFactory(book=page.book)
    job = start(page.book, {})
    assert list(Item.objects.filter(job=job).values_list("label", flat=True)) == ["2"]
    Item.objects.filter(job=job).update(key=str(page.pk))
    ReadStage().save(Item.objects.get(job=job), ocr_job.PageReading(text_of("by OCR"), PICTURE, None, 1.0))
    page.refresh_from_db()
    assert page.reading.text == "By hand."
    assert page.readings.first().text == "by OCR"


def test_an_explicit_request_reads_an_edited_page_unless_it_is_edited_again_meanwhile(page, admin, start):
    edit(page, "By hand.", admin)
    page.refresh_from_db()
    job = start(page.book, {"pages": [str(page.pk)]})
    item = Item.objects.get(job=job)
    ReadStage().save(item, ocr_job.PageReading(text_of("by OCR"), PICTURE, None, 1.0))
    page.refresh_from_db()
    assert page.reading.text == "by OCR"
    edit(page, "By hand again.", admin)
    ReadStage().save(item, ocr_job.PageReading(text_of("by OCR"), PICTURE, None, 1.0))
    page.refresh_from_db()
    assert page.reading.text == "By hand again."


def test_a_turned_page_is_read_from_another_input():
    page = PageFactory()
    prints = []
    for rotation in (None, 0, 90):
        page.rotation = rotation
        page.save()
        job = start_job(page.book_id, "ocr")
        prints.append(Item.objects.get(job=job).fingerprint)
        job.delete()
    assert len(set(prints)) == 3


def test_words_are_kept_with_their_places_and_those_the_engine_was_unsure_of(page):
    reading = stored_reading(page, text_of("clear bluned"), 1.0)
    assert reading.lines == [
        {"text": "clear bluned", "confidence": 80, "box": [0, 0, 19, 9], "block": 0, "unsure": [[6, 12, 41]],
         "words": [[0, 5, 0, 9], [6, 12, 9, 19]]}
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_approvals_made_while_ocr_runs_survive(admin, monkeypatch):
    book = BookFactory()
    pages = [ReadPageFactory(book=book, reading__text=f"text {number}") for number in range(1, 11)]

    def work(_self, item):
        number = int(item.label)
        if number <= 5:
            assert approve_pages(book, [11 - number], user=admin) == 1
        return ocr_job.PageReading(text_of(f"text {number}"), PICTURE, None, 1.0)

    monkeypatch.setattr(ReadStage, "work", work)
    job = start_job(book.pk, "ocr", params={"pages": [str(page.pk) for page in pages]})
    run_to_end(job.pk)
    job.refresh_from_db()
    assert job.status == "completed"
    approved = book.pages.filter(review=PageReview.APPROVED)
    assert sorted(approved.values_list("number", flat=True)) == [6, 7, 8, 9, 10]
