"""What publishing would do, worked out before anything is written: the preview is the plan that is carried out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from books.errors import StageNotReady
from books.guidelines.selectors import unfinished
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
from books.stored.guideline import in_doubt

APPROVED = tuple(status for status in ReviewStatus if not status.withheld)


def why_not(subtopic: Subtopic, unfinished: Mapping[int, str]) -> str:
    """The reason, for a person, that ``subtopic`` may not be published; "" where it may.

    ``unfinished`` is that of ``books.guidelines.selectors``.
    """
    status = ReviewStatus(subtopic.status)
    if subtopic.pk in unfinished:
        return unfinished[subtopic.pk]
    if subtopic.rejection_reason:
        return _("It was rejected: {reason}").format(reason=subtopic.rejection_reason)
    if status.withheld:
        return str(status.withheld)
    doubtful = len(in_doubt(subtopic.guideline))
    if doubtful:
        return ngettext(
            "One statement is in doubt and nobody has checked that yet: check, correct or remove what is marked.",
            "{count} statements are in doubt and nobody has checked that yet: check, correct or remove what is marked.",
            doubtful,
        ).format(count=doubtful)
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
    ``left_out``: readers do not get it at all.
    """

    book: Book
    present: int
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
    def sentence(self) -> str:
        new, changed, removed = len(self.new), len(self.changed), len(self.goes)
        groups = (
            (new, ngettext("{count} new", "{count} new", new)),
            (changed, ngettext("{count} changed", "{count} changed", changed)),
            (removed, ngettext("{count} removed", "{count} removed", removed)),
        )
        return ", ".join(words.format(count=count) for count, words in groups if count)

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
    plan = Plan(book, present_version(book.pk))
    current = {row.key: row for row in PublishedGuideline.objects.filter(book=book).current().in_order()}
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
    topics = {key_of(topic): topic for topic in Topic.objects.filter(book=plan.book)}
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
        _("Nothing here may be published yet. “{title}”: {reason}").format(title=first.title, reason=first.reason)
    )
