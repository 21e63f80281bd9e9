"""One piece of background work on one book."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from jobs.constants import ACTIVE, FINAL, JobStatus
from jobs.handlers import handlers


def _is_after(pk: Any, book: Any, kind: Any, created_at: Any) -> Q:
    later = Q(is_exclusive=True, book=book, kind=kind, created_at__gt=created_at)
    return later | Q(resumed_from=pk) | Q(restarted_from=pk)


class JobQuerySet(models.QuerySet["Job"]):
    def after(self, job: Job) -> JobQuerySet:
        """The jobs that took the place of ``job``, newest first: later ones of its kind on its book; where several of
        the kind may be active, only what a person made from it."""
        return self.filter(_is_after(job.pk, job.book_id, job.kind, job.created_at))

    def with_is_last(self) -> JobQuerySet:
        """Adds ``is_last``: no job took the place of this one."""
        after = _is_after(OuterRef("pk"), OuterRef("book"), OuterRef("kind"), OuterRef("created_at"))
        return self.annotate(is_last=~Exists(Job.objects.filter(after)))

    def holding(self) -> JobQuerySet:
        """The active jobs that have their book to themselves, at most one a book."""
        return self.filter(status__in=ACTIVE, is_exclusive=True)


class Job(models.Model):
    """A job is stages of items.

    pending -> running -> completed | failed | cancelled | paused | stale; stale -> pending | failed;
    paused -> pending | cancelled | failed; pending -> cancelled | failed. ``jobs.transitions`` is the only writer of
    ``status``. At most one exclusive job of a book is active. ``error_message`` is set exactly when the job failed.

    Item numbers (``current_item``, ``last_completed_item``) are ordinals that run through all stages of the job;
    ``total_items`` counts what is planned so far and grows when a stage begins.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    book = models.ForeignKey("books.Book", on_delete=models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=40)
    is_exclusive = models.BooleanField(default=True, help_text="Has its book to itself while it is active.")
    status = models.CharField(max_length=12, choices=JobStatus, default=JobStatus.PENDING)
    params = models.JSONField(default=dict, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    resumed_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    restarted_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    retried = models.JSONField(
        null=True, blank=True, help_text="Ordinals of the resumed job's failed items to be tried again; null: all."
    )
    attempt = models.PositiveSmallIntegerField(default=0, help_text="Recoveries since an item was last finished.")
    stage = models.CharField(max_length=40, blank=True)

    total_items = models.PositiveIntegerField(null=True, default=0)
    completed_items = models.PositiveIntegerField(null=True, default=0)
    failed_items = models.PositiveIntegerField(null=True, default=0)
    current_item = models.PositiveIntegerField(null=True, blank=True)
    last_completed_item = models.PositiveIntegerField(null=True, default=0)
    progress_detail = models.JSONField(null=True, default=dict, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField(null=True, blank=True, help_text="When the queue was last asked to run it.")
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    wake_at = models.DateTimeField(
        null=True, blank=True, help_text="When the sweep ends a pause, or a rest, by itself."
    )
    error_message = models.TextField(blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["book"],
                condition=Q(status__in=[str(s) for s in ACTIVE], is_exclusive=True),
                name="one_active_job_per_book",
            ),
            models.CheckConstraint(
                condition=(Q(status="failed") & ~Q(error_message="")) | (~Q(status="failed") & Q(error_message="")),
                name="job_error_exactly_when_failed",
            ),
            models.CheckConstraint(condition=Q(status__in=JobStatus.values), name="job_status_known"),
        )
        indexes = (
            models.Index(fields=["-created_at", "-id"], name="job_newest_first"),
            models.Index(fields=["status", "heartbeat_at"], name="job_status_heartbeat"),
            models.Index(fields=["book", "kind", "-created_at"], name="job_latest_of_kind"),
        )

    def __str__(self) -> str:
        return f"{self.kind} job {str(self.id)[:8]} ({self.outcome.lower()})"

    @property
    def title(self) -> str:
        """Of its kind; the kind itself where that is gone."""
        handler = handlers().get(self.kind)
        return handler.title if handler else self.kind

    @property
    def outcome(self) -> str:
        """The status in words; what is completed but for some items says so."""
        status = self.get_status_display()
        return f"{status}, {self.failed_items} failed" if self.is_troubled else status

    @property
    def is_troubled(self) -> bool:
        """Completed, yet some of its items failed."""
        return self.status == JobStatus.COMPLETED and bool(self.failed_items)

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def is_at_work(self) -> bool:
        """It runs, and does not rest."""
        return self.status == JobStatus.RUNNING and self.wake_at is None

    @property
    def is_final(self) -> bool:
        return self.status in FINAL
