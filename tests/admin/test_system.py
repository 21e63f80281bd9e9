"""The page on workers, providers and the sweep."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings as chosen
from django.urls import reverse

from bookpipeline.environment import Environment, sections
from books.intake.box.ask import BoxDied
from jobs import clock
from jobs.models import Cluster, SweepRun, Throttle
from jobs.states import JobStatus
from jobs.sweep import sweep
from tests.admin.test_books import queries_of
from tests.factories import JobFactory

SETTINGS = "/admin/books/book/settings/"
HTMX = {"hx-request": "true"}


@pytest.fixture
def url() -> str:
    return reverse("admin:jobs_system")


@pytest.fixture
def shown(screens, url):
    def text() -> str:
        return " ".join(screens.get(url, headers=HTMX).content.decode().split())

    return text


def ago(seconds: float):
    return clock.now() - timedelta(seconds=seconds)


def test_nobody_is_sent_to_the_login(client, url, db):
    assert client.get(url).url.startswith(reverse("admin:login"))


def test_it_needs_the_permission_to_see_jobs_and_no_other(client, url, person):
    client.force_login(person("books.view_book", "jobs.change_job"))
    assert client.get(url).status_code == 403
    client.force_login(person("jobs.view_job"))
    assert client.get(url).status_code == 200


def test_it_only_reads(screens, url):
    assert screens.post(url).status_code == 405


def test_the_header_leads_to_it_for_those_who_may_see_jobs(client, url, person):
    client.force_login(person("jobs.view_job"))
    assert f'href="{url}"' in client.get(reverse("admin:index")).content.decode()
    client.force_login(person("books.view_book"))
    assert f'href="{url}"' not in client.get(reverse("admin:index")).content.decode()


def test_its_moving_part_renews_itself(screens, url):
    page = screens.get(url).content.decode()
    part = screens.get(url, headers=HTMX).content.decode()
    assert "<html" in page
    assert "<html" not in part
    for each in (page, part):
        assert f'hx-get="{url}"' in each
        assert 'hx-trigger="every 5s, tab-visible from:body"' in each


def test_a_fresh_installation_says_what_is_missing(shown):
    page = shown()
    assert "No worker of the pool “Processor” is at work" in page
    assert "No worker of the pool “Network” is at work" in page
    assert "The sweep has not run yet" in page
    assert "No job waits." in page


def test_a_silent_cluster_is_told_from_a_working_one(shown):
    Cluster.objects.create(pool="cpu", host="one", pid=7, seen_at=ago(5))
    Cluster.objects.create(pool="io", host="two", pid=8, seen_at=ago(300))
    page = shown()
    assert page.count("Working<") == page.count("Silent<") == 1
    assert "300 s ago" in page
    assert "pool “Processor”" not in page
    assert "pool “Network” is at work" in page


def test_the_oldest_pending_job_is_named(shown):
    JobFactory(status=JobStatus.PENDING, book__title="The younger")
    older = JobFactory(status=JobStatus.PENDING, book__title="The <older>")
    older.events.create(to_status=JobStatus.PENDING, actor="ada")
    older.events.update(at=ago(3600))
    page = shown()
    assert "Reading the pages, The &lt;older&gt;</a>, for 1 hour" in page.replace("\xa0", " ")
    assert "younger" not in page


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, ["Open", "0 of 4", "now"]),
        ({"limit": 0}, ["Full"]),
        ({"cool": 90}, ["Cooling", "in 90 s"]),
        ({"cool": 90, "outage_since": ago(60)}, ["Away", "since"]),
    ],
)
def test_a_provider_shows_its_state(shown, facts, words):
    cool = facts.pop("cool", None)
    until = clock.now() + timedelta(seconds=cool) if cool else None
    Throttle.objects.create(provider="acme", **{"limit": 4, **facts}, cool_until=until, rate_limits=3)
    page = shown()
    for word in ("acme", *words):
        assert word in page.replace("in 89 s", "in 90 s")


def test_the_sweep_shows_what_it_did_and_when_it_is_late(shown):
    JobFactory(status=JobStatus.STALE)
    sweep()
    page = shown()
    assert re.search(r"in \d+\.\d\d\ss: 1 requeued\.", page)
    assert 'bad-notice">The sweep' not in page
    sweep()
    assert "nothing needed help." in shown()
    SweepRun.objects.update(finished_at=ago(240))
    assert "The sweep last ran 4 minutes ago" in shown().replace("\xa0", " ")


def test_the_page_costs_the_same_for_one_cluster_and_many(screens, url):
    Cluster.objects.create(pool="cpu", host="one", pid=7)
    JobFactory(status=JobStatus.PENDING)
    few = queries_of(screens, url)
    for number in range(20):
        Cluster.objects.create(pool="io", host="many", pid=number)
        JobFactory(status=JobStatus.PENDING)
    assert queries_of(screens, url) == few


def test_it_names_what_shuts_in_the_parsers_of_uploaded_files(screens, url):
    page = " ".join(screens.get(url).content.decode().split())
    assert "shut in by: limits of memory, time and output" in page
    assert "seccomp" in page


def test_it_is_shown_where_no_parser_can_be_started(screens, url, monkeypatch):
    def died():
        raise BoxDied

    monkeypatch.setattr("books.admin.system._means", died)
    assert "no box could be opened now" in screens.get(url).content.decode()


def test_the_settings_show_every_variable_with_its_value_and_no_secret(screens):
    page = screens.get(SETTINGS).content.decode()
    names = [each.name for section in sections() for each in section.variables]
    assert len(names) == len(set(names)) > 60
    assert [name for name in names if f"<code>{name}</code>" not in page] == []
    assert [section.title for section in sections()][:4] == ["Web", "Database", "Files", "Queue and workers"]
    assert chosen.SECRET_KEY not in page
    assert str(chosen.DATA_DIR) in page
    assert "http://testserver/accounts/oidc/sso/login/callback/" in page


@pytest.mark.parametrize(
    ("cast", "value", "shown", "is_secret"),
    [
        ("str", "postgresql://ada:pa@ss@db:5432/books?sslrootcert=x", "postgresql://db:5432/books", False),
        ("url", "smtp+tls://ada:secret@mail:587", "smtp+tls://mail:587", False),
        ("json", '{"mistral": {"api_key": "secret"}}', "mistral", False),
        ("list", "https://a.org,https://b.org", "https://a.org, https://b.org", False),
        ("bool", "yes", "true", False),
    ],
)
def test_what_signs_in_somewhere_is_left_out_of_what_is_shown(monkeypatch, cast, value, shown, is_secret):
    environment = Environment()
    for name, secret in (("LLM_TOKENS", True), ("BROKER_URL", is_secret)):
        monkeypatch.setenv(name, value)
        getattr(environment, cast)(name)
        told = environment.choice(name)
        hidden = secret and cast != "bool"
        assert told == ("" if hidden else shown, True, hidden)


def test_what_is_wrong_is_told_with_what_to_do(screens, settings):
    settings.GUIDELINE_ENGINE, settings.OPENAI_API_KEY, settings.JOB_SLICE_SECONDS = "openai", "", 999
    settings.BOOK_ACCESS, settings.OIDC_ROLES = "everybody", {"boss": "king"}
    page = screens.get(SETTINGS).content.decode()
    for sentence in (
        "GUIDELINE_ENGINE is openai, without a key.",
        "Set OPENAI_API_KEY",
        "JOB_SLICE_SECONDS is not below JOB_LEASE_SECONDS.",
        "BOOK_ACCESS is “everybody”.",
        "roles that there are not: king.",
        "No worker of the pool “Processor” is at work",
    ):
        assert sentence in page, sentence
