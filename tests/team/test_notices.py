"""Who is told of what, once, by which way; and a server that is away."""

from __future__ import annotations

import json
import socket
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

from books.models import Notice, Preferences
from books.models.book import Access
from books.team import notices
from books.team.notices import send_due, tell, tell_of_jobs
from jobs import clock
from jobs.models import Job
from jobs.states import JobStatus, move
from tests.factories import BookFactory, JobFactory, ReadPageFactory
from tests.receiver import listening

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mail(settings):
    settings.HAS_MAIL, settings.SITE_URL = True, "https://books.example.org"


@pytest.fixture
def grace(django_user_model):
    person = django_user_model.objects.create_superuser("grace", "grace@example.org")
    Preferences.objects.create(person=person, by_mail=True)
    return person


def ended(status: JobStatus = JobStatus.COMPLETED, actor: str = "worker", **facts):
    job = JobFactory(status=JobStatus.RUNNING, **facts)
    move(
        job, status, actor=actor, reason="The cap is reached.", error_message="It broke." if status == "failed" else ""
    )
    return job


def sweep() -> list[str]:
    before = len(mail.outbox)
    tell_of_jobs()
    send_due()
    return [each.body for each in mail.outbox[before:]]


def test_whoever_started_it_hears_of_its_end_once_with_what_waits(grace):
    book = BookFactory(title="Algebra")
    ReadPageFactory(book=book)
    job = ended(book=book, requested_by=grace)
    [body] = sweep()
    assert "Algebra" in body
    assert "To review: 1 page." in body
    assert f"https://books.example.org{reverse('admin:books_book_overview', args=[job.book_id])}" in body
    assert sweep() == []


def test_a_mail_is_in_the_language_of_its_account(grace):
    Preferences.objects.update(language="es")
    book = BookFactory(title="Álgebra")
    ReadPageFactory(book=book)
    ended(book=book, requested_by=grace)
    [body] = sweep()
    assert "Por revisar: 1 página." in body
    assert "completado." in mail.outbox[-1].subject
    assert "To review: 1 page." in Notice.objects.get().sentence, "kept for whoever reads it next"


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.PAUSED])
def test_what_needs_a_person_says_why(grace, status):
    ended(status, requested_by=grace)
    [body] = sweep()
    assert "It broke." in body or "The cap is reached." in body


def test_nobody_is_told_of_what_they_did_or_of_what_goes_on_by_itself(grace):
    ended(JobStatus.PAUSED, requested_by=grace, actor="grace")
    waiting = ended(JobStatus.PAUSED, requested_by=grace)
    Job.objects.filter(pk=waiting.pk).update(wake_at=clock.now())
    assert sweep() == []


def test_nobody_is_told_who_did_not_ask_or_may_not_open_the_book(grace, django_user_model):
    other = django_user_model.objects.create_user("other", "other@example.org", is_staff=True)
    ended(requested_by=other)
    Preferences.objects.create(person=other, by_mail=True)
    assert sweep() == [], "it was over before they asked"
    ended(requested_by=other, book=BookFactory(access=Access.OWNER, owner=grace))
    assert len(sweep()) == 1
    assert mail.outbox[-1].to == ["grace@example.org"], "the owner, and not who lost the book"


def test_all_that_is_due_to_one_person_is_one_mail(grace):
    for _ in range(3):
        ended(requested_by=grace)
    [body] = sweep()
    assert body.count("https://books.example.org/") == 4
    assert mail.outbox[0].subject == "3 notices"


def test_a_mail_server_that_is_away_loses_nothing_and_keeps_slack_going(grace, settings, monkeypatch):
    settings.WEBHOOKS_MAY_STAY_INSIDE = True
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free.getsockname()[1]
    with listening() as receiver:
        Preferences.objects.update(slack_url=receiver.url)
        tell([grace], "x", "Look <!channel> & see", "/admin/")
        send_due()
        assert json.loads(receiver.heard[0][1])["text"].startswith("Look &lt;!channel&gt; &amp; see")
    waiting = Notice.objects.get(channel="mail")
    assert waiting.sent_at is None
    assert waiting.error
    assert waiting.next_try > clock.now()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    monkeypatch.setattr(notices.clock, "now", lambda now=clock.now: now() + timedelta(minutes=5))
    send_due()
    send_due()
    assert len(mail.outbox) == 1


def test_who_has_no_mail_server_leaves_mail_to_who_has_one(grace, settings):
    settings.HAS_MAIL = False
    ended(requested_by=grace)
    assert sweep() == []
    settings.HAS_MAIL = True
    assert len(sweep()) == 1


def test_two_sweeps_at_once_send_once(grace):
    tell([grace], "x", "Look", "/")
    notice = Notice.objects.get()
    assert notices._take(notice)
    assert not notices._take(notice)


def test_who_asks_no_more_is_told_no_more(grace):
    tell([grace], "x", "Look", "/")
    Preferences.objects.update(by_mail=False)
    send_due()
    assert mail.outbox == []
    assert not Notice.objects.exists()


def test_a_title_of_two_lines_makes_no_header(grace):
    tell([grace], "x", "Algebra\r\nBcc: eve@example.org", "/")
    send_due()
    assert "\n" not in mail.outbox[0].subject


def test_a_person_chooses_on_their_page(client, grace, settings):
    client.force_login(grace)
    settings.WEBHOOKS_MAY_STAY_INSIDE = False
    page = client.get(reverse("admin:books_account")).content.decode()
    assert "By mail to grace@example.org" in page
    client.post(reverse("admin:books_account_notices"), {"slack_url": "https://hooks.slack.com/services/x"})
    choice = Preferences.objects.get()
    assert (choice.by_mail, choice.slack_url) == (False, "https://hooks.slack.com/services/x")
    refused = client.post(reverse("admin:books_account_notices"), {"slack_url": "http://inside/"}, follow=True)
    assert "begins with https" in refused.content.decode()
