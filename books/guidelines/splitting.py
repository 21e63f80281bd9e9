"""One subtopic becomes two at a page, or at a heading on it; each statement goes with the pages that support it."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.contrib.auth.models import AbstractBaseUser

from books.errors import EditRefused
from books.guidelines.changes import change, present
from books.guidelines.checking import Texts, pages_changed, texts_of
from books.guidelines.ordering import order_subtopics, place_behind
from books.guidelines.parts import PARTS, Parts, statements_of
from books.language import content_stems
from books.models import Subtopic


def split_subtopic(
    book_id: int,
    subtopic_id: int,
    *,
    at: int,
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
        texts = texts_of(book_id)
        title = " ".join((title or heading or f"{first.title} (continued)").split())[:200]
        staying = [page for page in first.pages if page < at or (heading and page == at)]
        leaving = [page for page in first.pages if page >= at]
        if at not in first.pages or not staying:
            raise EditRefused("The second part must begin on one of its pages, with something before it.")
        second = _second(first, at, heading, title, leaving)
        stays, second.guideline = divided(first.guideline, _side(at, heading, texts))
        first.pages, first.guideline = staying, stays
        for row in (first, second):
            pages_changed(row, texts)
            row.save()
        rows = list(Subtopic.objects.filter(topic=first.topic_id).order_by("sequence").values_list("pk", flat=True))
        rows.insert(rows.index(first.pk) + 1, rows.pop(rows.index(second.pk)))
        order_subtopics(first.topic_id, rows)
        made.tell(f"Split “{first.title}” at page {at}: “{second.title}” begins there")
    return first, second


def _second(first: Subtopic, at: int, heading: str, title: str, pages: list[int]) -> Subtopic:
    return Subtopic(
        topic_id=first.topic_id,
        sequence=place_behind(first.topic_id),
        key=new_key(first.topic_id, at, pages[-1], title),
        title=title,
        start_line=heading[:200],
        pages=pages,
        engine=first.engine,
        recipe=first.recipe,
        provenance=first.provenance,
        status=first.status,
        reviewed_by_id=first.reviewed_by_id,
        reviewed_at=first.reviewed_at,
    )


def new_key(topic_id: int, first_page: int, last_page: int, title: str) -> str:
    """Made as those of the outline are, and told apart from the ones in the topic."""
    slug = re.sub(r"[^\w]+", "-", title.casefold()).strip("-")
    key = f"{first_page}-{last_page}-{slug}"[:80]
    taken = set(Subtopic.objects.filter(topic=topic_id, key__startswith=key[:70]).values_list("key", flat=True))
    return next(each for each in (key, *(f"{key[:70]}~{n}" for n in range(2, 999))) if each not in taken)


def divided(guideline: Parts, leaves: Callable[[str, int], bool]) -> tuple[Parts, Parts]:
    """What stays and what goes. ``leaves(text, page)`` says of each page of a statement whether it goes; a statement
    with pages on both sides is on both, with the pages of each."""
    stays: Parts = {}
    goes: Parts = {}
    for part in PARTS:
        stays[part], goes[part] = [], []
        for each in statements_of(guideline, part):
            leaving = [page for page in each["pages"] if leaves(each["text"], page)]
            staying = [page for page in each["pages"] if page not in leaving]
            if staying or not leaving:
                stays[part].append({**each, "pages": staying})
            if leaving:
                goes[part].append({**each, "pages": leaving})
    return stays, goes


def _side(at: int, heading: str, texts: Texts) -> Callable[[str, int], bool]:
    """On a page that both parts have, a statement is where more of its words are."""
    before, _, behind = texts.get(at, "").partition(heading) if heading else ("", "", "x")
    above, below = set(content_stems(before)), set(content_stems(heading + " " + behind))

    def leaves(text: str, page: int) -> bool:
        if page != at or not heading:
            return page >= at
        said = set(content_stems(text))
        return len(said & below) >= len(said & above)

    return leaves
