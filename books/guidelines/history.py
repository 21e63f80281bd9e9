"""The versions of one guideline: who made each, from which model and prompt, and what each changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from books.guidelines.changes import change, present
from books.guidelines.checking import Texts, edited
from books.guidelines.review import OPEN
from books.models import Change, ReviewStatus, Subtopic
from books.sentences import told
from books.stored.guideline import PART_TITLES, Part, numbered, part_text
from books.stored.made_with import MadeWith
from books.stored.pages import PageNumbers, ranges

WordChange = tuple[Literal["same", "removed", "added"], str]
# A word with the space behind it; scripts that leave no space between words go letter by letter.
_WORD = re.compile(r"^\s+|[\u3040-\u30ff\u3400-\u9fff]\s*|[^\s\u3040-\u30ff\u3400-\u9fff]+\s*")


def word_changes(before: str, after: str) -> list[WordChange]:
    """Runs of words in reading order, what was removed ahead of what stands there instead; space alone is no change.

    "same" and "added" put together are exactly ``after``; "same" and "removed" have the words of ``before``.
    """
    old, new = _WORD.findall(before), _WORD.findall(after)
    match = SequenceMatcher(None, [word.strip() for word in old], [word.strip() for word in new], autojunk=False)
    changes: list[WordChange] = []
    for kind, old_from, old_to, new_from, new_to in match.get_opcodes():
        if kind == "equal":
            changes.append(("same", "".join(new[new_from:new_to])))
            continue
        if old_to > old_from:
            changes.append(("removed", "".join(old[old_from:old_to])))
        if new_to > new_from:
            changes.append(("added", "".join(new[new_from:new_to])))
    return changes


# A row from the database or one of its history.
Version = Any
TITLES = {
    "title": gettext_noop("Title"),
    "summary": gettext_noop("Summary"),
    "number": gettext_noop("Number"),
    "storyline": gettext_noop("Storyline"),
    "pages": gettext_noop("Pages"),
    **PART_TITLES,
}


@dataclass(frozen=True, slots=True)
class Step:
    """A version and what it changed; ``made_with`` names model and prompt where this version is what they made."""

    version: Version
    change: Change
    made_with: str
    differences: list[tuple[str, list[WordChange]]]

    @property
    def status(self) -> ReviewStatus:
        return ReviewStatus(self.version.status)


def words_of(version: Version, numbers: PageNumbers) -> dict[str, str]:
    """What a version says, as a person reads it: a line a statement, with its pages."""
    guideline = numbered(version.guideline, numbers)
    facts = {"title": version.title, "summary": version.summary, "pages": ranges(numbers.numbers(version.pages))}
    return facts | {str(part): part_text(guideline, part) for part in Part}


def differences(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, list[WordChange]]]:
    """The names of the fields that differ, each with its words."""
    return [
        (_(TITLES[name]), word_changes(before.get(name, ""), text))
        for name, text in after.items()
        if before.get(name, "") != text
    ]


def steps_of(subtopic_id: int, numbers: PageNumbers, *, most: int) -> list[Step]:
    """The last ``most`` versions, newest first."""
    rows = Subtopic.history.filter(id=subtopic_id).select_related("change__made_by", "change__job")
    versions = list(rows.order_by("-history_id")[: most + 1])
    earlier = [*versions[1:], None]
    return [_step(*pair, numbers) for pair in zip(versions, earlier, strict=True)][:most]


def _step(version: Version, before: Version | None, numbers: PageNumbers) -> Step:
    made_anew = (
        version.made_with.engine and (before is None or before.guideline != version.guideline) and version.change.job_id
    )
    return Step(
        version,
        version.change,
        _made_with(version.made_with) if made_anew else "",
        differences(words_of(before, numbers) if before else {}, words_of(version, numbers)),
    )


def _made_with(made_with: MadeWith) -> str:
    return f"{made_with.model}, prompt {made_with.prompt}" if made_with.model else str(made_with)


def version_seen(subtopic_id: int, revision: int | None) -> Version | None:
    """What the guideline was when its count of versions was ``revision``; None where that is not known."""
    return Subtopic.history.filter(id=subtopic_id, revision=revision).order_by("-history_id").first()


def restore(
    book_id: int, subtopic_id: int, history_id: int, *, user: AbstractBaseUser | None, revision: int | None
) -> Subtopic:
    """Gives the guideline the words of an earlier version, as a change of its own; its pages and place stay.

    Raises EditedMeanwhile, and DoesNotExist for a version of another guideline.
    """
    with change(book_id, "Restored", user=user) as made:
        row = present(Subtopic.objects.filter(topic__book=book_id), subtopic_id, revision)
        version = Subtopic.history.get(history_id=history_id, id=subtopic_id)
        row.title, row.summary, row.guideline = version.title, version.summary, version.guideline
        row.engine, row.made_with, row.provenance = version.engine, version.made_with, version.provenance
        edited(row, Texts(book_id))
        row.save()
        made.tell(told("Restored “{title}” as of {time}", title=row.title, time=version.history_date))
    return row


def rejected_before(row: Subtopic) -> Any:
    """The version in which somebody rejected what awaits a decision again; None where nobody did or it was undone."""
    decided = Subtopic.history.filter(id=row.pk, change__undone_by=None, change__undoes=None).exclude(status__in=OPEN)
    last = decided.select_related("reviewed_by").order_by("-history_id").first() if row.state.awaits else None
    return last if last and last.status == ReviewStatus.REJECTED else None
