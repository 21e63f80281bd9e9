"""Jobs in the admin: a list, a page, and the live panel with its actions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.http.response import HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_htmx.http import trigger_client_event

from books.access import of_open_books
from books.admin import system
from books.admin.drawings import stage_times
from books.admin.generating import confirm_restart
from books.admin.guards import Button, StaffRequest, action, back, route, screen
from books.admin.paging import LookAhead
from books.keys import fingerprint
from books.models.book import books_with_words
from books.numbers import number_of
from books.ocr.job import OCR, OCR_ELSEWHERE
from books.ocr.start import may_run_job
from jobs import actions
from jobs.errors import NothingToDo
from jobs.models import Job
from jobs.views import ItemError, JobView, job_view, line_of, with_stage_counts

# Generic in the stubs alone.
if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Job]
else:
    ModelAdmin = admin.ModelAdmin


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
    """An item in trouble; ``can_retry`` by its own button."""

    item: ItemError
    can_retry: bool

    @property
    def button_id(self) -> str:
        return f"retry-{self.item.ordinal}"


def routes() -> list[URLPattern]:
    return [
        route("<uuid:job_id>/panel/", panel, "jobs_job_panel"),
        route("<uuid:job_id>/retry/", retry, "jobs_job_retry"),
        route("<uuid:job_id>/do/<str:name>/", act, "jobs_job_act"),
    ]


def panel_context(request: StaffRequest, job: Job) -> dict[str, Any]:
    """What ``_job.html`` shows, under the one name that it uses."""
    view = job_view(job)
    may_change = request.user.has_perm("jobs.change_job")
    may_run = may_change and may_run_job(request.user, job)
    errors = [Trouble(error, may_run and view.may_retry(error)) for error in view.errors]
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


@screen("jobs.view_job")
def panel(request: StaffRequest, job_id: UUID) -> HttpResponseBase:
    """204 and one query while nothing moved; else the fragment, with events that refresh what depends on it."""
    job = get_object_or_404(Job, pk=job_id)
    mark = request.GET.get("mark", "")
    if mark == row_mark(job):
        return HttpResponse(status=204)
    response = render(request, "bookpipeline/_job.html", panel_context(request, job))
    if not job.is_active:
        trigger_client_event(response, "job-over", after="swap")
    else:
        trigger_client_event(response, "job-moved", after="swap")
        if mark.rpartition("-")[2] != _log_mark(job):
            trigger_client_event(response, "log-moved", after="swap")
        if job.kind in {OCR.kind, OCR_ELSEWHERE.kind}:
            trigger_client_event(response, "pages-moved", after="swap")
    return response


@action("jobs.change_job")
def act(request: StaffRequest, job_id: UUID, name: str) -> HttpResponseBase:
    if name not in ACTIONS:
        return HttpResponseBadRequest(_("Unknown action."))
    known = get_object_or_404(Job, pk=job_id)
    if name in SPENDING and not may_run_job(request.user, known):
        raise PermissionDenied
    if name == "restart" and "sure" not in request.POST:
        return confirm_restart(request, known, request.path)
    job = ACTIONS[name](job_id, user=request.user)
    was_done_before = name in SPENDING and job.is_final
    messages.success(request, _("That was done already, by this job.") if was_done_before else SENTENCES[name])
    return _to_the_job(request, job_id, job)


@action("jobs.change_job")
def retry(request: StaffRequest, job_id: UUID) -> HttpResponseBase:
    """Tries the posted failed items again, or all of them; a job that is over goes on as a new one for that."""
    job = get_object_or_404(Job, pk=job_id)
    if not may_run_job(request.user, job):
        raise PermissionDenied
    chosen = [number_of(ordinal) for ordinal in request.POST.getlist("ordinal")]
    if None in chosen:
        return HttpResponseBadRequest(_("Unknown item."))
    if "chosen" in request.POST and not chosen:
        raise NothingToDo(_("Choose at least one of what failed."))
    job = actions.retry(job_id, [each for each in chosen if each is not None] or None, user=request.user)
    messages.success(request, _("What failed is tried again. Everything already finished is kept."))
    return _to_the_job(request, job_id, job)


def _to_the_job(request: StaffRequest, asked: UUID, job: Job) -> HttpResponseBase:
    """Back to where the button was; from the page of a job that went on as another to that one's."""
    page, own = (reverse("admin:jobs_job_change", args=[each]) for each in (asked, job.pk))
    return redirect(own) if request.POST.get("next") == page else back(request, own)


def may_retry(user: User, job: Job) -> bool:
    """Whether a list offers ``user`` to try again what failed of a completed ``job``."""
    return job.is_troubled and user.has_perm("jobs.change_job") and may_run_job(user, job)


def _milestone(view: JobView) -> str:
    """What a screen reader hears: each quarter of the way, and every change of state; not every tick."""
    if view.job.status != "running":
        return f"{_(view.title)}: {view.headline}"
    if view.percent < 25:
        return _("{title}: under way.").format(title=_(view.title))
    return _("{title}: at least {percent} percent done.").format(title=_(view.title), percent=view.percent // 25 * 25)


def _eta_words(eta: tuple[int, int] | None) -> str:
    if eta is None:
        return ""
    least, most = (_duration(seconds) for seconds in eta)
    words = _("about {most} left") if least == most else _("about {least} to {most} left")
    return words.format(least=least, most=most)


def _duration(seconds: int) -> str:
    if seconds < 60:
        return f"{max(seconds, 1)} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


@admin.register(Job)
class JobAdmin(LookAhead, ModelAdmin):
    when_empty = gettext_lazy(
        "No job yet. Reading starts by itself when pages are uploaded; generating, from the page of a book."
    )
    list_display = ("job", "book", "state", "progress", "requested_by", "created_at", "completed_at")
    list_display_links = None
    list_filter = ("status", "kind", "created_at")
    search_fields = ("book__title",)
    search_help_text = gettext_lazy("Book title")

    def get_search_results(
        self, _request: HttpRequest, jobs: QuerySet[Job], search_term: str
    ) -> tuple[QuerySet[Job], bool]:
        return (jobs.filter(book__in=books_with_words(search_term)) if search_term else jobs), False

    def get_urls(self) -> list[URLPattern]:
        return [*routes(), *system.routes(), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        open_to_them = of_open_books(Job.objects.with_is_last(), cast("User", request.user))
        jobs = with_stage_counts(open_to_them).select_related("book", "requested_by", "resumed_from", "restarted_from")
        return jobs.order_by(*self.get_ordering(request))

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Job | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Job | None = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("job"), ordering="kind")
    def job(self, job: Job) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("admin:jobs_job_change", args=[job.pk]), _(job.title))

    @admin.display(description=gettext_lazy("state"), ordering="status")
    def state(self, job: Job) -> SafeString:
        """The status, and where some of a completed job's items failed, the button that tries them again."""
        return render_to_string("bookpipeline/_list_outcome.html", {"job": job})

    @admin.display(description=gettext_lazy("progress"))
    def progress(self, job: Job) -> str:
        if job.is_active:
            return render_to_string("bookpipeline/_job_line.html", {"line": line_of(job)})
        done = {"done": job.completed_items or 0, "total": job.total_items or 0, "failed": job.failed_items}
        if job.failed_items and not job.is_troubled:
            return _("{done} of {total}, {failed} failed").format(**done)
        return _("{done} of {total}").format(**done)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """While any of its jobs is active the list asks for itself, and gets 204 where nothing moved."""
        response = super().changelist_view(request, {"title": _("Jobs"), **(extra_context or {})})
        if isinstance(response, TemplateResponse) and response.context_data and "cl" in response.context_data:
            staff, jobs = cast("StaffRequest", request), list(response.context_data["cl"].result_list)
            mark = _mark_of(jobs)
            if staff.htmx and request.headers.get("X-Mark") == mark:
                return HttpResponse(status=204)
            for job in jobs:
                job.may_retry = job.is_last and may_retry(staff.user, job)
            response.context_data |= {"mark": mark, "is_moving": any(job.is_active for job in jobs)}
        return response

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The job's page; for HTMX, while it moves, its log alone."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        staff = cast("StaffRequest", request)
        job = self.get_object(request, unquote(object_id))
        if job is None:
            raise Http404(_("There is no such job."))
        shown = panel_context(staff, job)
        context = {
            **self.admin_site.each_context(request),
            **shown,
            "title": _(shown["panel"]["view"].title),
            "job": job,
            "events": job.events.all(),
            "bars": stage_times(shown["panel"]["view"], _duration),
            "opts": self.opts,
        }
        return render(request, f"bookpipeline/{'_job_log' if staff.htmx else 'job'}.html", context)


def _mark_of(jobs: Iterable[Job]) -> str:
    """Changes whenever something that the list shows has."""
    facts = [(str(job.pk), job.outcome, job.completed_items, job.failed_items, line_of(job)) for job in jobs]
    return fingerprint(facts)[:16]
