"""The rows that are the truth about background work."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from jobs import clock
from jobs.registry import handlers
from jobs.states import ACTIVE, FINAL, ItemState, JobStatus, Load

__all__ = ["Cluster", "Event", "Item", "Job", "SweepRun", "Tally", "Throttle"]


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
    paused -> pending | cancelled | failed; pending -> cancelled | failed. ``jobs.states.move`` is the only writer of
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
            models.Index(fields=["-created_at"], condition=Q(failed_items__gt=0), name="job_with_failures"),
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


class Item(models.Model):
    """pending -> leased -> done | failed, and back to pending for another attempt.

    ``lease_token`` grows with every claim and every taking away; only the holder of the present token may finish the
    item. ``attempts`` is counted at the claim and given back where the item was not tried to its end. ``crashes``
    counts the workers that died with the item in hand; a suspect met so many that it is worked alone.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="items")
    stage = models.CharField(max_length=40)
    ordinal = models.PositiveIntegerField()
    key = models.CharField(max_length=80, help_text="What the stage's plan calls it; stable from run to run.")
    label = models.CharField(max_length=80, help_text="What a person calls it: a page number, a title.")
    lane = models.CharField(max_length=40, blank=True, help_text="Items of one lane are worked in order.")
    fingerprint = models.CharField(max_length=64, blank=True, help_text="A resumed job keeps it while this is equal.")
    state = models.CharField(max_length=8, choices=ItemState, default=ItemState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    lease_token = models.PositiveBigIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    leased_by = models.CharField(max_length=40, blank=True)
    error_kind = models.CharField(max_length=12, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("job", "ordinal")
        constraints = (
            models.UniqueConstraint(fields=["job", "stage", "key"], name="item_key_once_per_stage"),
            models.UniqueConstraint(fields=["job", "ordinal"], name="item_ordinal_once_per_job"),
            models.CheckConstraint(condition=Q(state__in=ItemState.values), name="item_state_known"),
            models.CheckConstraint(
                condition=(Q(state="leased") & Q(lease_expires_at__isnull=False))
                | (~Q(state="leased") & Q(lease_expires_at__isnull=True)),
                name="item_lease_exactly_when_leased",
            ),
        )
        indexes = (
            models.Index(fields=["job", "stage", "state", "ordinal"], name="item_in_order"),
            # The few leased items among all that were ever done; the condition is what a database can see to hold.
            models.Index(
                fields=["lease_expires_at"], condition=Q(lease_expires_at__isnull=False), name="item_under_lease"
            ),
            models.Index(fields=["job", "ordinal"], condition=~Q(error_code=""), name="item_with_an_error"),
        )

    def __str__(self) -> str:
        return f"{self.stage} {self.label}"


class Event(models.Model):
    """One row per transition: from where, to where, by whom and why. Never changed."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(auto_now_add=True)
    from_status = models.CharField(max_length=12, blank=True)
    to_status = models.CharField(max_length=12)
    actor = models.CharField(max_length=150)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.from_status or 'new'} to {self.to_status} by {self.actor}"


# Under load a cluster may take this many times the patience to come to life.
STARTING_FACTOR = 5


class ClusterQuerySet(models.QuerySet["Cluster"]):
    def with_is_alive(self) -> ClusterQuerySet:
        return self.annotate(is_alive=_is_alive())

    def alive(self) -> ClusterQuerySet:
        return self.filter(_is_alive())


def _is_alive() -> Q:
    patience = timedelta(seconds=settings.CANARY_PATIENCE_SECONDS)
    now = clock.now()
    return Q(seen_at__gt=now - patience) | Q(seen_at=None, started_at__gt=now - STARTING_FACTOR * patience)


class Cluster(models.Model):
    """``seen_at`` is written by work that ran inside the cluster (a canary task or a slice's heartbeat), so that a
    cluster which is alive as a process but takes no work grows old here.

    One rule for whoever counts or lists: alive is what was seen within CANARY_PATIENCE_SECONDS, and what still starts.
    The row of a cluster that was killed with its supervisor stays, silent, until the sweep forgets it.
    """

    pool = models.CharField(max_length=8, choices=Load)
    host = models.CharField(max_length=100)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    objects = ClusterQuerySet.as_manager()

    class Meta:
        ordering = ("pool", "id")

    def __str__(self) -> str:
        return f"{self.pool} cluster on {self.host} ({self.pid})"


class Throttle(models.Model):
    """One row a provider, written by ``jobs.throttle`` alone, under the row's lock.

    No call may begin before ``cool_until``. ``outage_since`` is set from the failure that showed the provider to be
    away until the first answer; meanwhile only one call at a time, the probe, may be made. Calls in flight are not
    counted here: they are the leased items of the provider's stages, so those of a killed worker end with its leases.
    """

    provider = models.CharField(max_length=60, unique=True)
    limit = models.PositiveSmallIntegerField(help_text="Calls that may be in flight.")
    cool_until = models.DateTimeField(null=True, blank=True)
    limited_at = models.DateTimeField(null=True, blank=True, help_text="When the last wave of calls was refused.")
    refusals = models.PositiveIntegerField(default=0, help_text="Rate limits in a row, without an answer between.")
    window = models.JSONField(default=list, blank=True, help_text="The last minute's calls; see jobs.throttle.")
    failures = models.PositiveIntegerField(default=0, help_text="In a row, without an answer between.")
    failed_at = models.DateTimeField(null=True, blank=True)
    outage_since = models.DateTimeField(null=True, blank=True)
    probes = models.PositiveIntegerField(default=0, help_text="Failed ones of the present outage.")
    rate_limits = models.PositiveBigIntegerField(default=0, help_text="Ever.")
    waits = models.PositiveBigIntegerField(default=0, help_text="Calls and slices turned away, ever.")

    class Meta:
        ordering = ("provider",)

    def __str__(self) -> str:
        return f"{self.provider}, {self.limit} calls at a time"


class Tally(models.Model):
    """A number that only grows, whatever rows are deleted."""

    name = models.CharField(max_length=40, primary_key=True)
    count = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}: {self.count}"


class SweepRun(models.Model):
    """The latest pass of the sweep, in the one row with the key 1. ``helped`` counts jobs by what was done for them.

    A pass that began after the last one finished is under way: by this row there is one at a time.
    """

    begun_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(default=0)
    helped = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"swept at {self.finished_at:%Y-%m-%d %H:%M:%S}" if self.finished_at else "not swept yet"
