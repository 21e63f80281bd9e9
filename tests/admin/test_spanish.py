"""Screens in another language: whose they are, and that its catalogue is whole."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from books.models import Preferences
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


def test_what_is_compiled_is_what_is_written():
    assert SPANISH.with_suffix(".mo").read_bytes() == compiled(translated()), "run: python -m tests.catalogue"


# What stands in templates and needs no translation.
NAMES = {"Word", "Excel", "CSV", "JSON", "Markdown", "bookpipeline", "US", "s"}
SAID = ("aria-label", "title", "placeholder", "alt")
TAGS = re.compile(r"{% comment.*?endcomment %}|{% blocktranslate.*?endblocktranslate %}|{[{%#].*?[}%#]}", re.S)


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", text))


class Untranslated(HTMLParser):
    """Collects the words that a person reads in a template and no tag translates."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        for name, value in attrs:
            if name in SAID:
                self.found |= words(value or "")

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside not in {"code", "kbd", "script", "style"}:
            self.found |= words(data)


def test_every_text_of_a_template_is_marked():
    for path in sorted(Path(settings.BASE_DIR, "templates").rglob("*.html")):
        source = path.read_text()
        reader = Untranslated()
        reader.feed(TAGS.sub("", re.sub(r"{% block (title|bodyclass|coltype) %}.*?{% endblock %}", "", source)))
        assert reader.found <= NAMES, f"{path.name}: {reader.found - NAMES}"
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
