"""A book's own page: the next step, the buttons, upload, and what each action says when it is refused."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from books.admin.steps import STEPS, Counts, counts_of, way_of
from books.models import OcrStatus, PageReview, ReviewStatus
from jobs.constants import ItemState, JobStatus
from jobs.models import Job
from tests.admin.test_books import queries_of
from tests.factories import ItemFactory, JobFactory, PageFactory, ReadPageFactory, SubtopicFactory, TopicFactory

NASTY = Path(__file__).resolve().parent.parent / "nasty" / "files"


def overview(book) -> str:
    return reverse("admin:books_book_overview", args=[book.pk])


def shown(client, book) -> str:
    return client.get(overview(book)).content.decode()


def picture(name: str, grey: int = 200) -> SimpleUploadedFile:
    data = BytesIO()
    Image.new("L", (300, 400), grey).save(data, "PNG")
    return SimpleUploadedFile(name, data.getvalue())


def upload(client, book, *files, **kwargs):
    url = reverse("admin:books_book_upload", args=[book.pk])
    return client.post(url, {"files": list(files)}, follow=True, **kwargs)


NOTHING = dict.fromkeys(Counts.__dataclass_fields__, 0)
WAY = [
    ({}, "upload"),
    ({"pages": 3, "unread": 1, "failed": 1, "to_review": 1}, "read"),
    ({"pages": 3, "failed": 1, "approved": 2}, "read"),
    ({"pages": 3, "to_review": 1, "approved": 2}, "approve"),
    ({"pages": 3, "rejected": 1, "approved": 2}, "approve"),
    ({"pages": 3, "approved": 3}, "generate"),
    ({"pages": 3, "approved": 3, "guidelines": 2, "unwritten": 1, "drafts": 2}, "generate"),
    ({"pages": 3, "approved": 3, "guidelines": 2, "drafts": 1}, "finalise"),
    ({"pages": 3, "approved": 3, "guidelines": 2, "decided": 1}, "review"),
    ({"pages": 3, "approved": 3, "guidelines": 2, "decided": 2}, ""),
]


@pytest.mark.parametrize(("counts", "step"), WAY, ids=lambda value: value if isinstance(value, str) else "")
def test_the_next_step(counts, step):
    way = way_of(Counts(**{**NOTHING, **counts}), None)
    assert way.now == step
    states = [each.state for each in way.steps]
    at = STEPS.index(step) if step else len(STEPS)
    assert states == ["done"] * at + ["now"] * (step != "") + ["later"] * (len(STEPS) - at - 1)


@pytest.mark.parametrize(("kind", "step"), [("ocr", "read"), ("extraction", "generate"), ("finalisation", "finalise")])
def test_a_busy_book_is_at_the_step_of_its_job(kind, step):
    way = way_of(Counts(**NOTHING), Job(kind=kind))
    assert (way.now, way.is_busy) == (step, True)


def test_the_counts(book):
    PageFactory(book=book)
    PageFactory(book=book, ocr_status=OcrStatus.FAILED)
    ReadPageFactory(book=book)
    for review in (PageReview.APPROVED, PageReview.REJECTED):
        page = ReadPageFactory(book=book)
        page.review = review
        page.save()
    topic = TopicFactory(book=book)
    SubtopicFactory(topic=topic, status=ReviewStatus.DRAFT, guideline={})
    SubtopicFactory(topic=topic, status=ReviewStatus.APPROVED)
    expected = Counts(
        pages=5, unread=1, failed=1, to_review=1, approved=1, rejected=1, guidelines=2, unwritten=1, drafts=1, decided=1
    )
    assert counts_of(book) == expected


def test_an_empty_book_asks_for_its_scans(screens, book):
    page = shown(screens, book)
    assert "This book has no pages yet. Upload its scans" in page
    assert '<details class="card" id="add-pages" hx-preserve open>' in page
    assert "step-read" not in page


def test_a_page_in_the_grid_shows_state_confidence_and_error(screens, book):
    ReadPageFactory(book=book, reading__confidence=87.4, reading__text_may_be_missing=True)
    PageFactory(book=book, ocr_status=OcrStatus.FAILED, ocr_error="The picture is cut off.")
    page = shown(screens, book)
    assert "87 %" in page
    assert "Text may be missing" in page
    assert "The picture is cut off." in page
    assert '<b aria-hidden="true">R</b> To review' in page
    assert '<b aria-hidden="true">F</b> Failed' in page


def test_a_page_in_a_workers_hands_says_so(screens, book):
    page = PageFactory(book=book)
    ItemFactory(
        job=JobFactory(book=book), key=str(page.pk), state=ItemState.LEASED, lease_expires_at="2030-01-01T00:00:00Z"
    )
    assert '<b aria-hidden="true">…</b> Reading' in shown(screens, book)


@pytest.mark.parametrize("name", ["books_book_overview", "books_book_pages", "books_book_guidelines"])
def test_a_screen_costs_the_same_for_3_and_60_pages(screens, book, name):
    topic = TopicFactory(book=book)

    def grow(count: int) -> None:
        for _ in range(count):
            ReadPageFactory(book=book)
            SubtopicFactory(topic=topic)

    url = reverse(f"admin:{name}", args=[book.pk])
    grow(3)
    few = queries_of(screens, url)
    grow(57)
    assert queries_of(screens, url) == few


def test_htmx_gets_the_moving_part_alone(screens, book):
    page = screens.get(overview(book), headers={"hx-request": "true"}).content.decode()
    assert page.lstrip().startswith('<div id="overview"')
    assert "<html" not in page


# ---- upload ---------------------------------------------------------------------------------------------------------


def test_uploaded_pages_are_stored_in_natural_order_and_read(screens, book, said, woken):
    response = upload(screens, book, picture("p10.png", 10), picture("p9.png", 9))
    assert said(response) == ["2 pages added from 2 of 2 files."]
    assert [page.source.name for page in book.pages.order_by("number")] == ["p9.png", "p10.png"]
    assert book.jobs.get().kind == "ocr"


def test_bad_files_are_named_and_the_good_ones_stored(screens, book, said):
    bad = [SimpleUploadedFile(name, (NASTY / name).read_bytes()) for name in ("text_as.png", "empty.png")]
    response = upload(screens, book, picture("good.png"), *bad)
    assert book.pages.count() == 1
    sentences = said(response)
    assert any("text_as.png: " in sentence for sentence in sentences)
    assert any("empty.png: " in sentence for sentence in sentences)
    assert "1 page added from 1 of 3 files." in sentences


@pytest.mark.parametrize("name", ["encrypted.pdf", "pages_2000.pdf", "multipage_500.tif"])
def test_a_file_that_does_not_fit_stores_nothing(screens, book, said, name):
    PageFactory(book=book)
    response = upload(screens, book, SimpleUploadedFile(name, (NASTY / name).read_bytes()))
    assert [sentence.startswith(f"{name}: ") for sentence in said(response)] == [True]
    assert book.pages.count() == 1


def test_an_upload_without_a_file_says_what_to_do(screens, book, said):
    assert said(upload(screens, book)) == ["Choose at least one file."]


def test_201_files_are_refused_as_a_whole(screens, book, said):
    files = [SimpleUploadedFile(f"{number}.png", b"x") for number in range(201)]
    assert "too many" in said(upload(screens, book, *files))[0]
    assert not book.pages.exists()


def test_pages_that_come_while_guidelines_are_made_wait_for_a_person(screens, book, said):
    JobFactory(book=book, kind="extraction", stage="digest")
    response = upload(screens, book, picture("late.png"))
    assert any("run OCR for the new pages when it is over" in sentence for sentence in said(response))
    assert book.jobs.count() == 1


# ---- the other steps ------------------------------------------------------------------------------------------------


def post(client, book, name):
    return client.post(reverse(f"admin:books_book_{name}", args=[book.pk]), follow=True)


def test_ocr_is_started_for_what_is_unread(screens, book, said, django_capture_on_commit_callbacks, woken):
    PageFactory(book=book)
    with django_capture_on_commit_callbacks(execute=True):
        response = post(screens, book, "read")
    assert said(response) == ["OCR started."]
    assert book.jobs.get().requested_by.username == "ada"
    assert woken


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("read", "Reading the pages: there is nothing to do."),
        ("generate", "no pages yet"),
        ("finalise", "no guidelines yet"),
    ],
)
def test_what_is_not_possible_is_refused_with_a_sentence(screens, book, said, name, refusal):
    response = post(screens, book, name)
    assert response.redirect_chain == [(overview(book), 302)]
    assert refusal in said(response)[0]
    assert not book.jobs.exists()


@pytest.mark.parametrize("name", ["read", "generate", "finalise"])
def test_a_second_job_is_refused_with_a_sentence(screens, book, said, name):
    page = ReadPageFactory(book=book)
    page.review = PageReview.APPROVED
    page.save()
    PageFactory(book=book) if name == "read" else None
    if name == "finalise":
        SubtopicFactory(topic=TopicFactory(book=book), status=ReviewStatus.DRAFT)
    JobFactory(book=book)
    assert "wait for it or cancel it" in said(post(screens, book, name))[0]
    assert book.jobs.count() == 1


def test_generating_and_finalising_start(screens, book, said):
    page = ReadPageFactory(book=book)
    page.review = PageReview.APPROVED
    page.save()
    assert said(post(screens, book, "generate")) == ["Generating the guidelines started."]
    book.jobs.update(status=JobStatus.COMPLETED)
    SubtopicFactory(topic=TopicFactory(book=book), status=ReviewStatus.DRAFT)
    assert said(post(screens, book, "finalise")) == ["Finalising started."]


def test_only_pages_that_were_read_are_approved(screens, book, said):
    ReadPageFactory(book=book)
    PageFactory(book=book)
    assert said(post(screens, book, "approve")) == ["1 page approved."]
    assert list(book.pages.order_by("number").values_list("review", flat=True)) == ["approved", "pending"]


def test_buttons_follow_the_permissions(client, person, book):
    ReadPageFactory(book=book)
    PageFactory(book=book)
    client.force_login(person("books.view_book"))
    page = shown(client, book)
    assert not [
        each for each in ("step-read", "step-approve", "add-pages", "Edit facts", "Delete book") if each in page
    ]
    client.force_login(person("books.view_book", "books.change_book", "books.change_page"))
    page = shown(client, book)
    assert [each for each in ("step-read", "step-approve", "add-pages", "Edit facts") if each not in page] == []


@pytest.mark.parametrize(("form", "start"), [("json", '{\n  "book"'), ("md", "# Prealgebra")])
def test_guidelines_are_exported(screens, book, form, start):
    SubtopicFactory(topic=TopicFactory(book=book))
    response = screens.get(reverse("admin:books_book_export", args=[book.pk, form]))
    assert response.content.decode().startswith(start)
    assert response["Content-Disposition"] == f'attachment; filename="prealgebra-guidelines.{form}"'


def test_there_is_no_other_form_of_export(screens, book):
    assert screens.get(reverse("admin:books_book_export", args=[book.pk, "exe"])).status_code == 404
