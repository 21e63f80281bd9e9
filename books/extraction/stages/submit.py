"""Drafts are handed over to review."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_noop

from books.extraction.stages.base import GuidelineStage
from books.guidelines.changes import change, save_all
from books.models import ReviewStatus, Subtopic, Topic
from books.sentences import told
from jobs.models import Item, Job
from jobs.registry import PlannedItem


class SubmitStage(GuidelineStage):
    """One item a topic: its drafts become pending review."""

    name = "submit"
    title = gettext_noop("Handing over to review")
    unit = "topic"

    def plan(self, job: Job) -> Sequence[PlannedItem]:
        return [PlannedItem(str(topic.pk), topic.title) for topic in Topic.objects.filter(book=job.book_id)]

    def save(self, item: Item, result: None) -> None:
        with change(item.job.book_id, told("Handed over to review: {title}", title=item.label), job=item.job):
            drafts = Subtopic.objects.filter(topic_id=int(item.key), status=ReviewStatus.DRAFT).exclude(guideline={})
            rows = list(drafts)
            for row in rows:
                row.status = ReviewStatus.PENDING_REVIEW
            save_all(rows, ["status"])
