"""Editing a guideline or a topic: a form that keeps what a person typed, whatever went wrong or whoever was faster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from itertools import zip_longest
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from books.admin.citations import cited_page
from books.admin.guards import StaffRequest, action, screen, seen_revision, show
from books.admin.guidelines import review_context
from books.errors import EditedMeanwhile, EditRefused
from books.guidelines.edit import PAGES_MOVED, StatementInput, edit_subtopic, edit_topic
from books.guidelines.history import WordChange, differences, version_seen, words_of
from books.models import Book, Subtopic, Topic
from books.models.page import page_numbers
from books.stored.guideline import PART_TITLES, PARTS, Part, Statement, numbered, statements
from books.stored.pages import PageNumbers, numbers_in, ranges
from books.wording import in_language

NOT_PAGES = gettext_lazy("Write pages as 4 or 3-5, 8.")


@dataclass(frozen=True, slots=True)
class Line:
    """A statement in the form: its pages as typed, and what is wrong with that. ``name`` is where the statement stands
    that it was, as ``stored``; ``checked``: the person lets that stand, whatever was found."""

    text: str
    pages: str
    problem: str = field(default="", compare=False)
    name: str = field(default="", compare=False)
    checked: bool = field(default=False, compare=False)
    stored: Statement[int] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form holds, which may be nothing that could be saved."""

    title: str
    summary: str
    parts: Mapping[str, list[Line]]

    @property
    def shown_parts(self) -> list[tuple[str, str, list[Line]]]:
        """With an empty line at the end of each, for one more statement."""
        return [(part, _(title), [*self.parts[part], Line("", "")]) for part, title in PART_TITLES.items()]

    @property
    def is_doubtful(self) -> bool:
        return any(line.stored and line.stored.is_in_doubt for lines in self.parts.values() for line in lines)


@dataclass(frozen=True, slots=True)
class Rival:
    """Who changed the guideline meanwhile, what they changed, and the parts that both changed: the person's own are
    in the form."""

    sentence: str
    theirs: list[tuple[str, list[WordChange]]]
    both: list[str]


@screen("books.change_subtopic", "guidelines/<int:subtopic_id>/edit/", "books_book_guideline_edit")
def edit(request: StaffRequest, book: Book, subtopic: Subtopic) -> HttpResponseBase:
    return _form(request, subtopic, _draft_of(subtopic, page_numbers(book.pk)), subtopic.revision)


@action("books.change_subtopic", "guidelines/<int:subtopic_id>/save/", "books_book_guideline_save")
def save(request: StaffRequest, book: Book, subtopic: Subtopic) -> HttpResponseBase:
    draft, revision = _posted(request), seen_revision(request)
    parts, problems = _statements(draft)
    if problems:
        messages.error(request, _("Nothing was saved. {why}").format(why=NOT_PAGES))
        return _form(request, subtopic, _with_problems(draft, problems), revision, status=422)
    try:
        edit_subtopic(
            book.pk,
            subtopic.pk,
            user=request.user,
            revision=revision,
            title=draft.title,
            summary=draft.summary,
            guideline=parts,
            order=request.POST.get("order", ""),
        )
    except EditRefused as refusal:
        messages.error(request, in_language(refusal.message))
        return _form(request, subtopic, _with_problems(draft, refusal.problems), revision, status=422)
    except EditedMeanwhile as refusal:
        if refusal.message == str(PAGES_MOVED):
            messages.error(request, in_language(refusal.message))
            return _form(request, subtopic, draft, revision, status=409)
        subtopic.refresh_from_db()
        merged, rival = _reconciled(subtopic, draft, revision, in_language(refusal.message))
        return _form(request, subtopic, merged, subtopic.revision, status=409, rival=rival)
    messages.success(request, _("Saved."))
    return redirect("admin:books_book_guideline", book.pk, subtopic.pk)


def _form(
    request: StaffRequest,
    row: Subtopic,
    draft: Draft,
    revision: int | None,
    *,
    status: int = 200,
    rival: Rival | None = None,
) -> HttpResponse:
    book = row.topic.book
    numbers = page_numbers(book.pk)
    stored = dict(statements(numbered(row.guideline, numbers)))
    context = {
        **review_context(request, book),
        "chosen": {"row": row},
        "draft": _beside(draft, stored),
        "revision": revision,
        "rival": rival,
        "is_refused": status != HTTPStatus.OK,
        "cited": cited_page(request, book, row, numbers),
        "pages": ranges(numbers.numbers(row.pages)),
        "order": numbers.mark,
    }
    return show(request, "guideline_edit", context, status=status)


def _draft_of(row: Any, numbers: PageNumbers) -> Draft:
    """Of a row or one of its history."""
    guideline = numbered(row.guideline, numbers)
    lines = {
        str(part): [
            Line(each.text, ranges(each.pages), name=f"{part}.{at}") for at, each in enumerate(guideline.get(part, ()))
        ]
        for part in Part
    }
    return Draft(row.title, row.summary, lines)


def _beside(draft: Draft, stored: Mapping[str, Statement[int]]) -> Draft:
    """Each line that still says the same with the statement that it was."""

    def known(line: Line) -> Line:
        was = stored.get(line.name)
        return replace(line, stored=was if was and was.text == line.text else None)

    return replace(draft, parts={part: list(map(known, lines)) for part, lines in draft.parts.items()})


def _posted(request: StaffRequest) -> Draft:
    said = request.POST
    checked = set(said.getlist("checked"))
    lines = {
        part: [
            Line(text.strip(), pages.strip(), name=name, checked=name in checked)
            for text, pages, name in zip_longest(
                *(said.getlist(f"{part}.{each}") for each in ("text", "pages", "name")), fillvalue=""
            )
            if text.strip()
        ]
        for part in PARTS
    }
    title = " ".join(said.get("title", "").split())
    return Draft(title, said.get("summary", "").replace("\r\n", "\n").strip(), lines)


def _statements(draft: Draft) -> tuple[dict[str, list[StatementInput]], dict[str, str]]:
    """The statements, and what is wrong with how their pages are written."""
    parts: dict[str, list[StatementInput]] = {part: [] for part in PARTS}
    problems: dict[str, str] = {}
    for part, lines in draft.parts.items():
        for at, line in enumerate(lines):
            try:
                parts[part].append({"text": line.text, "pages": numbers_in(line.pages), "checked": line.checked})
            except ValueError:
                problems[f"{part}.{at}"] = str(NOT_PAGES)
    return parts, problems


def _with_problems(draft: Draft, problems: Mapping[str, str]) -> Draft:
    lines = {
        part: [replace(line, problem=problems.get(f"{part}.{at}", "")) for at, line in enumerate(lines)]
        for part, lines in draft.parts.items()
    }
    return Draft(draft.title, draft.summary, lines)


def _reconciled(row: Subtopic, mine: Draft, revision: int | None, sentence: str) -> tuple[Draft, Rival]:
    """What the person left alone is as the other made it; what both changed is as the person wrote it."""
    seen = version_seen(row.pk, revision)
    numbers = page_numbers(row.topic.book_id)
    base, theirs = _draft_of(seen or row, numbers), _draft_of(row, numbers)
    before, after = words_of(seen or row, numbers), words_of(row, numbers)
    both: list[str] = []

    def chosen(title: str, old: Any, their: Any, own: Any) -> Any:
        if own != old and their not in (old, own):
            both.append(title)
        return their if own == old else own

    parts = {
        part: chosen(_(title), base.parts[part], theirs.parts[part], mine.parts[part])
        for part, title in PART_TITLES.items()
    }
    merged = Draft(
        chosen(_("Title"), base.title, theirs.title, mine.title),
        chosen(_("Summary"), base.summary, theirs.summary, mine.summary),
        parts,
    )
    return merged, Rival(sentence, differences(before, after), both)


# ---- topics ---------------------------------------------------------------------------------------------------------


@screen("books.change_topic", "guidelines/topics/<int:topic_id>/", "books_book_topic")
def topic_screen(request: StaffRequest, book: Book, topic: Topic) -> HttpResponseBase:
    return _topic_form(request, topic, {"title": topic.title, "summary": topic.summary, "storyline": topic.storyline})


@action("books.change_topic", "guidelines/topics/<int:topic_id>/save/", "books_book_topic_save")
def save_topic(request: StaffRequest, book: Book, topic: Topic) -> HttpResponseBase:
    said = {name: request.POST.get(name, "") for name in ("title", "summary", "storyline")}
    try:
        edit_topic(book.pk, topic.pk, user=request.user, revision=seen_revision(request), **said)
    except EditRefused as refusal:
        messages.error(request, in_language(refusal.message))
        return _topic_form(request, topic, said, status=422)
    except EditedMeanwhile as refusal:
        why = in_language(refusal.message)
        messages.error(request, _("{message} Yours is below; what it says now is beside it.").format(message=why))
        topic.refresh_from_db()
        return _topic_form(request, topic, said, status=409)
    messages.success(request, _("Saved."))
    return redirect("admin:books_book_arrange_guidelines", book.pk)


def _topic_form(request: StaffRequest, topic: Topic, said: Mapping[str, str], *, status: int = 200) -> HttpResponse:
    present = {name: str(getattr(topic, name)) for name in said}
    context = {
        **review_context(request, topic.book),
        "topic": topic,
        "said": said,
        "present": [(name.capitalize(), text) for name, text in present.items() if status == 409],
    }
    return show(request, "topic", context, status=status)
