"""The page on the machinery: workers, what waits for them, providers, the sweep."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpResponseBase
from django.utils.translation import gettext as _

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
    context = {"title": _("System"), "view": system_view()}
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
