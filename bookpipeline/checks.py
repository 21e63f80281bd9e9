"""What is wrong with what the environment chose, as checks of `manage.py check --deploy` and the page of settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's name
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from books.models.book import Access
from books.ocr.factory import available_engines, default_engine, installed_languages
from books.roles import ROLES

TAG: Final = "bookpipeline"
# Each below the next, or work is taken from those who still do it.
GROWING: Final = ("JOB_HEARTBEAT_SECONDS", "JOB_SLICE_SECONDS", "JOB_LEASE_SECONDS", "JOB_TIMEOUT_SECONDS")
NAMES: Final = {"GUIDELINE_ENGINE": ("offline", "openai"), "BOOK_ACCESS": tuple(Access.values)}

NEEDS: Final = {
    "openai": gettext_lazy("Set OPENAI_API_KEY, or choose the local and offline engines."),
    "rapidocr": gettext_lazy("Install requirements-rapidocr.txt."),
}


@register(TAG, deploy=True)
def check_choices(**_options: Any) -> list[CheckMessage]:
    """Not at each start: a worker may lack on purpose what the web needs, such as a provider's key."""
    found = [*_names(), *_engines(), *_seconds(), *_around()]
    return [Warning(what, hint=hint, id=f"{TAG}.W{number:03}") for number, what, hint in found]


@register(Tags.database)
def check_encoding(databases: Sequence[str] | None = None, **_options: Any) -> list[CheckMessage]:
    """Before each migration: a server without a locale makes databases that take no letter beyond ASCII, and the first
    scan with a dash in it would fail."""
    found: list[CheckMessage] = []
    for connection in (connections[alias] for alias in databases or ()):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SHOW server_encoding")
                [encoding] = cursor.fetchone()
            if encoding != "UTF8":
                what = _("The database keeps text as %s, which is too little for books.") % encoding
                hint = _("Make it anew: createdb --encoding=UTF8 --template=template0")
                found.append(Error(what, hint=hint, id=f"{TAG}.E001"))
    return found


Found = Iterator[tuple[int, str, str]]


def _names() -> Found:
    for name, possible in NAMES.items():
        if getattr(settings, name) not in possible:
            what = _("%(name)s is “%(value)s”.") % {"name": name, "value": getattr(settings, name)}
            yield 1, what, _("It may be %s.") % ", ".join(possible)
    if unknown := sorted(set(settings.OIDC_ROLES.values()) - set(ROLES)):
        yield 1, _("OIDC_ROLES gives roles that there are not: %s.") % ", ".join(unknown), ", ".join(ROLES)


def _engines() -> Found:
    try:
        engine = default_engine()
    except ImproperlyConfigured as error:
        yield 2, str(error), _("Until then no page is read.")
    else:
        if engine not in available_engines():
            yield 2, _("OCR_ENGINE chose %s, which cannot work here.") % engine, str(NEEDS[engine])
    if settings.GUIDELINE_ENGINE == "openai" and not settings.OPENAI_API_KEY:
        yield 3, _("GUIDELINE_ENGINE is openai, without a key."), str(NEEDS["openai"])
    for name, facts in settings.LLM_PROVIDERS.items():
        if not facts.get("api_key"):
            yield 3, _("The provider %s has no api_key.") % name, _("Add it to LLM_PROVIDERS.")
    if not installed_languages():
        yield 4, _("Tesseract has no language here."), _("Set TESSDATA_DIR to a folder that has eng.traineddata.")


def _seconds() -> Found:
    for less, more in pairwise(GROWING):
        if getattr(settings, less) >= getattr(settings, more):
            yield 5, _("%(less)s is not below %(more)s.") % {"less": less, "more": more}, _("Make it smaller.")


def _around() -> Found:
    if settings.HAS_MAIL and not settings.SITE_URL:
        yield 6, _("Notices go out without the address of what they are about."), _("Set SITE_URL.")
    public = [host for host in settings.ALLOWED_HOSTS if host not in {"localhost", "127.0.0.1"}]
    if settings.DEBUG and public:
        what = _("DEBUG is on, and this server answers to %s.") % ", ".join(public)
        yield 7, what, _("Take DEBUG out: its error pages show the inside to everybody.")
    if settings.IS_S3 and not settings.BUCKET["OPTIONS"]["bucket_name"]:
        yield 8, _("STORAGE is s3, without a bucket."), _("Set AWS_STORAGE_BUCKET_NAME.")
