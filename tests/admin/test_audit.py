"""Who did what is noted, whatever the outcome, found again by person, book and time, and forgotten in the end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from books.models import AuditEntry, Outcome, ReviewStatus
from jobs.database import locked_job
from jobs.states import JobStatus, move
from jobs.sweep import sweep
from tests.factories import BookFactory, JobFactory, PageFactory, ReadPageFactory, SubtopicFactory

URL = "/admin/books/book/audit/"


def noted() -> list[tuple[str, str, int | None, str, str]]:
    """What was asked for, without signing in and what became of rows: tests/borders/test_audit.py."""
    entries = AuditEntry.objects.order_by("pk").exclude(action__startswith="sign").exclude(about__startswith="“")
    return list(entries.values_list("name", "action", "book_number", "about", "outcome"))


def test_an_action_of_a_screen_is_noted_once_with_its_outcome(screens, book):
    ReadPageFactory(book=book, number=1)
    screens.post(reverse("admin:books_book_page_decide", args=[book.pk, 1]), {"decision": "approve"})
    assert noted() == [("ada", "admin:books_book_page_decide", book.pk, "number 1, decision approve", "done")]


def test_a_refusal_is_noted_with_its_sentence(screens, book):
    screens.post(reverse("admin:books_book_read", args=[book.pk]))
    assert noted() == [("ada", "admin:books_book_read", book.pk, "", "refused")]
    assert "nothing to do" in AuditEntry.objects.get(outcome="refused").detail


def test_what_one_may_not_is_noted(client, person, book):
    client.force_login(person("books.view_book"))
    client.post(reverse("admin:books_book_generate", args=[book.pk]))
    assert noted() == [("person-0", "admin:books_book_generate", book.pk, "", "forbidden")]


def test_a_refusal_of_djangos_own_screens_names_its_book(client, person, book):
    client.force_login(person("books.view_book"))
    client.post(reverse("admin:books_book_delete", args=[book.pk]), {"post": "yes"})
    assert noted() == [("person-0", "admin:books_book_delete", book.pk, "", "forbidden")]


def test_an_error_of_ours_is_noted(screens, book, monkeypatch):
    monkeypatch.setattr("books.admin.book_page.start_reading", lambda *_, **__: 1 / 0)
    screens.raise_request_exception = False
    assert screens.post(reverse("admin:books_book_read", args=[book.pk])).status_code == 500
    assert noted()[0][-1] == "failed"


def test_the_api_is_noted_like_the_screens(screens, book):
    PageFactory(book=book)
    for _ in range(2):
        screens.post(f"/api/books/{book.pk}/ocr", {}, content_type="application/json")
    screens.post(f"/api/jobs/{book.jobs.get().pk}/cancel")
    assert [(action, number, outcome) for _, action, number, _, outcome in noted()] == [
        ("api-1:read_pages", book.pk, "done"),
        ("api-1:read_pages", book.pk, "refused"),
        ("api-1:cancel_job", book.pk, "done"),
    ]


def test_looking_is_not_noted(screens, book):
    screens.get(reverse("admin:books_book_overview", args=[book.pk]))
    assert noted() == []


def test_what_django_logs_itself_is_not_noted_twice(screens, book):
    screens.post(
        reverse("admin:books_book_change", args=[book.pk]), {"title": "Algebra", "language": "eng", "access": "all"}
    )
    assert noted() == []
    assert LogEntry.objects.count() == 1
    page = screens.get(URL).content.decode()
    assert "changed book “Algebra”" in page
    assert "title: Prealgebra → Algebra" in page


def test_signing_in_failing_to_and_out_are_noted(django_user_model, settings, db):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django_user_model.objects.create_user("grace", password="a-long-password-1", is_staff=True)
    client = Client()
    for password in ("wrong", "a-long-password-1"):
        client.post(reverse("admin:login"), {"login": "grace", "password": password})
    client.post(reverse("admin:logout"))
    signs = AuditEntry.objects.filter(action__startswith="sign").order_by("pk")
    rows = signs.values_list("name", "action", "outcome")
    assert list(rows) == [("grace", "sign in", "refused"), ("grace", "sign in", "done"), ("grace", "sign out", "done")]


def test_a_number_that_no_row_can_have_is_noted_as_no_book(screens):
    answer = screens.post(f"/api/books/{10**30}/ocr", {}, content_type="application/json")
    assert answer.status_code == 404
    entry = AuditEntry.objects.latest("pk")
    assert (entry.outcome, entry.book_number) == (Outcome.REFUSED, None)


def test_what_cannot_be_noted_is_still_done(screens, book, monkeypatch, caplog):
    PageFactory(book=book)
    monkeypatch.setattr(AuditEntry.objects, "create", _fail)
    assert screens.post(reverse("admin:books_book_read", args=[book.pk])).status_code == 302
    assert book.jobs.exists()
    assert "audit entry lost" in caplog.text


def _fail(**_):
    raise DatabaseError("full")


def test_the_list_has_people_jobs_and_guidelines_in_order_and_outlives_the_book(screens, book):
    job = JobFactory(book=book)
    with locked_job(job.pk) as locked:
        move(locked, JobStatus.CANCELLED, actor="grace", reason="Wrong book.")
    screens.post(reverse("admin:books_book_delete", args=[book.pk]), {"post": "yes"})
    screens.post(reverse("admin:books_book_read", args=[book.pk]))
    page = screens.get(URL).content.decode()
    assert page.index("tried to have pages read") < page.index("deleted book “Prealgebra”") < page.index("signed in")
    assert f"{book.pk} (deleted)" in page


def test_each_act_is_one_sentence_with_its_link(screens, book):
    ReadPageFactory(book=book, number=1)
    subtopic = SubtopicFactory(topic__book=book, title="Count <b>", status=ReviewStatus.PENDING_REVIEW)
    AuditEntry.objects.all().delete()
    decision = {"decision": "approve", "revision": subtopic.revision}
    screens.post(reverse("admin:books_book_page_decide", args=[book.pk, 1]), decision)
    screens.post(reverse("admin:books_book_guideline_decide", args=[book.pk, subtopic.pk]), decision)
    PageFactory(book=book)
    for _ in range(2):
        screens.post(reverse("admin:books_book_read", args=[book.pk]))
    page = " ".join(screens.get(URL, {"person": "ada"}).content.decode().split())
    assert page.count("<li><time") == 4
    assert "started: Reading the pages</a>" in page
    link = reverse("admin:books_book_page", args=[book.pk, 1])
    assert f'<strong>ada</strong> <a href="{link}">approved page 1</a> · <a' in page
    assert "tried to have pages read ·" in page
    assert '<span class="badge badge-bad">Refused</span>' in page
    assert f'<a href="{reverse("admin:books_book_changes", args=[book.pk])}">approved' in page
    assert "Count <b>" not in page
    said = screens.get(URL, headers={"accept-language": "es"}).content.decode()
    assert "aprobó la página 1" in said
    assert "intentó hacer leer páginas" in said
    translation.activate("en")


def test_it_is_filtered_by_person_book_and_time(screens, book):
    other = BookFactory(title="Biology")
    AuditEntry.objects.all().delete()  # of the books' making
    for each, name in ((book, "grace"), (other, "ada")):
        AuditEntry.objects.create(name=name, action="admin:books_book_read", book_number=each.pk, outcome="done")
    AuditEntry.objects.filter(name="grace").update(at=timezone.now() - timedelta(days=9))
    day = (timezone.now() - timedelta(days=5)).strftime("%Y-%m-%d")
    for asked, there, absent in (
        ({"person": "grace"}, "Prealgebra", "Biology"),
        ({"book": "biolog"}, "Biology", "Prealgebra"),
        ({"book": str(book.pk)}, "Prealgebra", "Biology"),
        ({"since": day}, "Biology", "Prealgebra"),
        ({"until": day}, "Prealgebra", "Biology"),
    ):
        page = screens.get(URL, asked).content.decode()
        assert f">{there}</a>" in page, asked
        assert f">{absent}</a>" not in page, asked


NONSENSE = [{"since": "2026-99-99"}, {"before": "yesterday"}, {"book": "9" * 40}, {"person": "x" * 999}]


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_finds_nothing_or_everything_and_no_error(screens, nonsense):
    assert screens.get(URL, nonsense).status_code == 200


def test_older_pages_follow_and_cost_the_same_however_much_there_is(screens, book, django_assert_max_num_queries):
    rows = (AuditEntry(name="ada", action=f"step-{n}", book_number=book.pk, outcome="done") for n in range(120))
    for n, row in enumerate(AuditEntry.objects.bulk_create(rows)):
        AuditEntry.objects.filter(pk=row.pk).update(at=timezone.now() - timedelta(minutes=200 - n))
    seen, address = [], URL + f"?book={book.pk}"
    while address:
        with django_assert_max_num_queries(14):
            page = screens.get(address).content.decode()
        seen += [part.split()[0] for part in page.split("step-")[1:]]
        link = page.split('" rel="next">Older')[0].split('href="')[-1].replace("&amp;", "&")
        address = URL + link if "Older" in page else ""
    assert seen == [str(n) for n in reversed(range(120))]


def test_what_is_too_old_is_forgotten_by_the_sweep(screens, settings, db):
    settings.RETENTION_DAYS = {"audit": 30}
    for age in (29, 31):
        entry = AuditEntry.objects.create(name="ada", action=f"{age} days", outcome="done")
        AuditEntry.objects.filter(pk=entry.pk).update(at=timezone.now() - timedelta(days=age))
    sweep()
    assert noted() == [("ada", "29 days", None, "", "done")]
    settings.RETENTION_DAYS = {"audit": 0}
    AuditEntry.objects.update(at=timezone.now() - timedelta(days=4000))
    sweep()
    assert len(noted()) == 1
