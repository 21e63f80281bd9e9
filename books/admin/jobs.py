"""Jobs in the admin: a list, a page, and the live panel with its actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.http.response import HttpResponseBadRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_htmx.http import trigger_client_event

from books.admin.generating import confirm_restart
from books.admin.guards import Button, StaffRequest, action, back, screen, show
from books.keys import fingerprint
from books.models import Page
from books.numbers import number_of
from books.ocr.job import OCR, OCR_ELSEWHERE
from books.ocr.start import may_run_job
from books.wording import in_language
from jobs import actions
from jobs.errors import NothingToDo
from jobs.models import Job
from jobs.views import ItemError, JobView, job_view

# The panel names the first of them; the job's own page has them all.
ERRORS_SHOWN = 8
LABELS = {
    "retry": gettext_lazy("Retry all failed"),
    "pause": gettext_lazy("Pause"),
    "resume": gettext_lazy("Resume"),
    "restart": gettext_lazy("Start over"),
    "cancel": gettext_lazy("Cancel"),
}
SENTENCES = {
    "pause": gettext_lazy("Paused. What is in hand is still finished and kept."),
    "resume": gettext_lazy("Going on. Everything already finished is kept."),
    "restart": gettext_lazy("Started over."),
    "cancel": gettext_lazy("Cancelled. What was finished is kept."),
}
# What lets a job spend again.
SPENDING = {"retry", "resume", "restart"}
ACTIONS: dict[str, Callable[..., Job]] = {
    "pause": actions.pause,
    "resume": actions.resume,
    "restart": actions.restart,
    "cancel": actions.cancel,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """An item in trouble; ``can_retry`` by its own button, ``message`` as its page keeps it where it is about one."""

    item: ItemError
    can_retry: bool
    message: str

    @property
    def button_id(self) -> str:
        return f"retry-{self.item.ordinal}"


def _kept_by_pages(job: Job) -> dict[str, str]:
    """The errors of pages, which keep template and parts, by their words, which are all that the engine keeps."""
    failed = Page.objects.filter(book=job.book_id).exclude(ocr_error="")
    return {error: error for error in failed.values_list("ocr_error", flat=True)}


def panel_context(request: StaffRequest, job: Job) -> dict[str, Any]:
    """What ``_job.html`` shows, under the one name that it uses."""
    view = job_view(job)
    may_change = request.user.has_perm("jobs.change_job")
    may_run = may_change and may_run_job(request.user, job)
    kept = _kept_by_pages(job) if view.errors else {}
    errors = [
        Trouble(error, may_run and view.may_retry(error), kept.get(error.message, error.message))
        for error in view.errors
    ]
    panel = {
        "view": view,
        "mark": row_mark(job),
        "milestone": _milestone(view),
        "eta": _eta_words(view.eta_seconds),
        "buttons": _buttons(view, may_run=may_run) if may_change else [],
        "may_choose": any(error.can_retry for error in errors),
        "errors": errors[:ERRORS_SHOWN],
        "more_errors": max(0, len(errors) - ERRORS_SHOWN),
        # The fragment's forms lead back to the page it stands on, not to the fragment.
        "here": request.htmx.current_url_abs_path or request.get_full_path(),
    }
    return {"panel": panel, "all_errors": errors}


def _buttons(view: JobView, *, may_run: bool) -> list[Button]:
    return [
        Button(f"job-{name}", str(LABELS[name]), _url_of(name, view.job), "" if name == "retry" else "plain")
        for name in view.buttons
        if may_run or name not in SPENDING
    ]


def _url_of(name: str, job: Job) -> str:
    if name == "retry":
        return reverse("admin:jobs_job_retry", args=[job.pk])
    return reverse("admin:jobs_job_act", args=[job.pk, name])


def row_mark(job: Job) -> str:
    """Changes whenever something that the panel shows may have changed; needs the job's row alone."""
    counts = (job.total_items, job.completed_items, job.failed_items, job.last_completed_item)
    return f"{fingerprint(job.stage, counts, job.progress_detail, str(job.wake_at))[:16]}-{_log_mark(job)}"


def _log_mark(job: Job) -> str:
    """Changes with what the log shows, which is dearer than the panel and moves more seldom."""
    return fingerprint(job.status, job.stage, job.failed_items)[:8]


@screen("jobs.view_job", "/jobs/job/<uuid:job_id>/panel/", "jobs_job_panel")
def panel(request: StaffRequest, job: Job) -> HttpResponseBase:
    """204 and one query while nothing moved; else the fragment, with events that refresh what depends on it."""
    mark = request.GET.get("mark", "")
    if mark == row_mark(job):
        return HttpResponse(status=204)
    response = show(request, "_job", panel_context(request, job))
    if not job.is_active:
        trigger_client_event(response, "job-over", after="swap")
    else:
        trigger_client_event(response, "job-moved", after="swap")
        if mark.rpartition("-")[2] != _log_mark(job):
            trigger_client_event(response, "log-moved", after="swap")
        if job.kind in {OCR.kind, OCR_ELSEWHERE.kind}:
            trigger_client_event(response, "pages-moved", after="swap")
    return response


@action("jobs.change_job", "/jobs/job/<uuid:job_id>/do/<str:name>/", "jobs_job_act")
def act(request: StaffRequest, job: Job, name: str) -> HttpResponseBase:
    if name not in ACTIONS:
        return HttpResponseBadRequest(_("Unknown action."))
    if name in SPENDING and not may_run_job(request.user, job):
        raise PermissionDenied
    if name == "restart" and "sure" not in request.POST:
        return confirm_restart(request, job, request.path)
    now = ACTIONS[name](job.pk, user=request.user)
    was_done_before = name in SPENDING and now.is_final
    messages.success(request, _("That was done already, by this job.") if was_done_before else SENTENCES[name])
    return _to_the_job(request, job, now)


@action("jobs.change_job", "/jobs/job/<uuid:job_id>/retry/", "jobs_job_retry")
def retry(request: StaffRequest, job: Job) -> HttpResponseBase:
    """Tries the posted failed items again, or all of them; a job that is over goes on as a new one for that."""
    if not may_run_job(request.user, job):
        raise PermissionDenied
    chosen = [number_of(ordinal) for ordinal in request.POST.getlist("ordinal")]
    if None in chosen:
        return HttpResponseBadRequest(_("Unknown item."))
    if "chosen" in request.POST and not chosen:
        raise NothingToDo(_("Choose at least one of what failed."))
    now = actions.retry(job.pk, [each for each in chosen if each is not None] or None, user=request.user)
    messages.success(request, _("What failed is tried again. Everything already finished is kept."))
    return _to_the_job(request, job, now)


def _to_the_job(request: StaffRequest, asked: Job, now: Job) -> HttpResponseBase:
    """Back to where the button was; from the page of a job that went on as another to that one's."""
    page, own = (reverse("admin:jobs_job_change", args=[each.pk]) for each in (asked, now))
    return redirect(own) if request.POST.get("next") == page else back(request, own)


def may_retry(user: User, job: Job) -> bool:
    """Whether a list offers ``user`` to try again what failed of a completed ``job``."""
    return job.is_troubled and user.has_perm("jobs.change_job") and may_run_job(user, job)


def _milestone(view: JobView) -> str:
    """What a screen reader hears: each quarter of the way, and every change of state; not every tick."""
    if view.job.status != "running":
        return f"{_(view.title)}: {in_language(view.headline)}"
    if view.percent < 25:
        return _("{title}: under way.").format(title=_(view.title))
    return _("{title}: at least {percent} percent done.").format(title=_(view.title), percent=view.percent // 25 * 25)


def _eta_words(eta: tuple[int, int] | None) -> str:
    if eta is None:
        return ""
    least, most = (duration(seconds) for seconds in eta)
    words = _("about {most} left") if least == most else _("about {least} to {most} left")
    return words.format(least=least, most=most)


def duration(seconds: int) -> str:
    if seconds < 60:
        return f"{max(seconds, 1)} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
