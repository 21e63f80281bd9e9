"""Which guidelines are finished: written, and with nothing of the last jobs still to be put right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from books.models import Subtopic
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
                pk, _("{title}: {why} Resume that job.").format(title=_title(item), why=item.error_message)
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
    return _(titles.get(item.stage, item.stage))
