"""The list of jobs, and a job's own page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from books.access import of_open_books
from books.admin.drawings import stage_times
from books.admin.guards import StaffRequest, show
from books.admin.jobs import duration, may_retry, panel_context
from books.admin.paging import ReadOnly
from books.keys import fingerprint
from jobs.models import Job
from jobs.registry import handlers
from jobs.views import line_of, with_stage_counts


class KindFilter(admin.SimpleListFilter):
    """By the title that each kind of job has on screens."""

    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        return [(kind, _(handler.title)) for kind, handler in handlers().items()]

    def queryset(self, _request: HttpRequest, jobs: QuerySet[Job]) -> QuerySet[Job]:
        return jobs.filter(kind=self.value()) if self.value() else jobs


@admin.register(Job)
class JobAdmin(ReadOnly, admin.ModelAdmin[Job]):
    when_empty = gettext_lazy(
        "No job yet. Reading starts by itself when pages are uploaded; generating, from the page of a book."
    )
    list_display = ("job", "book", "state", "progress", "requested_by", "created_at", "completed_at")
    list_display_links = None
    list_filter = ("status", KindFilter, "created_at")
    search_fields = ("book__title",)
    search_help_text = gettext_lazy("Book title")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        open_to_them = of_open_books(Job.objects.with_is_last(), cast("User", request.user))
        jobs = with_stage_counts(open_to_them).select_related("book", "requested_by", "resumed_from", "restarted_from")
        return jobs.order_by(*self.get_ordering(request))

    @admin.display(description=gettext_lazy("job"), ordering="kind")
    def job(self, job: Job) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("admin:jobs_job_change", args=[job.pk]), _(job.title))

    @admin.display(description=gettext_lazy("status"), ordering="status")
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
        response = super().changelist_view(request, extra_context)
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
            **shown,
            "title": _(shown["panel"]["view"].title),
            "job": job,
            "events": job.events.all(),
            "bars": stage_times(shown["panel"]["view"], duration),
            "opts": self.opts,
        }
        return show(request, "_job_log" if staff.htmx else "job", context)


def _mark_of(jobs: Iterable[Job]) -> str:
    """Changes whenever something that the list shows has."""
    facts = [(str(job.pk), job.outcome, job.completed_items, job.failed_items, line_of(job)) for job in jobs]
    return fingerprint(facts)[:16]
