"""Jobs as JSON: the latest of a book, one by id, cancel, try again what failed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status

from books.api.base import JOBS, READ, Number, document, require
from books.ocr.start import may_run_job
from jobs.actions import cancel, retry
from jobs.models import Item, Job
from jobs.progress import detail_of
from jobs.states import OPEN_ITEMS
from jobs.views import JobView, job_view

router = Router(tags=["jobs"])
# What is not known of a job that was never planned is 0.
COUNTS = ("total_items", "completed_items", "failed_items", "last_completed_item")
STAGE = ("name", "state", "total", "done", "failed", "started_at", "finished_at")


class JobOut(Schema):
    """``outcome`` is the status in words, such as "Completed, 2 failed"; ``actions`` are what may be asked for now."""

    id: UUID
    book_id: int
    kind: str
    status: str
    outcome: str
    headline: str
    actions: list[str]
    stage: str
    total_items: int
    completed_items: int
    failed_items: int
    current_item: int | None
    last_completed_item: int
    percent: int
    eta_seconds: int | None
    progress_detail: dict[str, object]
    heartbeat_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    wake_at: datetime | None
    error_message: str


class RetryIn(Schema):
    """The items that failed, by their number in the job; null for all."""

    items: list[Number] | None = None


class StartedOut(Schema):
    """``start_item`` is the ordinal of the first item that will be worked."""

    job_id: UUID
    status: str
    total_items: int
    start_item: int


def job_document(job: Job) -> JobOut:
    view = job_view(job)
    return document(
        JobOut,
        job,
        headline=view.headline,
        actions=list(view.buttons),
        percent=view.percent,
        eta_seconds=view.eta_seconds[1] if view.eta_seconds else None,
        progress_detail=detail_of(job) | {"stats": _stats(view)},
        **{name: getattr(job, name) or 0 for name in COUNTS},
    )


def _stats(view: JobView) -> dict[str, object]:
    """Pace and stages; ``eta_seconds`` is [least, most]."""
    stages = [{name: getattr(stage, name) for name in STAGE} for stage in view.stages]
    return {"items_per_minute": view.items_per_minute, "eta_seconds": view.eta_seconds, "stages": stages}


def started_document(job: Job) -> StartedOut:
    first = Item.objects.filter(job=job, state__in=OPEN_ITEMS).order_by("ordinal").first()
    start = first.ordinal if first else (job.total_items or 0) + 1
    return StartedOut(job_id=job.pk, status=job.status, total_items=job.total_items or 0, start_item=start)


@router.get("/books/{int:book_id}/jobs/latest", auth=READ, response=JobOut)
def latest_job(request: HttpRequest, book_id: int, kind: str | None = None) -> JobOut:
    """Of ``kind``, or of all kinds that have the book to themselves."""
    require(request, "jobs.view_job")
    found = Job.objects.filter(book=book_id)
    newest = found.filter(**({"kind": kind} if kind else {"is_exclusive": True})).values_list("pk", flat=True)[:1]
    return job_document(get_object_or_404(Job, pk__in=list(newest)))


@router.get("/books/{int:book_id}/jobs/{uuid:job_id}", auth=READ, response=JobOut)
def one_job(request: HttpRequest, book_id: int, job_id: UUID) -> JobOut:
    require(request, "jobs.view_job")
    return job_document(get_object_or_404(Job, pk=job_id, book=book_id))


@router.post("/jobs/{uuid:job_id}/cancel", auth=JOBS, response=JobOut)
def cancel_job(request: HttpRequest, job_id: UUID) -> JobOut:
    user = require(request, "jobs.change_job")
    get_object_or_404(Job, pk=job_id)
    return job_document(cancel(job_id, user=user))


@router.post("/jobs/{uuid:job_id}/retry", auth=JOBS, response={202: StartedOut})
def retry_job(request: HttpRequest, job_id: UUID, wanted: RetryIn | None = None) -> Status[StartedOut]:
    """Tries failed items again. Those of a job that is over are tried by a new one, which is the one in the answer."""
    user = require(request, "jobs.change_job")
    if not may_run_job(user, get_object_or_404(Job, pk=job_id)):
        require(request, "books.ask_model")
    return Status(202, started_document(retry(job_id, wanted.items if wanted else None, user=user)))
