"""What the engine, which knows no screens, calls its things and says of jobs, in the language of the screen.

Its sentences are whole ones in English; each is shown by the template that it was made from. Those of books are kept
with their parts: ``books.sentences``.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, cast

from django.apps import apps
from django.db.models import Field
from django.utils.translation import gettext_lazy

from books.sentences import ENGLISH_TIME, gettext_noop, told, whole
from jobs.models import Job
from jobs.states import JobStatus

# The first that fits counts. Of a part below, NUMBERS are digits, and SENTENCES are of this list themselves.
ENGINE: Final = (
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
    gettext_noop("{resume} {count} already finished {kept}."),
    gettext_noop("Nothing of this stage is left to do."),
    gettext_noop("Resume from {unit} {label}."),
    gettext_noop("{stage} started."),
    gettext_noop("{stage} of this book is already {status}: wait for it or cancel it."),
    gettext_noop("{stage}: there is nothing to do."),
    gettext_noop(
        "You have {count} jobs under way, as many as one person may have. Wait until one ends, or cancel one."
    ),
    gettext_noop("A newer job of this kind has run since; resume that one."),
    gettext_noop("This job is over. Resume it: only what is not done will run."),
    gettext_noop("There was nothing left to try again."),
    gettext_noop("An unexpected error stopped this; the log has the details."),
    gettext_noop("The worker died."),
    gettext_noop(
        "The worker died {count} times while it had this in hand, {failed} of them while nothing else of this job was "
        "in work; the rest goes on without it."
    ),
    gettext_noop("This took longer than the {seconds} seconds a worker may spend."),
    gettext_noop("{provider} takes no call for another {seconds} s."),
    gettext_noop("{said} Next look at {moment}."),
    gettext_noop("Next look at {moment}."),
    gettext_noop("{stage}: {done} of {total}, {failed} failed. {said}"),
    gettext_noop("{stage}: {done} of {total}, {failed} failed."),
    gettext_noop("{stage}: {done} of {total}. {said}"),
    gettext_noop("{stage}: {done} of {total}."),
)
NUMBERS: Final = {"count", "done", "total", "failed"}
MOMENT: Final = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"
SENTENCES: Final = {"said", "stage", "status", "unit", "resume", "kept"}
PART: Final = re.compile(r"\\{(\w+)\\}")
# What the engine and its stages call things by one word: it is translated where it is shown.
WORDS: Final = (
    *(gettext_noop("limits of memory, time and output"), gettext_noop("a user of its own")),
    gettext_noop("namespaces without network"),
    *(gettext_noop("page"), gettext_noop("book"), gettext_noop("pair"), gettext_noop("topic")),
    *(gettext_noop("window"), gettext_noop("subtopic"), gettext_noop("Processor"), gettext_noop("Network")),
    *(gettext_noop("recovered"), gettext_noop("requeued"), gettext_noop("woken"), gettext_noop("started")),
    *(gettext_noop("Pending"), gettext_noop("Running"), gettext_noop("Stale"), gettext_noop("Completed")),
    *(gettext_noop("is kept"), gettext_noop("are kept")),
    *(
        gettext_noop("rests"),
        gettext_noop("pending"),
        gettext_noop("running"),
        gettext_noop("paused"),
        gettext_noop("stale"),
    ),
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


def told_by_engine(text: str) -> str:
    """``text`` with its template and parts, where the engine says such a thing."""
    for template, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found:
            return told(template, **{name: _part(name, part) for name, part in found.groupdict().items()})
    return text


def _part(name: str, part: str) -> object:
    if name in SENTENCES:
        return whole(told_by_engine(part))
    return datetime.strptime(part, f"{ENGLISH_TIME} UTC").replace(tzinfo=UTC) if name == "moment" else part


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    def part(found: re.Match[str]) -> str:
        kind = "[0-9]+" if found[1] in NUMBERS else MOMENT if found[1] == "moment" else ".+?"
        return f"(?P<{found[1]}>{kind})"

    return [(each, re.compile(PART.sub(part, re.escape(each)), re.DOTALL)) for each in ENGINE]
