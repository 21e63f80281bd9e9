"""Where the sweep meets what others still need: old rows go in small steps, and what is needed stays."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from itertools import pairwise

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.urls import reverse
from django_q.models import OrmQ, Task

from books import retention
from books.models import (
    Announcement,
    AuditEntry,
    Book,
    GuidelineImport,
    ModelCall,
    Reading,
    Session,
    WebhookDelivery,
    WebhookEndpoint,
)
from books.models.model_call import CallOutcome
from jobs import clock
from jobs.models import Cluster, Event, Item, Job
from jobs.states import ItemState, JobStatus
from jobs.sweep import sweep
from tests.factories import BookFactory, ItemFactory, JobFactory, ReadingFactory, ReadPageFactory

YEARS = clock.now() - timedelta(days=2000)


@pytest.fixture
def book(db) -> Book:
    return BookFactory(title="Prealgebra")


def aged(row, at: str, when=YEARS):
    row._meta.model._base_manager.filter(pk=row.pk).update(**{at: when})
    return row


def old_job(book: Book, status: JobStatus = JobStatus.COMPLETED, days: int = 2000) -> Job:
    """With one finished item and its last event."""
    when = clock.now() - timedelta(days=days)
    job = JobFactory(book=book, status=status, total_items=1, completed_items=1, completed_at=when)
    ItemFactory(job=job)
    Event.objects.create(job=job, to_status=status, actor="worker")
    return aged(job, "created_at", when)


def test_items_of_a_job_go_when_a_later_one_took_them_over(screens, book):
    """They stayed for ever. The job itself stays, and its page says what went."""
    first, last = old_job(book, days=2000), old_job(book, days=1000)
    sweep()
    assert set(Item.objects.values_list("job", flat=True)) == {last.pk}
    assert set(Event.objects.values_list("job", flat=True)) == {last.pk}
    page = screens.get(reverse("admin:jobs_job_change", args=[first.pk])).content.decode()
    assert "1 of 1 were done. What became of each was cleared away" in page
    assert screens.get(f"/api/books/{book.pk}/jobs/{first.pk}").json()["percent"] == 100


@pytest.mark.parametrize("later", [JobStatus.FAILED, JobStatus.RUNNING, JobStatus.CANCELLED])
def test_items_stay_that_a_later_job_may_still_take_over(book, later):
    old_job(book, JobStatus.FAILED)
    old_job(book, later, days=1000)
    sweep()
    assert Item.objects.count() == 2


def call(book: Book, job: Job, *, version: str = "1", outcome=CallOutcome.ANSWERED, item: str = "p1") -> ModelCall:
    facts = {"provider": "openai", "model": "m", "schema_version": "1", "input_sha256": "0" * 64, "cost": "0.01"}
    made = ModelCall.objects.create(
        book=book, job=job, stage="digest", item=item, prompt_version=version, outcome=outcome, answer="{}", **facts
    )
    return aged(made, "created_at")


def test_answers_stay_that_the_same_question_would_get_again(book):
    """Every call keeps its row and cost; only the text of what nobody can ask for again goes."""
    first, second = JobFactory(book=book, status="completed"), JobFactory(book=book, status="completed")
    superseded, unfit = call(book, first), call(book, first, outcome=CallOutcome.INVALID, item="p2")
    only_one, now = call(book, first, item="p3"), call(book, second, version="2")
    reworded = call(book, second, version="3")
    sweep()
    texts = dict(ModelCall.objects.values_list("pk", "answer"))
    assert [texts[each.pk] for each in (superseded, unfit, only_one, now, reworded)] == ["", "", "{}", "{}", "{}"]
    assert sum(ModelCall.objects.values_list("cost", flat=True)) * 100 == 5


def test_readings_go_but_not_the_present_one_nor_a_persons(book):
    page = ReadPageFactory(book=book)
    aged(page.reading, "created_at")
    typed = aged(ReadingFactory(page=page, engine="person", chosen_by="ada"), "created_at")
    aged(ReadingFactory(page=page), "created_at")
    young = ReadingFactory(page=page)
    sweep()
    assert set(Reading.objects.values_list("pk", flat=True)) == {page.reading_id, typed.pk, young.pk}


def announcement(book: Book) -> Announcement:
    facts = {"version": 1, "guidelines": 1, "written": 1, "removed": 0, "made_at": YEARS}
    return Announcement.objects.create(
        happening="guidelines.published", book_number=book.pk, book_title=book.title, **facts
    )


def test_announcements_go_but_not_the_newest_nor_what_is_to_be_delivered(book):
    endpoint = WebhookEndpoint.objects.create(url="https://example.org/")
    gone, awaited, newest = (announcement(book) for _ in range(3))
    WebhookDelivery.objects.create(endpoint=endpoint, announcement=awaited)
    for said in (gone, newest):
        WebhookDelivery.objects.create(endpoint=endpoint, announcement=said, state="delivered", tried_at=YEARS)
    sweep()
    assert set(Announcement.objects.values_list("pk", flat=True)) == {awaited.pk, newest.pk}
    assert [each.announcement_id for each in WebhookDelivery.objects.all()] == [awaited.pk]


def rows_of_every_other_kind(book: Book) -> None:
    person = get_user_model().objects.create_user("grace")
    AuditEntry.objects.create(name="grace", action="sign in", outcome="done")
    AuditEntry.objects.update(at=YEARS)
    aged(LogEntry.objects.create(user=person, action_flag=1, object_repr="x"), "action_time")
    Session.objects.create(session_key="a", session_data="", expire_date=YEARS)
    OrmQ.objects.create(key="cpu", payload="", lock=YEARS)
    Task.objects.create(id="t", name="t", func="f", started=YEARS, stopped=YEARS, success=False)
    aged(GuidelineImport.objects.create(book=book, name="x", document={}, seen_change=0), "sent_at")
    aged(Cluster.objects.create(pool="cpu", host="gone", pid=1), "started_at")


OTHERS = (AuditEntry, LogEntry, Session, OrmQ, Task, GuidelineImport, Cluster)


def test_all_other_kinds_go_when_their_days_are_over(book):
    """Only the audit was ever pruned."""
    rows_of_every_other_kind(book)
    sweep()
    assert [model.__name__ for model in OTHERS if model.objects.exists()] == []


def test_0_days_are_for_ever(book, settings):
    settings.RETENTION_DAYS = {rule.kind: 0 for rule in retention.RULES}
    rows_of_every_other_kind(book)
    sweep()
    assert [model.__name__ for model in OTHERS if not model.objects.exists()] == []


def test_a_sweep_takes_a_step_at_a_time_and_each_book_has_its_turn(book, monkeypatch):
    monkeypatch.setattr(retention, "STEP", 2)
    monkeypatch.setattr(retention, "BOOKS_A_SWEEP", 1)
    other = BookFactory()
    for each in (book, other):
        page = ReadPageFactory(book=each)
        for _ in range(3):
            aged(ReadingFactory(page=page), "created_at")
    counts = [Reading.objects.count()]
    start = clock.now()
    for minute in range(6):
        monkeypatch.setattr(clock, "now", lambda minute=minute: start + timedelta(minutes=minute))
        retention.tidy()
        counts.append(Reading.objects.count())
    assert counts[0] == 8
    assert counts[-1] == 2
    assert max(before - after for before, after in pairwise(counts)) == 2


def test_one_rule_that_fails_keeps_no_other_from_its_work(book, monkeypatch):
    rows_of_every_other_kind(book)
    monkeypatch.setattr(retention.Rule, "kept_days", property(lambda rule: 1 / (rule.kind != "jobs") and rule.days))
    retention.tidy()
    assert not Session.objects.exists()


def test_the_system_page_shows_the_policy_and_the_size_of_each_table(screens, book):
    ItemFactory(job=JobFactory(book=book), state=ItemState.DONE)
    page = unescape(screens.get(reverse("admin:jobs_system")).content.decode())
    kept = page.split('id="retention"')[1]
    for rule in retention.RULES:
        assert str(rule.what) in kept
    assert "<td>jobs_item</td><td>" in kept.split('id="tables"')[1]


def test_an_unknown_kind_is_an_error(settings):
    settings.RETENTION_DAYS = {"tea": 1}
    assert "tea" in str(retention.check_kinds()[0])
