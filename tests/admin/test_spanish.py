"""Screens in another language: whose they are, and that its catalogue is whole."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation

from books.engine_words import ENGINE
from books.guidelines.changes import change
from books.guidelines.evidence.check import EvidenceCheck
from books.guidelines.evidence.material import BookText
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
from books.models.page import page_numbers
from books.roles import ROLES
from books.sentences import as_text, from_text, sentence_of, told
from books.stored.guideline import Evidence, Part, Statement, identified, parts_of
from books.wording import in_language
from jobs.models import Event, Item, Job
from jobs.progress import refresh_progress
from jobs.states import ACTIVE, JobStatus
from jobs.views import job_view
from tests.admin.addresses import EVERY, GET, POST, SCREENS
from tests.admin.test_upload import NASTY
from tests.admin.visits import send
from tests.catalogue import SPANISH, compiled, gathered, translated
from tests.factories import ReadPageFactory, SubtopicFactory, TopicFactory

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


def test_what_the_engine_says_is_still_said_somewhere():
    """Whoever changes a sentence in jobs/ changes its template."""
    made = "".join(path.read_text() for path in Path(settings.BASE_DIR, "jobs").rglob("*.py"))
    made = re.sub(r'"\s*f?"', "", made)
    for template in ENGINE:
        parts = [part.strip(" “”.,:;()") for part in re.split(r"{\w+}|\. ", template)]
        assert max(parts, key=len) in made, template


@pytest.mark.django_db
def test_what_became_of_a_job_is_said_in_spanish(job):
    facts = {"completed_at": timezone.now()}, {}
    with translation.override("es"):
        for status in set(JobStatus) - {JobStatus.FAILED}:
            Job.objects.filter(pk=job.pk).update(status=status, **facts[status in ACTIVE])
            view = job_view(Job.objects.get(pk=job.pk))
            assert in_language(view.headline) != view.headline, view.headline
        said = in_language("Paused: 1 of 4. Next look at 2026-11-30 12:05 UTC.")
        assert said == "En pausa: 1 de 4. Se vuelve a mirar: 2026-11-30 12:05."
    with timezone.override("America/Lima"):
        assert in_language("Next look at 2026-11-30 12:05 UTC.") == "Next look at 2026-11-30 07:05."


@pytest.mark.django_db
def test_a_sentence_keeps_its_template_and_parts_and_is_said_to_whoever_reads_it(book):
    moved = told("Moved “{title}” to place {place} of “{topic}”", title="Sets {x}", place=2, topic="Numbers")
    Change.objects.create(book=book, sentence=told("Undone: {said}", said=moved), name="job")
    kept = Change.objects.get().sentence
    assert kept == "Undone: Moved “Sets {x}” to place 2 of “Numbers”"
    with translation.override("es"):
        assert in_language(kept) == "Deshecho: Se movió «Sets {x}» al lugar 2 de «Numbers»"
        assert in_language("A sentence of somebody's own.") == "A sentence of somebody's own."


@pytest.mark.parametrize(
    "kept",
    [
        '{"said":"{title.__class__}","parts":{"title":"x"}}',
        '{"said":"{title:99999999}","parts":{"title":"x"}}',
        '{"said":"{title}","parts":{}}',
        '{"said":7,"parts":{}}',
    ],
)
def test_a_template_from_anywhere_reaches_into_nothing(kept):
    assert from_text(as_text(kept)) == kept, "what somebody typed is no template"
    with pytest.raises(ValueError, match=r"no template|not its parts"):
        sentence_of(json.loads(kept))


def spanish(screens) -> None:
    screens.post(reverse("admin:books_account_language"), {"language": "es"})


def test_a_refused_upload_is_named_in_spanish(screens, book, said):
    spanish(screens)
    small = SimpleUploadedFile("chica.png", (NASTY / "one_pixel.png").read_bytes())
    url = reverse("admin:books_book_upload", args=[book.pk])
    locked = SimpleUploadedFile("cerrado.pdf", (NASTY / "encrypted.pdf").read_bytes())
    refused = said(screens.post(url, {"files": [small, locked]}, follow=True))
    assert "chica.png: La imagen tiene 1 × 1 píxeles: demasiado pequeña para ser una página; " in refused[1]
    assert refused[0] == "cerrado.pdf: El PDF necesita una contraseña para abrirse; guárdelo sin ella."


def test_what_failed_in_a_job_is_said_in_spanish(screens, job):
    error = told("Page {page} of the PDF cannot be opened; export it again.", page=3)
    item = job.items.filter(state="failed").get()
    Item.objects.filter(pk=item.pk).update(error_message=error, error_code="unreadable_image")
    ReadPageFactory(book=job.book, ocr_error=error)
    refresh_progress(job)
    spanish(screens)
    panel = screens.get(reverse("admin:jobs_job_panel", args=[job.pk])).content.decode()
    assert "La página 3 del PDF no se puede abrir; expórtelo de nuevo." in panel
    assert Item.objects.get(pk=item.pk).error_message == "Page 3 of the PDF cannot be opened; export it again."


def test_the_upload_form_is_answered_in_spanish_and_a_program_in_english(screens, book):
    spanish(screens)
    url = f"/api/books/{book.pk}/uploads"
    announced = json.dumps({"files": [{"name": "a.exe", "size": 5, "sha256": ""}]})
    program = screens.post(url, announced, content_type="application/json").json()
    assert program["files"][0]["reason"] == "Files ending in .exe are not taken; rename it if it really is a page."
    form = screens.post(url, announced, content_type="application/json", headers={"X-CSRFToken": "x"}).json()
    assert form["files"][0]["reason"].startswith("No se aceptan archivos que terminan en .exe")


def test_what_is_found_against_a_statement_is_said_in_spanish(screens, book):
    page = ReadPageFactory(book=book)
    book_text = BookText({page.number: page.reading.text})
    doubted = EvidenceCheck(book_text, [page.number]).check(
        Part.CONCEPTS, Statement("Zero is even.", (page.number,), evidence=(Evidence(page.number, "never printed"),))
    )
    row = SubtopicFactory(topic=TopicFactory(book=book), pages=[page.number])
    with change(book.pk, "Test"):
        row.guideline = identified(parts_of({Part.CONCEPTS: [doubted]}), page_numbers(book.pk))
        row.save()
    spanish(screens)
    shown = screens.get(reverse("admin:books_book_guideline", args=[book.pk, row.pk])).content.decode()
    assert "La cita textual «never printed» no está en la página 1, ni en otra página." in shown
    assert Subtopic.objects.get().guideline[Part.CONCEPTS][0].findings[0].sentence.startswith("The quote “never")


def test_times_are_those_of_the_viewers_zone_and_written_one_way(screens, job):
    Job.objects.filter(pk=job.pk).update(created_at=datetime(2026, 11, 30, 23, 5, tzinfo=UTC))
    lists = [reverse("admin:jobs_job_changelist"), reverse("admin:jobs_job_change", args=[job.pk])]
    for language in ("en", "es"):
        screens.post(reverse("admin:books_account_language"), {"language": language})
        for zone, time in (("America/Lima", "2026-11-30 18:05"), ("../../etc/passwd", "2026-11-30 23:05")):
            screens.cookies["zone"] = zone
            assert all(time in screens.get(url).content.decode() for url in lists), (language, zone)


def test_no_screen_in_spanish_shows_what_is_translated_in_english(screens, facts):
    """Nor a number in Spanish where a program reads it, such as a drawing's."""
    spanish(screens)
    texts = {each.id: each.string for each in translated() if each.id and isinstance(each.id, str)}
    english = {text for text, said in texts.items() if text != said} - set(texts.values())
    shown = [each for each in EVERY if each.method == GET and "a" in each.who and each.space != "api-1:"]
    left, numbers = {}, []
    for address in shown:
        answer = send(screens, address, facts)
        assert answer.status_code < 500, address
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            page = answer.content.decode()
            reader = Reader()
            reader.feed(page)
            # Django's own screens of groups show rows by their names.
            left[str(address)] = reader.found & english - (set(ROLES) if "auth_group" in str(address) else set())
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
    spanish(screens)
    found, acts = {}, [each for each in SCREENS if each.method == POST and "a" in each.who]
    for address in acts:
        with transaction.atomic():
            send(screens, address, facts)
            rows = [row | {"detail": ""} for model in KEPT for row in model._base_manager.values()]
            found[str(address)] = [row for row in rows if re.search("[áéíóúñ¿¡«»]", str(row))]
            transaction.set_rollback(True)
    assert {act: rows for act, rows in found.items() if rows} == {}
