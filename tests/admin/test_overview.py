"""A book's own page: the grid, the buttons, and what each action says when it is refused."""

from __future__ import annotations

import pytest
from django.urls import reverse

from books.models import OcrStatus, PageReview, ReviewStatus
from jobs.states import ItemState, JobStatus
from tests.admin.test_books import queries_of
from tests.factories import ItemFactory, JobFactory, PageFactory, ReadPageFactory, SubtopicFactory, TopicFactory


def overview(book) -> str:
    return reverse("admin:books_book_overview", args=[book.pk])


def shown(client, book) -> str:
    return client.get(overview(book)).content.decode()


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
    assert '<b aria-hidden="true">?</b> To review' in page
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
    assert said(post(screens, book, "generate")) == ["Generating guidelines started."]
    book.jobs.update(status=JobStatus.COMPLETED)
    SubtopicFactory(topic=TopicFactory(book=book), status=ReviewStatus.DRAFT)
    assert said(post(screens, book, "finalise")) == ["Tidying started."]


def test_only_pages_that_were_read_are_approved(screens, book):
    pages = [ReadPageFactory(book=book).pk, PageFactory(book=book).pk]
    screens.post(reverse("admin:books_book_pages_decide", args=[book.pk]), {"page": pages, "decision": "approve"})
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
