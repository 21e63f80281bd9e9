"""The list of books, the form of a book's facts, and deletion."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from books.models import Book, Page, Source
from jobs.states import ItemState, JobStatus
from tests.factories import BookFactory, ItemFactory, JobFactory, PageFactory, ReadPageFactory

LIST = "admin:books_book_changelist"


def books_with_jobs(count: int) -> None:
    for _ in range(count):
        page = PageFactory()
        job = JobFactory(book=page.book)
        ItemFactory(job=job)
        ItemFactory(job=job, state=ItemState.PENDING)


def queries_of(client, url: str, **kwargs) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url, **kwargs).status_code == 200
    return len(queries)


def test_the_list_costs_the_same_for_3_and_60_books(screens):
    books_with_jobs(3)
    few = queries_of(screens, reverse(LIST))
    books_with_jobs(57)
    assert queries_of(screens, reverse(LIST)) == few


def test_a_row_shows_status_pages_and_progress(screens):
    books_with_jobs(1)
    page = screens.get(reverse(LIST)).content.decode()
    assert "Processing" in page
    assert "1 page<" in page
    assert "Reading pages, 1 of 2" in page
    assert page.count('role="progressbar"') == 1


@pytest.mark.parametrize("shown", ["country=India", "board=CBSE", "grade=7", "subject=Physics", "status=no_pages"])
def test_the_list_can_be_filtered(screens, shown):
    BookFactory(title="Wanted", country="India", board="CBSE", grade="7", subject="Physics")
    PageFactory(book=BookFactory(title="Other", country="Kenya", board="KNEC", grade="8", subject="Biology"))
    page = screens.get(f"{reverse(LIST)}?{shown}").content.decode()
    assert "Wanted" in page
    assert "Other" not in page


def test_a_fact_left_empty_has_a_word_in_the_filters(screens):
    """Each filter had a blank line for the books without that fact."""
    BookFactory(title="Wanted", country="")
    BookFactory(title="Other", country="Kenya")
    page = screens.get(reverse(LIST)).content.decode()
    filters = page.split('id="changelist-filter"')[1]
    lines = [re.sub("<[^>]*>", "", link).strip() for link in re.findall("<a [^>]*>.*?</a>", filters, re.DOTALL)]
    assert "" not in lines
    address = re.search(r'href="(\?country=[^"]*)">\s*Not given', filters)[1]
    found = screens.get(reverse(LIST) + address).content.decode()
    assert "Wanted" in found
    assert "Other" not in found


def test_a_filter_without_a_choice_is_not_there(screens):
    BookFactory(title="One", country="Kenya")
    BookFactory(title="Other", country="Kenya", grade="8")
    page = screens.get(reverse(LIST)).content.decode()
    assert "?grade=8" in page
    assert "?country=Kenya" not in page
    assert "?country=Kenya" in screens.get(f"{reverse(LIST)}?country=Kenya").content.decode()


def test_the_list_can_be_searched(screens):
    BookFactory(title="Wanted", author="Noether")
    BookFactory(title="Other")
    page = screens.get(f"{reverse(LIST)}?q=noether").content.decode()
    assert "Wanted" in page
    assert "Other" not in page


def test_only_a_list_in_which_something_moves_polls(screens, book):
    assert "hx-trigger" not in screens.get(reverse(LIST)).content.decode()
    JobFactory(book=book)
    assert screens.get(reverse(LIST)).content.decode().count("hx-trigger") == 1


def test_one_poll_renews_all_rows_and_ends_with_the_last_job(screens):
    books_with_jobs(2)
    url = reverse("admin:books_book_progress")
    asked = "&".join(f"book={pk}" for pk in Book.objects.values_list("pk", flat=True))
    first = screens.get(f"{url}?{asked}")
    assert first.content.decode().count('role="progressbar"') == 2
    job = Book.objects.first().jobs.get()
    job.status = JobStatus.COMPLETED
    job.save()
    second = screens.get(f"{url}?{asked}").content.decode()
    assert second.count('role="progressbar"') == 1
    assert "hx-trigger" in second
    Book.objects.last().jobs.update(status=JobStatus.CANCELLED)
    assert "hx-trigger" not in screens.get(f"{url}?{asked}").content.decode()


def test_a_poll_of_an_unchanged_list_has_no_body(screens):
    books_with_jobs(2)
    page = screens.get(reverse(LIST)).content.decode()
    url = page.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    response = screens.get(url)
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.parametrize("asked", ["book=x", "&".join(["book=1"] * 101)])
def test_a_poll_for_nonsense_is_refused(screens, asked):
    assert screens.get(f"{reverse('admin:books_book_progress')}?{asked}").status_code == 400


def test_a_new_book_opens_on_its_own_page(screens):
    form = screens.get(reverse("admin:books_book_add")).content.decode()
    assert form.index("Curriculum") < form.index('id="files"') < form.index("Spending"), "scans before what is folded"
    response = screens.post(reverse("admin:books_book_add"), {"title": "Algebra", "language": "eng", "access": "all"})
    assert response.url == reverse("admin:books_book_overview", args=[Book.objects.get().pk])


def test_changed_facts_lead_back_to_the_book(screens, book):
    response = screens.post(
        reverse("admin:books_book_change", args=[book.pk]),
        {"title": "Algebra", "grade": "8", "language": "eng", "access": "all"},
    )
    assert response.url == reverse("admin:books_book_overview", args=[book.pk])
    book.refresh_from_db()
    assert (book.title, book.grade) == ("Algebra", "8")


def test_a_book_is_deleted_with_everything_below_it(screens, book, settings, django_capture_on_commit_callbacks):
    ReadPageFactory(book=book)
    JobFactory(book=book, status=JobStatus.COMPLETED)
    url = reverse("admin:books_book_delete", args=[book.pk])
    assert "reading of a page" in screens.get(url).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        screens.post(url, {"post": "yes"})
    assert not Book.objects.exists()
    assert not Page.objects.exists()
    assert not Source.objects.exists()
    assert [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == []


def test_a_book_has_a_second_language_and_its_page_calls_both_by_their_names(screens, book, monkeypatch):
    monkeypatch.setattr("books.ocr.start.installed_languages", lambda: ["deu", "eng"])
    address = reverse("admin:books_book_change", args=[book.pk])
    facts = {"title": "Algebra", "language": "deu", "language_also": "eng", "access": "all"}
    page = screens.post(address, facts, follow=True).content.decode()
    book.refresh_from_db()
    assert book.language == "deu+eng"
    assert "<dd>German, English</dd>" in page
    form = screens.get(address).content.decode()
    assert '<option value="deu" selected>German</option>' in form
    assert '<option value="eng" selected>English</option>' in form


def test_a_book_with_an_active_job_is_not_deleted(screens, book):
    JobFactory(book=book)
    url = reverse("admin:books_book_delete", args=[book.pk])
    page = screens.post(url, {"post": "yes"}).content.decode()
    assert "Cancel that job or wait for it" in page
    assert Book.objects.exists()


def test_nor_is_it_among_several(screens, book):
    JobFactory(book=book)
    other = BookFactory()
    data = {"action": "delete_selected", "_selected_action": [book.pk, other.pk], "post": "yes"}
    page = screens.post(reverse(LIST), data).content.decode()
    assert "Cancel that job or wait for it" in page
    assert Book.objects.count() == 2


def test_several_books_are_deleted_at_once(screens, book):
    data = {"action": "delete_selected", "_selected_action": [book.pk, BookFactory().pk], "post": "yes"}
    screens.post(reverse(LIST), data)
    assert not Book.objects.exists()


def test_deleting_needs_its_own_permission(client, person, book):
    client.force_login(person("books.view_book", "books.change_book"))
    assert client.post(reverse("admin:books_book_delete", args=[book.pk]), {"post": "yes"}).status_code == 403
