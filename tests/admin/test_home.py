"""The first screen: what waits, what goes wrong, what ended, and where a newcomer begins."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from books.admin.home import MOST_BOOKS
from books.models import Book, ModelCall, Page, Proposal, ReviewStatus
from jobs.models import Job
from jobs.states import JobStatus
from tests.factories import BookFactory, JobFactory, PageFactory, ReadPageFactory, SubtopicFactory

pytestmark = pytest.mark.django_db


def home(client) -> str:
    return client.get(reverse("admin:index")).content.decode()


def test_a_newcomer_is_shown_three_steps_and_gets_the_sample_book_with_one_click(screens):
    page = home(screens)
    assert "Three steps to your first guidelines" in page
    assert "No worker is running" in page
    answer = screens.post(reverse("admin:books_sample"))
    book = Book.objects.get()
    assert answer.url == reverse("admin:books_book_overview", args=[book.pk])
    assert (book.pages.count(), book.jobs.count()) == (24, 1)
    screens.post(reverse("admin:books_sample"))
    assert (Book.objects.count(), Page.objects.count()) == (1, 24)
    assert "Three steps" not in home(screens)


def test_how_it_works_leads_to_the_screens_of_the_newest_book_and_to_the_sample(client, screens, person, book):
    url = reverse("admin:books_how")
    assert f'href="{url}"' in home(screens)
    page = screens.get(url).content.decode()
    for name in ("overview", "map", "contents", "start", "guidelines", "proposals", "publish", "exchange"):
        assert f'href="{reverse(f"admin:books_book_{name}", args=[book.pk])}"' in page
    assert f'action="{reverse("admin:books_sample")}"' in page
    client.force_login(person("books.view_book"))
    page = client.get(url).content.decode()
    assert reverse("admin:books_book_start", args=[book.pk]) not in page
    assert "Try the sample book" not in page


EMPTY = {
    "books_book": "There is no book yet.",
    "jobs_job": "No job yet.",
    "books_modelcall": "No model was asked yet.",
    "books_modelprice": "No price was set here",
    "books_stagemodel": "Every stage asks the model of OPENAI_MODEL.",
    "books_providerprofile": "Nothing was found out",
    "books_apitoken": "No token yet.",
    "books_webhookendpoint": "No endpoint yet.",
    "books_webhookdelivery": "Nothing was sent yet.",
}


def test_each_empty_list_says_what_it_is_for_and_where_to_begin(screens):
    for name, sentence in EMPTY.items():
        page = screens.get(reverse(f"admin:{name}_changelist")).content.decode()
        assert sentence in page, name
        assert f'href="{reverse("admin:books_how")}"' in page, name
    page = screens.get(reverse("admin:books_book_changelist")).content.decode()
    assert f'formaction="{reverse("admin:books_sample")}"' in page
    assert (
        "Nothing fits this filter." in screens.get(reverse("admin:books_book_changelist"), {"q": "x"}).content.decode()
    )


def test_what_waits_is_counted_by_book_and_leads_to_where_it_is_decided(screens, book):
    for _ in range(3):
        ReadPageFactory(book=book)
    Page.objects.filter(number=1).update(review="approved")
    subtopic = SubtopicFactory(topic__book=BookFactory(title="Biology"), status=ReviewStatus.PENDING_REVIEW)
    page = home(screens)
    assert "2 pages to review" in page
    assert f'href="{reverse("admin:books_book_page", args=[book.pk, 2])}"' in page
    assert "1 guideline to review" in page
    assert f'href="{reverse("admin:books_book_guidelines", args=[subtopic.topic.book_id])}"' in page


def test_nothing_waits_for_who_may_not_decide_it(client, person, book):
    ReadPageFactory(book=book)
    SubtopicFactory(topic__book=book, status=ReviewStatus.PENDING_REVIEW)
    Proposal.objects.create(book=book, kind="merge", subject="a", content="b")
    for permission, words in {
        "books.change_page": {"1 page to review"},
        "books.change_subtopic": {"1 guideline to review", "1 proposal to decide on"},
        "books.add_book": set(),
    }.items():
        client.force_login(person("books.view_book", permission))
        shown = set(re.findall(r"1 (?:page|guideline|proposal) to [a-z ]+", home(client)))
        assert {each.strip() for each in shown} == words


def test_approved_guidelines_wait_for_who_may_publish_and_stuck_pages_for_who_may_read(client, screens, person, book):
    SubtopicFactory(topic__book=book, status=ReviewStatus.APPROVED)
    other = BookFactory(title="Biology")
    for _ in range(2):
        ReadPageFactory(book=other)
    Page.objects.update(review="rejected")
    PageFactory(book=book)
    page = home(screens)
    assert "1 guideline to publish" in page
    assert f'href="{reverse("admin:books_book_publish", args=[book.pk])}"' in page
    assert "2 pages are rejected" in page
    assert "4 pages are not read" in page
    JobFactory(book=book)
    assert "pages are not read" not in home(screens)
    client.force_login(person("books.view_book"))
    assert "Nothing waits for you." in home(client)


def test_the_header_of_every_page_is_ours(screens):
    """Django's own page brought other links, black on navy."""
    page = screens.get(reverse("admin:password_change")).content.decode()
    assert f'href="{reverse("admin:books_account")}"' in page.partition("</header>")[0]


def test_nothing_waits_is_said(screens, book):
    assert "Nothing waits for you." in home(screens)


def test_jobs_that_need_a_person_are_named_until_a_later_one_went_well(screens, book):
    failed = JobFactory(book=book, status=JobStatus.FAILED, error_message="The scans are gone.")
    address = reverse("admin:jobs_job_change", args=[failed.pk])
    assert address in home(screens)
    JobFactory(book=book, kind=failed.kind, status=JobStatus.COMPLETED)
    assert address not in home(screens)
    paused = JobFactory(book=book, kind=failed.kind, status=JobStatus.PAUSED)
    assert reverse("admin:jobs_job_change", args=[paused.pk]) in home(screens)


def test_what_finished_since_the_last_visit(screens, book):
    job = JobFactory(book=book, status=JobStatus.COMPLETED)
    Job.objects.update(completed_at=timezone.now(), is_exclusive=True)
    address = reverse("admin:jobs_job_change", args=[job.pk])
    assert address in home(screens)
    assert address not in home(screens)


def test_the_cost_of_this_month_for_those_who_may_see_it(client, screens, person, book):
    facts = {"book": book, "stage": "write", "provider": "p", "model": "m", "outcome": "answered"}
    ModelCall.objects.create(**facts, cost="1.25")
    old = ModelCall.objects.create(**facts, cost="7")
    ModelCall.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=40))
    assert "US$1.25" in home(screens)
    client.force_login(person("books.view_book"))
    assert "US$" not in home(client)


def queries_of_home(client) -> int:
    with CaptureQueriesContext(connection) as caught:
        home(client)
    return len(caught)


def test_a_home_of_many_books_asks_no_more_than_one_of_a_few(screens):
    asked = []
    for _ in range(2):
        for _ in range(MOST_BOOKS):
            book = BookFactory()
            ReadPageFactory(book=book)
            JobFactory(book=book, status=JobStatus.FAILED)
        asked.append(queries_of_home(screens))
    assert asked[0] == asked[1]


def test_the_trail_of_a_form_names_its_list_once(screens):
    page = screens.get(reverse("admin:books_modelprice_add")).content.decode()
    trail = " ".join(re.sub(r"<[^>]+>", "", page.split('class="breadcrumbs">')[1].split("</div>")[0]).split())
    assert trail == "Home &rsaquo; Model prices &rsaquo; Add model price"
