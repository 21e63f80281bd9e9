"""Stored sentences in the language of the screen, and what the engine, which knows no screens, calls its things there.

Rows keep their sentences in English, as whole ones: history, versions, what became of jobs. Each is shown by the
template that it was made from; one that fits none is shown as it is.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final, cast

from django.apps import apps
from django.conf import settings
from django.db.models import Field
from django.template import Library
from django.utils.translation import get_language, gettext, gettext_lazy, gettext_noop

from jobs.models import Job
from jobs.states import JobStatus

register = Library()

# The first that fits counts. Of a part below, NUMBERS are digits, and SENTENCES are of this list themselves.
STORED: Final = (
    gettext_noop("Undone: {said}"),
    gettext_noop("Redone: {said}"),
    gettext_noop("Version {version}: {said}"),
    gettext_noop("Put the subtopics of “{title}” in another order"),
    gettext_noop("Put “{title}” in another order of teaching"),
    gettext_noop("Put the topics in another order of teaching"),
    gettext_noop("Put the topics in another order"),
    gettext_noop("Split “{title}” at page {page}: “{other}” begins there"),
    gettext_noop("Merged “{other}” into “{title}”"),
    gettext_noop("Moved “{title}” to place {place} of “{topic}”"),
    gettext_noop("Moved {pages} from “{other}” to “{title}”"),
    gettext_noop("Moved “{title}” to “{topic}”"),
    gettext_noop("Restored “{title}” as of {time}"),
    gettext_noop("Edited “{title}”"),
    gettext_noop("Edited {kind} “{title}”"),
    gettext_noop("Added {kind}"),
    gettext_noop("Changed {kind}"),
    gettext_noop("Deleted {kind}"),
    gettext_noop("Renamed “{title}” to “{other}”"),
    gettext_noop("Renamed {kind} “{title}” to “{other}”"),
    gettext_noop("Took the new text of “{title}”"),
    gettext_noop("Took the new cut in place of “{title}”"),
    gettext_noop("Told the storyline of “{title}”"),
    gettext_noop("Handed over to review: {title}"),
    gettext_noop("Summarised by {engine}: {title}"),
    gettext_noop("Written by {engine}: {title}"),
    gettext_noop("Read a second time by {engine}: {title}"),
    gettext_noop("Imported from {file}"),
    gettext_noop("Cut into topics and subtopics. {notes}"),
    gettext_noop("Cut into topics and subtopics"),
    gettext_noop("Approved {count} guidelines"),
    gettext_noop("{status} of “{title}”: {reason}"),
    gettext_noop("{status} of “{title}”"),
    gettext_noop("{status} “{title}”"),
    gettext_noop("{new} new, {changed} changed, {removed} removed"),
    gettext_noop("{new} new, {changed} changed"),
    gettext_noop("{new} new, {removed} removed"),
    gettext_noop("{changed} changed, {removed} removed"),
    gettext_noop("{new} new"),
    gettext_noop("{changed} changed"),
    gettext_noop("{removed} removed"),
    gettext_noop("Rolled back to version {version}"),
    gettext_noop("All guidelines taken back"),
    gettext_noop("{pages} turned by {degrees} degrees"),
    gettext_noop("{pages} split in two"),
    gettext_noop("{pages} moved to {place}"),
    gettext_noop("{pages} removed"),
    gettext_noop("{pages} inserted"),
    gettext_noop("Landlock {version}"),
    gettext_noop("Resumed by hand."),
    gettext_noop("Paused by hand."),
    gettext_noop("About to be cancelled."),
    gettext_noop("Cancelled by hand."),
    gettext_noop("The pause is over."),
    gettext_noop("Set going again, for the {count}. time."),
    gettext_noop("No sign of its workers since {time}."),
    gettext_noop("{provider} asks us to wait. Next try at {time}."),
    gettext_noop("{provider} does not answer ({count} calls in a row). Next try at {time}."),
    gettext_noop(
        "Its workers were lost {count} times in a row before anything was finished, the last at {since}: killed, cut "
        "off from the database, or out of memory. Next try at {time}."
    ),
    gettext_noop("Completed."),
    gettext_noop("Completed, {failed} failed."),
    gettext_noop("{status}, {failed} failed"),
    gettext_noop("Cancelled; {done} of {total} were finished and are kept."),
    gettext_noop("{status}: waiting for a worker."),
    gettext_noop(
        "{stage}: {failed} of {total} failed, first {first} ({said}). Everything finished is kept. {resume}",
    ),
    gettext_noop("Resume from {unit} {label}."),
    gettext_noop("{stage}: {done} of {total}, {failed} failed. {said}"),
    gettext_noop("{stage}: {done} of {total}, {failed} failed."),
    gettext_noop("{stage}: {done} of {total}. {said}"),
    gettext_noop("{stage}: {done} of {total}."),
    gettext_noop("Page {page}"),
    gettext_noop("Pages {numbers}"),
)
NUMBERS: Final = {
    "count",
    "done",
    "total",
    "failed",
    "version",
    "place",
    "page",
    "degrees",
    "new",
    "changed",
    "removed",
}
SENTENCES: Final = {"said", "stage", "status", "unit", "pages", "kind", "resume"}
PART: Final = re.compile(r"\\{(\w+)\\}")
# What the engine and its stages call things by one word: it is translated where it is shown.
WORDS: Final = (
    *(gettext_noop("limits of memory, time and output"), gettext_noop("a user of its own")),
    gettext_noop("namespaces without network"),
    *(gettext_noop("page"), gettext_noop("book"), gettext_noop("pair"), gettext_noop("topic")),
    *(gettext_noop("window"), gettext_noop("subtopic"), gettext_noop("Processor"), gettext_noop("Network")),
    *(gettext_noop("recovered"), gettext_noop("requeued"), gettext_noop("woken"), gettext_noop("started")),
    *(gettext_noop("Pending"), gettext_noop("Running"), gettext_noop("Stale"), gettext_noop("Completed")),
    *(gettext_noop("Cancelled"), gettext_noop("Worker lost, recovering"), gettext_noop("Paused")),
)
FIELDS: Final = {
    "status": gettext_lazy("status"),
    "kind": gettext_lazy("kind"),
    "book": gettext_lazy("book"),
    "requested_by": gettext_lazy("requested by"),
    "created_at": gettext_lazy("created at"),
    "completed_at": gettext_lazy("completed at"),
}


def name_engine() -> None:
    """Names of the engine's rows on screens; that none of its migrations knows them is as it should be."""
    apps.get_app_config("jobs").verbose_name = gettext_lazy("Jobs")
    Job._meta.verbose_name, Job._meta.verbose_name_plural = gettext_lazy("job"), gettext_lazy("jobs")
    for name, title in FIELDS.items():
        cast("Field[Any, Any]", Job._meta.get_field(name)).verbose_name = title
    status = cast("Field[Any, Any]", Job._meta.get_field("status"))
    status.choices = [(value, gettext_lazy(label)) for value, label in JobStatus.choices]


@register.filter
def as_said(sentence: object) -> str:
    """A stored sentence, or a word of WORDS, in the language of the screen."""
    text = str(sentence)
    if not text or get_language() == settings.LANGUAGE_CODE:
        return text
    whole = gettext(text)
    if whole != text:
        return whole
    for template, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found:
            parts = {name: as_said(part) if name in SENTENCES else part for name, part in found.groupdict().items()}
            return gettext(template).format(**parts)
    return text


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    def part(found: re.Match[str]) -> str:
        kind = "[0-9]+" if found[1] in NUMBERS else ".+?"
        return f"(?P<{found[1]}>{kind})"

    return [(each, re.compile(PART.sub(part, re.escape(each)), re.DOTALL)) for each in STORED]
