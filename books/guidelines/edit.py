"""A person's own words: titles, summaries, statements with their pages, and what becomes of one in doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NotRequired, TypedDict

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from books.errors import EditedMeanwhile, EditRefused
from books.guidelines.changes import RENAMED, change, present
from books.guidelines.checking import Texts, edited
from books.models import Subtopic, Topic
from books.models.page import page_numbers
from books.sentences import told
from books.stored.guideline import (
    PART_TITLES,
    PARTS,
    Checked,
    Guideline,
    Part,
    Statement,
    as_written,
    each_statement,
    parts_of,
    statements,
)
from books.stored.pages import PageId, PageNumbers
from jobs import clock

LONGEST_REASON = 500
GONE = gettext_lazy("This statement is another by now; nothing was changed.")


SETTLED = gettext_noop("{status} of “{title}”")
SETTLED_BECAUSE = gettext_noop("{status} of “{title}”: {reason}")


class Settlement(TextChoices):
    """``label`` is what the history calls it, which is kept in English."""

    CHECK = "check", gettext_noop("Checked a statement")
    REMOVE = "remove", gettext_noop("Removed a statement")
    CORRECT = "correct", gettext_noop("Took the correction of a statement")


def settle(
    book_id: int,
    subtopic_id: int,
    name: str,
    settlement: Settlement,
    *,
    user: AbstractBaseUser,
    revision: int | None,
    reason: str = "",
) -> Subtopic:
    """Of the statement at ``name``, such as "concepts.0". One that was checked is no edit: it takes no decision back.

    Raises EditRefused where there is nothing such to settle, or EditedMeanwhile.
    """
    with change(book_id, settlement.label, user=user) as made:
        row = present(Subtopic.objects.filter(topic__book=book_id), subtopic_id, revision)
        part, at, statement = _find(row.guideline, name)
        if settlement == Settlement.CHECK:
            seen = Checked(user.get_username(), clock.now(), " ".join(reason.split())[:LONGEST_REASON])
            row.guideline = _changed(row.guideline, part, at, lambda each: replace(each, checked=seen))
            row.is_edited = True
        else:
            new = None if settlement == Settlement.REMOVE else _corrected(statement)
            row.guideline = _changed(row.guideline, part, at, lambda _: new)
            edited(row, Texts(book_id))
        row.save()
        because = reason.strip()[:80]
        facts = {"status": told(settlement.label), "title": row.title, "reason": because}
        made.tell(told(SETTLED_BECAUSE if because else SETTLED, **facts))
    return row


def _find(guideline: Guideline, name: str) -> tuple[Part, int, Statement[PageId]]:
    part, _, at = name.partition(".")
    there = guideline.get(Part(part), ()) if part in set(Part) else ()
    if not at.isdecimal() or int(at) >= len(there):
        raise EditedMeanwhile(str(GONE))
    return Part(part), int(at), there[int(at)]


def _corrected(statement: Statement[PageId]) -> Statement[PageId]:
    offered = next((each.instead for each in statement.findings if each.instead), "")
    if not offered:
        raise EditRefused(_("No correction is offered for this statement."), {})
    return replace(statement, text=offered, findings=(), checked=None)


def _changed(
    guideline: Guideline, part: Part, at: int, change_of: Callable[[Statement[PageId]], Statement[PageId] | None]
) -> Guideline:
    new = (change_of(each) if place == at else each for place, each in enumerate(guideline[part]))
    return {**guideline, part: tuple(each for each in new if each is not None)}


LONGEST_TITLE = 200
LONGEST_STATEMENT = 2_000
PAGES_MOVED = gettext_lazy(
    "Pages of the book were moved while you had it open, so a number may be another page now. Nothing was saved: "
    "check the pages of what you wrote."
)


class StatementInput(TypedDict):
    """A statement as a person writes it; ``pages`` are scan numbers from 1. ``checked``: it stands all the same."""

    text: str
    pages: list[int]
    checked: NotRequired[bool]


def edit_subtopic(
    book_id: int,
    subtopic_id: int,
    *,
    user: AbstractBaseUser | None,
    revision: int | None,
    title: str | None = None,
    summary: str | None = None,
    guideline: Mapping[str, Sequence[StatementInput]] | None = None,
    order: str = "",
) -> Subtopic:
    """What is None stays; so do the parts that ``guideline`` does not name. Statements without text are left out.
    ``order`` is ``PageNumbers.mark`` as the person saw it.

    Raises EditRefused with a problem a field ("title", "concepts.0", ...), or EditedMeanwhile.
    """
    with change(book_id, "Edited", user=user) as made:
        row = present(Subtopic.objects.filter(topic__book=book_id), subtopic_id, revision)
        before = (row.title, row.summary, row.guideline)
        numbers = page_numbers(book_id)
        if order and guideline and order != numbers.mark:
            raise EditedMeanwhile(str(PAGES_MOVED))
        row.title = row.title if title is None else _one_line(title)
        row.summary = row.summary if summary is None else summary.strip()
        _raise_for([*_problems_of_title(row.title), *_problems_of(guideline or {}, numbers.all())])
        if guideline:
            seen = Checked(user.get_username() if user else "", clock.now())
            row.guideline = _with(row.guideline, guideline, numbers, seen)
        is_same = (row.title, _words(row.guideline)) == (before[0], _words(before[2]))
        if not is_same or row.summary != before[1]:
            edited(row, None if is_same else Texts(book_id))
            made.tell(_renamed(before[0], row.title))
        elif row.guideline != before[2]:
            made.tell(told(SETTLED, status=told(Settlement.CHECK.label), title=row.title))
        if (row.title, row.summary, row.guideline) != before:
            row.is_edited = True
            row.save()
    return row


def _words(guideline: Guideline) -> Guideline:
    """What is left where nobody checked anything: that alone is no edit and takes no decision back."""
    return each_statement(guideline, lambda each: replace(each, checked=None))


def edit_topic(
    book_id: int,
    topic_id: int,
    *,
    user: AbstractBaseUser | None,
    revision: int | None,
    title: str | None = None,
    summary: str | None = None,
    storyline: str | None = None,
) -> Topic:
    """As ``edit_subtopic``. What readers see of a topic goes out with its subtopics, so no decision is taken back."""
    with change(book_id, "Edited", user=user) as made:
        row = present(Topic.objects.filter(book=book_id), topic_id, revision)
        before = (row.title, row.summary, row.storyline)
        row.title = row.title if title is None else _one_line(title)
        row.summary = row.summary if summary is None else summary.strip()
        row.storyline = row.storyline if storyline is None else storyline.strip()
        _raise_for(list(_problems_of_title(row.title)))
        if (row.title, row.summary, row.storyline) != before:
            row.is_edited = True
            row.save()
            made.tell(_renamed_topic(before[0], row.title))
    return row


def _renamed(before: str, now: str) -> str:
    return told("Edited “{title}”", title=now) if before == now else told(RENAMED, title=before, other=now)


def _renamed_topic(before: str, now: str) -> str:
    if before == now:
        return told("Edited topic “{title}”", title=now)
    return told("Renamed topic “{title}” to “{other}”", title=before, other=now)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _with(
    present: Guideline, said: Mapping[str, Sequence[StatementInput]], numbers: PageNumbers, seen: Checked
) -> Guideline:
    """No empty statement, each page once and in order; one with findings may be ``seen``."""
    everything = tuple(each for _, each in statements(present))

    def one(each: StatementInput, known: tuple[Statement[PageId], ...]) -> Statement[PageId]:
        statement = as_written(_one_line(each["text"]), each["pages"], known, numbers)
        is_seen = each.get("checked") and statement.findings and not statement.checked
        return replace(statement, checked=seen) if is_seen else statement

    def written(part: Part) -> tuple[Statement[PageId], ...]:
        there = present.get(part, ())
        if part not in said:
            return there
        kept = [each for each in said[part] if each["text"].strip()]
        return tuple(one(each, (*there, *everything)) for each in kept)

    return parts_of({part: written(part) for part in Part})


def _raise_for(problems: Sequence[tuple[str, str]]) -> None:
    if problems:
        raise EditRefused(_("Nothing was saved. {why}").format(why=problems[0][1]), dict(problems))


def _problems_of_title(title: str) -> Iterator[tuple[str, str]]:
    if not title:
        yield "title", _("It needs a title.")
    elif len(title) > LONGEST_TITLE:
        yield (
            "title",
            _("A title has at most {most} characters; this one has {count}.").format(
                most=LONGEST_TITLE, count=len(title)
            ),
        )


def _problems_of(guideline: Mapping[str, Sequence[StatementInput]], numbers: set[int]) -> Iterator[tuple[str, str]]:
    for part, written in guideline.items():
        if part not in PARTS:
            yield (
                part,
                _("A guideline has no part “{part}”; its parts are {parts}.").format(part=part, parts=", ".join(PARTS)),
            )
            continue
        for at, each in enumerate(written):
            problem = _problem_with(each, numbers) if each["text"].strip() else ""
            if problem:
                yield (
                    f"{part}.{at}",
                    _("{part}, statement {at}: {problem}").format(
                        part=_(PART_TITLES[part]), at=at + 1, problem=problem
                    ),
                )


def _problem_with(statement: StatementInput, numbers: set[int]) -> str:
    strange = sorted(set(statement["pages"]) - numbers)
    if len(statement["text"]) > LONGEST_STATEMENT:
        return _("a statement has at most {most} characters.").format(most=LONGEST_STATEMENT)
    if strange:
        return _("the book has no page {page}.").format(page=strange[0])
    return "" if statement["pages"] else _("name the pages that support it.")
