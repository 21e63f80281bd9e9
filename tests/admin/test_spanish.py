"""Screens in another language: whose they are, and that its catalogue is whole."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation

from books.admin.said import STORED, as_said
from books.models import (
    Arrangement,
    AuditEntry,
    Change,
    ExpectedFile,
    Notice,
    Page,
    Preferences,
    Proposal,
    PublishedSet,
    Subtopic,
)
from books.roles import ROLES
from jobs.models import Event, Item, Job
from jobs.states import ACTIVE, JobStatus
from jobs.views import job_view
from tests.admin.addresses import EVERY, GET, POST, SCREENS
from tests.admin.asking import send
from tests.catalogue import SPANISH, compiled, gathered, translated

SPEAKS_SPANISH = {"HTTP_ACCEPT_LANGUAGE": "es-MX,es;q=0.9,en;q=0.5"}


@pytest.fixture(autouse=True)
def _english_again():
    """A request leaves its language to its thread, where the next one chooses its own."""
    yield
    translation.activate("en")


def test_the_catalogue_holds_every_text_translated_and_no_other():
    catalog = translated()
    assert {(each.context, each.id) for each in gathered()} == {(each.context, each.id) for each in catalog}
    for message in catalog:
        strings = message.string if isinstance(message.string, tuple | list) else [message.string]
        assert all(strings), f"untranslated: {message.id}"
        assert not message.fuzzy
        assert not [str(error) for error in message.check(catalog)], message.id
        # One form of several may leave the number out: "1 guideline".
        named = re.findall(r"{(\w+)", " ".join(message.id) if isinstance(message.id, tuple | list) else message.id)
        assert {name for each in strings for name in re.findall(r"{(\w+)", each)} == set(named), message.id


def test_what_is_compiled_is_what_is_written():
    assert SPANISH.with_suffix(".mo").read_bytes() == compiled(translated()), "run: python -m tests.catalogue"


# Attributes whose numbers no person reads.
FOR_PROGRAMS = "min|max|step|width|height|[xy][12]?|viewBox|points|d|aria-valuenow"
# What stands in templates and needs no translation.
NAMES = {"Word", "Excel", "CSV", "JSON", "Markdown", "bookpipeline", "US", "s"}
SAID = ("aria-label", "title", "placeholder", "alt")
TAGS = re.compile(r"{% comment.*?endcomment %}|{% blocktranslate.*?endblocktranslate %}|{[{%#].*?[}%#]}", re.S)


class Reader(HTMLParser):
    """Collects what a person reads of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        for name, value in attrs:
            if name in SAID:
                self.found.add(" ".join((value or "").split()))

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside not in {"code", "kbd", "script", "style"}:
            self.found.add(" ".join(data.split()))


def test_every_text_of_a_template_is_marked():
    for path in sorted(Path(settings.BASE_DIR, "templates").rglob("*.html")):
        source = path.read_text()
        reader = Reader()
        reader.feed(TAGS.sub("", re.sub(r"{% block (title|bodyclass|coltype) %}.*?{% endblock %}", "", source)))
        found = set(re.findall(r"[^\W\d_]+", " ".join(reader.found)))
        assert found <= NAMES, f"{path.name}: {found - NAMES}"
        quoted = re.findall(r'(?:\slabel=|default(?:_if_none)?:)"([^"{]*[^\W\d_][^"{]*)"', source)
        assert set(quoted) <= NAMES, f"{path.name}: {quoted}"


@pytest.mark.django_db
def test_the_browser_chooses_until_a_person_does(client, django_user_model):
    carmen = django_user_model.objects.create_user("carmen", password="x", is_staff=True)
    sign_in, account = reverse("account_login"), reverse("admin:books_account")
    assert '<html lang="en"' in client.get(sign_in).content.decode()
    assert "Iniciar sesión" in client.get(sign_in, **SPEAKS_SPANISH).content.decode()
    client.force_login(carmen)
    answer = client.get(account, **SPEAKS_SPANISH)
    assert '<html lang="es"' in answer.content.decode()
    assert "Idioma de estas pantallas" in answer.content.decode()

    client.post(reverse("admin:books_account_language"), {"language": "en"})
    assert "Language of these screens" in client.get(account, **SPEAKS_SPANISH).content.decode()
    client.post(reverse("admin:books_account_language"), {"language": "es"})
    client.logout()
    assert '<html lang="en"' in client.get(sign_in).content.decode()
    client.force_login(carmen)
    assert '<html lang="es"' in client.get(account).content.decode()
    client.post(reverse("admin:books_account_language"), {"language": "tlh"})
    assert Preferences.objects.get().language == "es"
    client.post(reverse("admin:books_account_language"), {"language": ""})
    assert '<html lang="en"' in client.get(account).content.decode()


@pytest.mark.django_db
def test_programs_are_answered_in_english(client, django_user_model):
    carmen = django_user_model.objects.create_user("carmen", is_staff=True)
    Preferences.objects.create(person=carmen, language="es")
    client.force_login(carmen)
    assert client.get("/admin/").headers["Content-Language"] == "es"
    answer = client.get("/api/books/1", **SPEAKS_SPANISH)
    assert answer.headers["Content-Language"] == "en"


def test_each_stored_sentence_is_still_made_somewhere():
    """Whoever changes one where it is made changes its template."""
    made = "".join(
        path.read_text()
        for room in ("books", "jobs")
        for path in Path(settings.BASE_DIR, room).rglob("*.py")
        if path.name != "said.py"
    )
    made = re.sub(r'"\s*f?"', "", made)
    for template in STORED:
        parts = [part.strip(" “”.,:;()") for part in re.split(r"{\w+}|\. ", template)]
        assert max(parts, key=len) in made, template


@pytest.mark.django_db
def test_what_became_of_a_job_is_said_in_spanish(job):
    facts = {"completed_at": timezone.now()}, {}
    with translation.override("es"):
        for status in set(JobStatus) - {JobStatus.FAILED}:
            Job.objects.filter(pk=job.pk).update(status=status, **facts[status in ACTIVE])
            view = job_view(Job.objects.get(pk=job.pk))
            assert as_said(view.headline) != view.headline, view.headline
    assert as_said("Undone: Moved “Sets” to place 2 of “Numbers”") == "Undone: Moved “Sets” to place 2 of “Numbers”"
    with translation.override("es"):
        said = as_said("Undone: Moved “Sets” to place 2 of “Numbers”")
        assert said == "Deshecho: Se movió «Sets» al lugar 2 de «Numbers»"
        assert as_said("A sentence of somebody's own.") == "A sentence of somebody's own."


def test_no_screen_in_spanish_shows_what_is_translated_in_english(screens, facts):
    """Nor a number in Spanish where a program reads it, such as a drawing's. Roles and the audit's words are rows."""
    screens.post(reverse("admin:books_account_language"), {"language": "es"})
    texts = {each.id: each.string for each in translated() if each.id and isinstance(each.id, str)}
    english = (
        {text for text, said in texts.items() if text != said}
        - set(texts.values())
        - set(ROLES)
        - {"command line", "Sign in"}
    )
    shown = [each for each in EVERY if each.method == GET and "a" in each.who and each.space != "api-1:"]
    left, numbers = {}, []
    for address in shown:
        answer = send(screens, address, facts)
        assert answer.status_code < 500, address
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            page = answer.content.decode()
            reader = Reader()
            reader.feed(page)
            left[str(address)] = reader.found & english
            numbers += re.findall(
                r'(?:value|min|max|step|width|height|[xy][12]?|viewBox|points|d)="[-\d. ]*\d,\d', page
            )
    assert len(left) > 60
    assert {name: found for name, found in left.items() if found} == {}
    assert numbers == []


# Where sentences are kept that the product writes.
KEPT = (Arrangement, AuditEntry, Change, Event, ExpectedFile, Item, Job, Notice, Page, Proposal, PublishedSet, Subtopic)


def test_what_is_stored_stays_english_whoever_causes_it(screens, facts):
    """Every act of the screens, done in Spanish; but a refusal is kept as its person was told it."""
    screens.post(reverse("admin:books_account_language"), {"language": "es"})
    found, acts = {}, [each for each in SCREENS if each.method == POST and "a" in each.who]
    for address in acts:
        with transaction.atomic():
            send(screens, address, facts)
            rows = [row | {"detail": ""} for model in KEPT for row in model._base_manager.values()]
            found[str(address)] = [row for row in rows if re.search("[áéíóúñ¿¡«»]", str(row))]
            transaction.set_rollback(True)
    assert {act: rows for act, rows in found.items() if rows} == {}
