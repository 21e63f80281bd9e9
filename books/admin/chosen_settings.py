"""The page of settings: what the environment chose, in the sections of .env.example, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.core.checks import CheckMessage, run_checks
from django.core.checks import Warning as Warned
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from bookpipeline.environment import sections
from books.admin.guards import StaffRequest, screen, show
from jobs.monitoring import system_view


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
