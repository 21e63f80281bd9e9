"""The page of settings: what the environment chose, in the sections of .env.example, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.contrib import admin
from django.core.checks import CheckMessage, run_checks
from django.core.checks import Warning as Warned
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _

from bookpipeline.environment import sections
from books.admin.guards import StaffRequest, route, screen
from jobs.monitoring import system_view


def routes() -> list[URLPattern]:
    return [route("settings/", chosen_settings, "books_settings")]


@screen("books.view_stagemodel")
def chosen_settings(request: StaffRequest) -> HttpResponseBase:
    context = {
        **admin.site.each_context(request),
        "title": _("Settings"),
        "findings": [*_findings()],
        "sections": sections(),
        "addresses": _addresses(request),
    }
    return render(request, "bookpipeline/settings.html", context)


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
