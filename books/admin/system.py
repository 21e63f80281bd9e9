"""The pages on the machinery: workers, what waits for them, providers, the sweep; and the settings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, run_checks
from django.core.checks import Warning as Warned
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from bookpipeline.environment import sections
from bookpipeline.release import UNKNOWN
from books.admin.guards import StaffRequest, screen, show
from books.errors import Busy
from books.intake.box.ask import AT_ONCE, BoxDied, means_found
from books.retention import RULES
from books.wording import in_language
from jobs.monitoring import system_view, tables


@screen("jobs.view_job", "/jobs/job/system/", "jobs_system")
def system(request: StaffRequest) -> HttpResponseBase:
    """The whole page, or for HTMX its moving part alone."""
    view = system_view()
    helped = [(name, count) for name, count in view.sweep.helped.items() if count] if view.sweep else []
    context = {"title": _("System"), "view": view, "helped": helped}
    if not request.htmx:
        context |= {
            "rules": RULES,
            "tables": _tables(),
            "means": [in_language(each) for each in _means_or_why()],
            "at_once": AT_ONCE,
            "release": _release(),
        }
    return show(request, "_system" if request.htmx else "system", context)


def _release() -> str:
    if settings.COMMIT == UNKNOWN:
        return settings.VERSION
    return _("{version}, commit {commit}").format(version=settings.VERSION, commit=settings.COMMIT)


def _means_or_why() -> list[str]:
    try:
        return _means()
    except (BoxDied, Busy):
        return [_("not known, since no box could be opened now")]


@cache
def _means() -> list[str]:
    return means_found()


def _tables() -> list[dict[str, Any]]:
    """Each with its rule, where its rows do not stay as long as what they belong to."""
    rules = {rule.model._meta.db_table: rule for rule in RULES}
    return [{"table": table, "rule": rules.get(table.name)} for table in tables()]


# ---- what the environment chose, in the sections of .env.example, and what is wrong with it --------------------------


@screen("books.view_stagemodel", "/books/book/settings/", "books_settings")
def chosen_settings(request: StaffRequest) -> HttpResponseBase:
    context = {
        "title": _("Settings"),
        "findings": [*_findings()],
        "sections": sections(),
        "addresses": _addresses(request),
    }
    return show(request, "settings", context)


def _findings() -> Iterator[CheckMessage]:
    """Django's and the packages' checks, ours, and what the workers lack now. Django's on deployment are not for a
    developer's machine."""
    found = run_checks(include_deployment_checks=not settings.DEBUG, databases=["default"])
    if settings.DEBUG:
        found += run_checks(tags=["bookpipeline"], include_deployment_checks=True)
    yield from (each for each in found if not each.is_silenced())
    for pool in system_view().missing_pools:
        yield Warned(
            _("No worker of the pool “%(pool)s” is at work: its jobs wait.") % {"pool": pool}, hint="manage.py work"
        )


def _addresses(request: HttpRequest) -> dict[str, str]:
    """What is told to other systems."""
    paths = {
        _("The API"): "/api/",
        _("Health, for a load balancer"): "/health",
        _("Metrics, for Prometheus"): reverse("metrics"),
        _("Redirect address, for a sign-on provider"): f"/accounts/oidc/{settings.OIDC_PROVIDER_ID}/login/callback/",
    }
    return {name: request.build_absolute_uri(path) for name, path in paths.items()}
