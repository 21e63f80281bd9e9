"""What publishing would do, worked out before anything is written: the preview is the plan that is carried out.

It leaves out what is not finished: not written, or with something of the last jobs still to be put right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from books.errors import StageNotReady
from books.keys import fingerprint
from books.models import Book, PublishedGuideline, PublishedSet, ReviewStatus, Subtopic, Topic
from books.models.page import page_numbers
from books.publishing.published import (
    Facts,
    book_facts,
    differences,
    facts_of,
    figures_on,
    key_of,
    place_of,
    published_facts,
    topic_facts,
)
from books.sentences import Told, joined, told, told_count, whole
from books.stored.guideline import in_doubt
from jobs.models import Item, Job
from jobs.registry import handlers
from jobs.states import ItemState, JobStatus

UNWRITTEN = gettext_lazy("It has no guideline yet: generate the guidelines once more.")
# Older jobs than these are not looked through.
MOST_JOBS = 20


def unfinished(book_id: int) -> dict[int, str]:
    """The ids of the book's subtopics that are not finished, each with the reason as a sentence for a person.

    What failed counts until a later job of its kind has done it. Items that could only have proposed something, since
    a person decided on the row, go by other keys and hold nothing back.
    """
    rows = Subtopic.objects.filter(topic__book=book_id)
    found = dict.fromkeys(rows.filter(guideline={}).values_list("pk", flat=True), str(UNWRITTEN))
    failed = list(_failed(book_id))
    topics = dict(rows.values_list("pk", "topic_id")) if failed else {}
    for item in failed:
        for pk in _meant(item, topics):
            found.setdefault(
                pk, told("{title}: {why} Resume that job.", title=whole(_title(item)), why=whole(item.error_message))
            )
    return found


def _failed(book_id: int) -> Iterator[Item]:
    """What the last jobs failed at and none has done since."""
    settled = Item.objects.filter(job__in=_last_jobs(book_id), stage__in=_stages())
    if not settled.filter(state=ItemState.FAILED).exists():
        return
    seen: set[tuple[str, str]] = set()
    settled = settled.filter(state__in=[ItemState.FAILED, ItemState.DONE]).select_related("job")
    for item in settled.order_by("-job__created_at", "ordinal"):
        if (item.stage, item.key) not in seen and item.state == ItemState.FAILED:
            yield item
        seen.add((item.stage, item.key))


def _stages() -> dict[str, str]:
    """What the keys of their items name, by the names of the stages that say it: a subtopic, a pair of them ("3:7"), or
    a topic with all that is in it."""
    stages = [stage for handler in handlers().values() for stage in handler.stages]
    return {stage.name: about for stage in stages if (about := getattr(stage, "about", ""))}


def _last_jobs(book_id: int) -> list[Job]:
    """Of each kind that makes guidelines the last that came to its end, and those after it."""
    stages = _stages()
    kinds = [kind for kind, handler in handlers().items() if any(each.name in stages for each in handler.stages)]
    chosen: list[Job] = []
    ended: set[str] = set()
    for job in Job.objects.filter(book=book_id, kind__in=kinds).order_by("-created_at")[:MOST_JOBS]:
        if job.kind not in ended:
            chosen.append(job)
        if job.status == JobStatus.COMPLETED:
            ended.add(job.kind)
    return chosen


def _meant(item: Item, topics: dict[int, int]) -> Iterable[int]:
    """Which of the subtopics, given with their topics, the item was about."""
    ids = {int(part) for part in item.key.split(":") if part.isdecimal()}
    if _stages()[item.stage] == "topic":
        return [pk for pk, topic_id in topics.items() if topic_id in ids]
    return [pk for pk in topics if pk in ids]


def _title(item: Item) -> str:
    """A stage that is no more is told by its name."""
    handler = handlers().get(item.job.kind)
    titles = {stage.name: stage.title for stage in handler.stages} if handler else {}
    return titles.get(item.stage, item.stage)


APPROVED = tuple(status for status in ReviewStatus if not status.withheld)


def why_not(subtopic: Subtopic, unfinished: Mapping[int, str]) -> str:
    """The reason, for a person, that ``subtopic`` may not be published; "" where it may."""
    status = ReviewStatus(subtopic.status)
    if subtopic.pk in unfinished:
        return unfinished[subtopic.pk]
    if subtopic.rejection_reason:
        return told("It was rejected: {reason}", reason=subtopic.rejection_reason)
    if status.withheld:
        return str(status.withheld)
    doubtful = len(in_doubt(subtopic.guideline))
    if doubtful:
        return told_count(
            "One statement is in doubt and nobody has checked that yet: check, correct or remove what is marked.",
            "{count} statements are in doubt and nobody has checked that yet: check, correct or remove what is marked.",
            count=doubtful,
        )
    return ""


@dataclass(frozen=True, slots=True)
class Scope:
    """What of a book is to be published: one guideline, one topic, or with neither everything."""

    subtopic: int | None = None
    topic: int | None = None

    @property
    def is_all(self) -> bool:
        return self.subtopic is None and self.topic is None

    def covers(self, subtopic: Subtopic) -> bool:
        return self.is_all or subtopic.pk == self.subtopic or subtopic.topic_id == self.topic


@dataclass(frozen=True, slots=True)
class Entry:
    """One guideline of a plan. ``changed`` names the facts that differ; ``reason`` says why it stays, goes or waits."""

    title: str
    topic: str
    subtopic: int | None = None
    reason: str = ""
    changed: tuple[str, ...] = ()


@dataclass(slots=True)
class Plan:
    """``wanted`` holds the facts of the whole next set by key; the lists say the same to a person.

    ``stays``: goes on as it was published before, though the book has a newer text that may not go out.
    ``left_out``: readers do not get it at all. ``topics`` are the book's in order, ``readers_have`` is the number of
    guidelines in the present set.
    """

    book: Book
    present: int
    topics: list[Topic]
    readers_have: int
    wanted: dict[str, Facts] = field(default_factory=dict)
    new: list[Entry] = field(default_factory=list)
    changed: list[Entry] = field(default_factory=list)
    unchanged: list[Entry] = field(default_factory=list)
    stays: list[Entry] = field(default_factory=list)
    goes: list[Entry] = field(default_factory=list)
    left_out: list[Entry] = field(default_factory=list)

    @property
    def does_something(self) -> bool:
        return bool(self.new or self.changed or self.goes)

    @property
    def sentence(self) -> Told:
        groups = (
            told_count("{count} new", "{count} new", count=len(self.new)),
            told_count("{count} changed", "{count} changed", count=len(self.changed)),
            told_count("{count} removed", "{count} removed", count=len(self.goes)),
        )
        return joined([each for each in groups if each.parts["count"]])

    @property
    def mark(self) -> str:
        """Equal exactly when publishing would do the same as when a person saw the preview."""
        return fingerprint(self.present, self.wanted, self.new, [each.title for each in self.goes])[:32]


def present_version(book_id: int) -> int:
    """The number of the set that readers get; 0 before the first."""
    newest = PublishedSet.objects.filter(book=book_id).aggregate(newest=Max("version"))["newest"]
    return newest or 0


def plan_of(book: Book, scope: Scope | None = None) -> Plan:
    """What publishing ``scope`` of ``book`` would do now; None is all of it."""
    scope = scope or Scope()
    current = {row.key: row for row in PublishedGuideline.objects.filter(book=book).current().in_order()}
    topics = list(Topic.objects.filter(book=book).order_by("sequence"))
    plan = Plan(book, present_version(book.pk), topics, len(current))
    held, numbers, figures = unfinished(book.pk), page_numbers(book.pk), figures_on(book.pages.all())
    rows = Subtopic.objects.filter(topic__book=book).select_related("topic", "reviewed_by").defer("terms")
    for subtopic in rows.order_by("topic__sequence", "sequence"):
        subtopic.topic.book = book
        row = current.pop(key_of(subtopic), None)
        if scope.covers(subtopic):
            _place(plan, subtopic, row, why_not(subtopic, held), partial(facts_of, subtopic, numbers, figures))
        elif row is not None:
            _keep(plan, row, place_of(subtopic))
    _rest(plan, current.values(), scope)
    return plan


def _place(
    plan: Plan, subtopic: Subtopic, row: PublishedGuideline | None, reason: str, facts: Callable[[], Facts]
) -> None:
    entry = Entry(subtopic.title, subtopic.topic.title, subtopic.pk)
    if not reason:
        _take(plan, facts(), row, entry)
    elif row is None:
        plan.left_out.append(_because(entry, reason))
    elif subtopic.status == ReviewStatus.REJECTED:
        plan.goes.append(_because(entry, reason))
    else:
        _keep(plan, row, place_of(subtopic))
        plan.stays.append(_because(entry, reason))


def _take(plan: Plan, facts: Facts, row: PublishedGuideline | None, entry: Entry) -> None:
    plan.wanted[facts["key"]] = facts
    changed = differences(published_facts(row), facts) if row else []
    group = plan.changed if changed else plan.unchanged if row else plan.new
    group.append(Entry(entry.title, entry.topic, entry.subtopic, changed=tuple(changed)))


def _keep(plan: Plan, row: PublishedGuideline, place: Facts) -> None:
    """As it was published, at its present place: all of a set agree on their topic's title and order."""
    plan.wanted[row.key] = published_facts(row) | place


def _rest(plan: Plan, rows: Iterable[PublishedGuideline], scope: Scope) -> None:
    """What was published and is no subtopic of the book any more: it goes with the whole book, or with its topic."""
    topics = {key_of(topic): topic for topic in plan.topics}
    for row in rows:
        topic = topics.get(row.topic_key)
        if scope.is_all or (topic is not None and topic.pk == scope.topic):
            plan.goes.append(Entry(row.title, row.topic_title, reason=_("It is no longer in the book.")))
        else:
            _keep(plan, row, {**(topic_facts(topic) if topic else {}), **book_facts(plan.book)})


def _because(entry: Entry, reason: str) -> Entry:
    return Entry(entry.title, entry.topic, entry.subtopic, reason)


def check_something(plan: Plan) -> None:
    """Raises StageNotReady, saying why, for a plan that would change nothing for readers."""
    if plan.does_something:
        return
    if plan.unchanged or not (plan.left_out or plan.stays):
        raise StageNotReady(_("Readers have all of this already; there is nothing to publish."))
    first = (plan.left_out or plan.stays)[0]
    raise StageNotReady(
        told("Nothing here may be published yet. “{title}”: {reason}", title=first.title, reason=whole(first.reason))
    )
