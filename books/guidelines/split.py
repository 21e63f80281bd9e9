"""One subtopic becomes two, or two that teach the same become one; statements go with the pages that support them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _

from books.errors import EditRefused
from books.guidelines.changes import change, present
from books.guidelines.checking import Texts, edited, pages_changed
from books.guidelines.order import close_gaps, order_subtopics, place_behind
from books.language import content_stems
from books.models import ReviewStatus, Subtopic
from books.models.page import page_numbers
from books.sentences import told
from books.stored.guideline import Guideline, Part, Statement
from books.stored.outline import free_key, subtopic_key
from books.stored.pages import PageId

Statements = tuple[Statement[PageId], ...]


def merge(
    book_id: int,
    subtopic_id: int,
    *,
    other: int,
    user: AbstractBaseUser | None,
    revision: int | None,
    other_revision: int | None = None,
) -> Subtopic:
    """A person's merge: the subtopic takes in ``other``. Raises EditRefused or EditedMeanwhile."""
    with change(book_id, "Merged", user=user) as made:
        one = present(Subtopic.objects.filter(topic__book=book_id), subtopic_id, revision)
        two = present(Subtopic.objects.filter(topic__book=book_id), other, other_revision)
        if one.pk == two.pk:
            raise EditRefused(_("Choose another guideline to merge with."))
        merge_subtopics(one, two)
        one.refresh_from_db()  # it may have moved up into the gap
        edited(one, Texts(book_id))
        one.save()
        made.tell(told("Merged “{other}” into “{title}”", other=two.title, title=one.title))
    return one


def merge_subtopics(one: Subtopic, other: Subtopic) -> None:
    """``one`` takes pages, statements and summary of ``other``, which goes, as does its topic where it was the last.

    In the current change, with rows read inside it. A decision on ``one`` was about less than it is now: it awaits
    review again.
    """
    one.guideline = union(one.guideline, other.guideline)
    one.summary = " ".join(dict.fromkeys(filter(None, (one.summary, other.summary))))
    one.pages = page_numbers(one.topic.book_id).in_order((*one.pages, *other.pages))
    one.merged_keys = [*one.merged_keys, *(other.keys if other.cut_topic else other.merged_keys)]
    one.made_from = [*one.made_from, *other.made_from]
    one.terms = {term: one.terms.get(term, 0) + other.terms.get(term, 0) for term in {**one.terms, **other.terms}}
    if one.status != ReviewStatus.DRAFT:
        one.await_review()
    one.save()
    topic_id = other.topic_id
    other.delete()
    close_gaps(topic_id)


def union(one: Guideline, other: Guideline) -> Guideline:
    """Part by part; equal statements once, with the pages of both."""
    return {part: _union(one.get(part, ()), other.get(part, ())) for part in Part if part in one or part in other}


def _union(one: Statements, other: Statements) -> Statements:
    kept: dict[str, Statement[PageId]] = {}
    for statement in (*one, *other):
        known = kept.get(statement.text, statement)
        pages, evidence, findings = (
            tuple(dict.fromkeys((*ours, *theirs)))
            for ours, theirs in (
                (known.pages, statement.pages),
                (known.evidence, statement.evidence),
                (known.findings, statement.findings),
            )
        )
        kept[statement.text] = replace(known, pages=pages, evidence=evidence, findings=findings)
    return tuple(kept.values())


def split_subtopic(
    book_id: int,
    subtopic_id: int,
    *,
    at: PageId,
    user: AbstractBaseUser | None,
    revision: int | None,
    heading: str = "",
    title: str = "",
) -> tuple[Subtopic, Subtopic]:
    """The pages before ``at`` stay; those from it on become a new subtopic behind this one.

    With ``heading``, a line of page ``at``, both have that page: what stands before the line stays. Merged again, the
    two are what was split. Raises EditRefused where a part would have no page, or EditedMeanwhile.
    """
    with change(book_id, "Split", user=user) as made:
        first = present(Subtopic.objects.filter(topic__book=book_id), subtopic_id, revision)
        texts = Texts(book_id)
        title = " ".join((title or heading or f"{first.title} (continued)").split())[:200]
        numbers = page_numbers(book_id)
        pages = numbers.in_order(first.pages)
        place = pages.index(at) if at in pages else 0
        staying, leaving = pages[: place + bool(heading)], pages[place:]
        if at not in pages or not staying or not numbers.has(at):
            raise EditRefused(_("The second part must begin on one of its pages, with something before it."))
        second = _second(first, heading, title, leaving)
        stays, second.guideline = divided(first.guideline, _side(at, heading, set(leaving), texts))
        first.pages, first.guideline = staying, stays
        for row in (first, second):
            pages_changed(row, texts)
            row.save()
        rows = list(Subtopic.objects.filter(topic=first.topic_id).order_by("sequence").values_list("pk", flat=True))
        rows.insert(rows.index(first.pk) + 1, rows.pop(rows.index(second.pk)))
        order_subtopics(first.topic_id, rows)
        page = numbers.first([at])
        made.tell(
            told(
                "Split “{title}” at page {page}: “{other}” begins there",
                title=first.title,
                page=page,
                other=second.title,
            )
        )
    return first, second


def _second(first: Subtopic, heading: str, title: str, pages: tuple[PageId, ...]) -> Subtopic:
    return Subtopic(
        topic_id=first.topic_id,
        sequence=place_behind(first.topic_id),
        key=new_key(first.topic_id, title, pages),
        title=title,
        start_line=heading[:200],
        pages=pages,
        engine=first.engine,
        made_with=first.made_with,
        provenance=first.provenance,
        status=first.status,
        reviewed_by_id=first.reviewed_by_id,
        reviewed_at=first.reviewed_at,
    )


def new_key(topic_id: int, title: str, pages: tuple[PageId, ...]) -> str:
    """Made as those of the outline are, and told apart from the ones in the topic."""
    key = subtopic_key(title, pages)
    return free_key(key, Subtopic.objects.filter(topic=topic_id).values_list("key", flat=True))


def divided(guideline: Guideline, leaves: Callable[[str, PageId], bool]) -> tuple[Guideline, Guideline]:
    """What stays and what goes. ``leaves(text, page)`` says of each page of a statement whether it goes; a statement
    with pages on both sides is on both, with the pages of each."""

    def half(statements: Statements, *, goes: bool) -> Statements:
        found = []
        for each in statements:
            pages = tuple(page for page in each.pages if leaves(each.text, page) == goes)
            if pages or not (each.pages or goes):
                evidence = tuple(quote for quote in each.evidence if quote.page in pages)
                found.append(replace(each, pages=pages, evidence=evidence))
        return tuple(found)

    stays, going = ({part: half(guideline.get(part, ()), goes=goes) for part in Part} for goes in (False, True))
    return stays, going


def _side(at: PageId, heading: str, leaving: set[PageId], texts: Texts) -> Callable[[str, PageId], bool]:
    """On a page that both parts have, a statement is where more of its words are."""
    before, _, behind = texts.get(at).partition(heading) if heading else ("", "", "x")
    above, below = set(content_stems(before)), set(content_stems(heading + " " + behind))

    def leaves(text: str, page: PageId) -> bool:
        if page != at or not heading:
            return page in leaving
        said = set(content_stems(text))
        return len(said & below) >= len(said & above)

    return leaves
