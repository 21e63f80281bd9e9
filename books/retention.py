"""How long is kept what nothing needs any more: one rule a kind, which the sweep carries out in small steps.

What a result or the ledger still needs stays whatever its age; each rule says what that is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core.checks import Error, register
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _
from django_q.models import OrmQ, Task

from books.intake.order import forget_removed
from books.models import (
    Announcement,
    Arrangement,
    AuditEntry,
    Book,
    DeliveryState,
    GuidelineImport,
    ModelCall,
    Notice,
    Page,
    Reading,
    Session,
    WebhookDelivery,
)
from books.models.model_call import CallOutcome
from jobs import clock
from jobs.models import Cluster, Event, Item, Job
from jobs.states import FINAL, JobStatus
from jobs.sweep import swept

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

logger = logging.getLogger(__name__)

# Rows of a rule that one sweep takes, and how many books it looks at where a rule goes by book: all have their turn.
STEP: Final = 1000
BOOKS_A_SWEEP: Final = 20
Clear = Callable[[QuerySet[Any]], Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """``kind`` is its name in RETENTION_DAYS, ``days`` what holds without that. ``expired`` are the rows older than a
    time that nothing needs; one that goes by book looks at those books alone. ``clear`` deletes them, or empties them.
    """

    kind: str
    days: int
    what: _StrOrPromise
    stays: _StrOrPromise
    model: type[Model]
    expired: Callable[[datetime, Sequence[int]], QuerySet[Any]]
    clear: Clear = lambda rows: rows.delete()

    @property
    def kept_days(self) -> int:
        """0 for ever."""
        return int(settings.RETENTION_DAYS.get(self.kind, self.days))

    def carry_out(self, books: Sequence[int]) -> int:
        """Returns how many rows it took."""
        if not self.kept_days:
            return 0
        expired = self.expired(clock.now() - timedelta(days=self.kept_days), books)
        some = list(expired.order_by("pk").values_list("pk", flat=True)[:STEP])
        if some:
            self.clear(self.model._base_manager.filter(pk__in=some))
        return len(some)


# ---- what nothing needs any more ------------------------------------------------------------------------------------


def _old_jobs(limit: datetime, books: Sequence[int]) -> QuerySet[Job]:
    """Those after which another of their kind came to its end: that one has taken over what they had done."""
    later = Job.objects.filter(
        book=OuterRef("book"), kind=OuterRef("kind"), status=JobStatus.COMPLETED, created_at__gt=OuterRef("created_at")
    )
    old = Job.objects.filter(book__in=books, status__in=FINAL, completed_at__lt=limit)
    return old.filter(Exists(later) | Q(is_exclusive=False))


def _old_answers(limit: datetime, books: Sequence[int]) -> QuerySet[ModelCall]:
    """What was no answer, and what a later job has asked of the same item with another model, prompt or form."""
    later = ModelCall.objects.filter(
        book=OuterRef("book"),
        stage=OuterRef("stage"),
        item=OuterRef("item"),
        outcome=CallOutcome.ANSWERED,
        pk__gt=OuterRef("pk"),
    )
    with_what = ("model", "prompt_version", "schema_version")
    later = later.exclude(job=OuterRef("job")).exclude(**{name: OuterRef(name) for name in with_what})
    useless = ~Q(outcome=CallOutcome.ANSWERED)
    old = ModelCall.objects.filter(book__in=books, created_at__lt=limit).exclude(answer="")
    return old.filter(useless | Q(Exists(later), outcome=CallOutcome.ANSWERED))


def _old_readings(limit: datetime, books: Sequence[int]) -> QuerySet[Reading]:
    """What engines read before the present reading of their page, where no turn of a page can be taken back to it."""
    present = Page.every.filter(reading=OuterRef("pk"))
    turned = Arrangement.objects.filter(book__in=books).exclude(turned={}).values("book")
    old = Reading.objects.filter(page__book__in=books, created_at__lt=limit, chosen_by="")
    return old.exclude(page__book__in=turned).filter(~Exists(present))


def _old_announcements(limit: datetime, _books: Sequence[int]) -> QuerySet[Announcement]:
    newer = Announcement.objects.filter(book_number=OuterRef("book_number"), pk__gt=OuterRef("pk"))
    awaited = WebhookDelivery.objects.filter(announcement=OuterRef("pk"), state=DeliveryState.WAITING)
    return Announcement.objects.filter(Exists(newer), ~Exists(awaited), made_at__lt=limit)


def _old_deliveries(limit: datetime, _books: Sequence[int]) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.exclude(state=DeliveryState.WAITING).filter(tried_at__lt=limit)


def _older(model: type[Model], at: str) -> Callable[[datetime, Sequence[int]], QuerySet[Any]]:
    return lambda limit, _books: model._base_manager.filter(**{f"{at}__lt": limit})


ITEMS = _("What jobs that are over did, item by item, and their events")
LAST_JOBS = _("The last job of its kind that came to its end, and those after it; every job itself with its counts")
RULES: Final = (
    Rule(
        "jobs", 180, ITEMS, LAST_JOBS, Item, lambda limit, books: Item.objects.filter(job__in=_old_jobs(limit, books))
    ),
    Rule(
        "jobs", 180, ITEMS, LAST_JOBS, Event, lambda limit, books: Event.objects.filter(job__in=_old_jobs(limit, books))
    ),
    Rule(
        "answers",
        400,
        _("Texts of a model's answers"),
        _("Answers that the same question would be asked for again; every call itself with its cost"),
        ModelCall,
        _old_answers,
        lambda rows: rows.update(answer=""),
    ),
    Rule(
        "readings",
        400,
        _("Earlier readings of a page"),
        _("The present one; what a person typed"),
        Reading,
        _old_readings,
    ),
    Rule(
        "removed_pages",
        30,
        _("Undoing changes of the order of pages"),
        "",
        Arrangement,
        _older(Arrangement, "made_at"),
    ),
    Rule(
        "removed_pages",
        30,
        _("Removed pages, with their files"),
        _("Scans of which another page is in the book"),
        Page,
        lambda limit, _books: Page.every.filter(removed_at__lt=limit),
        forget_removed,
    ),
    Rule(
        "announcements",
        400,
        _("What was told to readers and webhooks"),
        _("The newest of each book; what is still to be delivered"),
        Announcement,
        _old_announcements,
    ),
    Rule(
        "deliveries",
        180,
        _("How webhooks were delivered"),
        _("What is still to be delivered"),
        WebhookDelivery,
        _old_deliveries,
    ),
    Rule(
        "imports",
        1,
        _("Imports that nobody confirmed"),
        "",
        GuidelineImport,
        _older(GuidelineImport, "sent_at"),
    ),
    Rule("audit", 400, _("Who did what"), "", AuditEntry, _older(AuditEntry, "at")),
    Rule("audit", 400, _("The admin's own log"), "", LogEntry, _older(LogEntry, "action_time")),
    Rule("sessions", 1, _("Sessions that are over"), "", Session, _older(Session, "expire_date")),
    Rule("notices", 30, _("What people were told by mail or Slack"), "", Notice, _older(Notice, "made_at")),
    Rule("queue", 7, _("Messages of the queue that no worker took"), "", OrmQ, _older(OrmQ, "lock")),
    Rule("queue", 7, _("Tasks of the queue that failed"), "", Task, _older(Task, "stopped")),
    Rule(
        "clusters",
        1,
        _("Clusters without a sign of life"),
        "",
        Cluster,
        lambda limit, _books: Cluster.objects.filter(Q(seen_at__lt=limit) | Q(seen_at=None, started_at__lt=limit)),
    ),
)


# ---- carrying them out ----------------------------------------------------------------------------------------------


@receiver(swept)
def tidy(**_: Any) -> dict[str, int]:
    """A step of every rule; what cannot be done now is logged and tried by the next sweep. Returns rows by table."""
    books = list(_books_in_turn())
    taken = {}
    for rule in RULES:
        try:
            taken[rule.model._meta.db_table] = rule.carry_out(books)
        except Exception:
            logger.exception("not tidied", extra={"kind": rule.kind})
    return taken


def _books_in_turn() -> Iterator[int]:
    """Other books each minute, until all had their turn."""
    turns = max(1, -(-Book.objects.count() // BOOKS_A_SWEEP))
    first = int(clock.now().timestamp() // 60) % turns * BOOKS_A_SWEEP
    yield from Book.objects.order_by("pk").values_list("pk", flat=True)[first : first + BOOKS_A_SWEEP]


@register()
def check_kinds(**_: Any) -> list[Error]:
    unknown = sorted(set(settings.RETENTION_DAYS) - {rule.kind for rule in RULES})
    return [Error(f"RETENTION_DAYS names what there is no rule for: {', '.join(unknown)}.")] if unknown else []
