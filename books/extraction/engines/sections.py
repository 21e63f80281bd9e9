"""From the model's sections of one window to an outline in which no page is lost. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from books.extraction.engines.forms import OutlineForm, SectionForm
from books.structure.base import Digest, Outline, SubtopicPlan, TopicPlan
from books.structure.heading_candidates import Mark, page_marks
from books.structure.headings import same_title
from books.structure.numbering import LEVELS, number_order


def extended(so_far: Outline, answer: OutlineForm, window: Sequence[Digest]) -> Outline:
    """``so_far`` followed by the sections of ``answer`` over the pages of ``window`` (not empty, in order).

    Sections are put in order and cut to the window, each to the page on which the next one begins; a page that none
    names goes to the section before it, or to the front matter where there is none. One that begins a page off from its
    heading is moved to it, and what stands between a chapter's heading and its first section belongs to that.
    """
    pages = [digest.page for digest in window]
    marks = [mark for digest in window for mark in page_marks(digest) if mark.kind in LEVELS]
    sections = _in_window([_at_its_heading(section, marks) for section in answer.sections], pages)
    taught = {page for each in sections for page in range(each.first_page, each.last_page + 1)}
    matter = set(answer.front_or_back_matter).intersection(pages) - taught
    topics = [_opened(topic) for topic in so_far.topics]
    for section in sections:
        _add(topics, section, marks)
    outline = Outline(
        topics=tuple(_spanning(topic) for topic in topics),
        front_matter=tuple(sorted({*so_far.front_matter, *matter})),
        basis="model",
    )
    return _without_gaps(outline, pages)


def _opened(topic: TopicPlan) -> tuple[TopicPlan, list[SubtopicPlan]]:
    return topic, list(topic.subtopics)


class _Placed(SectionForm):
    """``ends_before``: the last page of the section before it, where this one was moved."""

    note: str = ""
    ends_before: int | None = None


def _at_its_heading(section: SectionForm, marks: Sequence[Mark]) -> _Placed:
    """At the heading of its number or title on its first page, or else on the page before or after."""
    placed = _Placed.model_construct(**dict(section))
    near = [mark for mark in marks if abs(mark.page - section.first_page) <= 1 and _is_of(mark, section)]
    near.sort(key=lambda mark: abs(mark.page - section.first_page))
    if section.continues_previous or not near:
        return placed
    found = {"first_page": near[0].page, "starts_at": near[0].start_line}
    if near[0].page == section.first_page:
        return placed.model_copy(update=found) if not section.starts_at else placed
    note = f"“{section.title}” begins on page {near[0].page}, where its heading is, not on page {section.first_page}."
    before = near[0].page - (not near[0].shares_page)
    return placed.model_copy(update={**found, "note": note, "ends_before": before})


def _is_of(mark: Mark, section: SectionForm) -> bool:
    numbers = mark.order, number_order(section.number)
    return numbers[0] == numbers[1] if all(numbers) else bool(mark.title) and same_title(mark.title, section.title)


def _in_window(sections: Sequence[_Placed], pages: Sequence[int]) -> list[_Placed]:
    first, last = pages[0], pages[-1]
    kept = []
    for section in sections:
        start, end = max(first, section.first_page), min(last, max(section.first_page, section.last_page))
        if start <= end:
            kept.append(section.model_copy(update={"first_page": start, "last_page": end}))
    kept.sort(key=lambda section: section.first_page)
    for section, following in pairwise(kept):
        last = min(section.last_page, following.first_page) if following.ends_before is None else following.ends_before
        section.last_page = max(section.first_page, last)
    return kept


def _add(topics: list[tuple[TopicPlan, list[SubtopicPlan]]], section: _Placed, marks: Sequence[Mark]) -> None:
    plan = SubtopicPlan(
        title=section.title.strip() or section.chapter.strip() or f"Page {section.first_page}",
        first_page=section.first_page,
        last_page=section.last_page,
        number=section.number,
        start_line=section.starts_at,
        note=section.note,
    )
    last = topics[-1] if topics else None
    if section.continues_previous and last is not None and last[1][-1].last_page >= section.first_page - 1:
        last[1][-1] = replace(last[1][-1], last_page=max(last[1][-1].last_page, section.last_page))
    elif last is not None and _same(last[0].title, section.chapter):
        last[1].append(plan)
    else:
        title = section.chapter.strip() or plan.title
        plan = _with_opening(plan, title, marks, last[1][-1].last_page if last else 0)
        topics.append((TopicPlan(title, plan.first_page, plan.last_page, (), section.chapter_number), [plan]))


def _with_opening(plan: SubtopicPlan, chapter: str, marks: Sequence[Mark], taken: int) -> SubtopicPlan:
    """From the chapter's own heading on, where that stands above; ``taken``: the last page of the section before."""
    above = [mark for mark in marks if taken <= mark.page <= plan.first_page and same_title(mark.title, chapter)]
    return replace(plan, first_page=above[0].page, start_line=above[0].start_line) if above else plan


def _same(one: str, other: str) -> bool:
    return one.casefold().split() == other.casefold().split()


def _spanning(topic: tuple[TopicPlan, list[SubtopicPlan]]) -> TopicPlan:
    plan, subtopics = topic
    first = min(each.first_page for each in subtopics)
    last = max(each.last_page for each in subtopics)
    return replace(plan, first_page=first, last_page=last, subtopics=tuple(subtopics))


def _without_gaps(outline: Outline, pages: Sequence[int]) -> Outline:
    covered = set(outline.front_matter)
    for topic in outline.topics:
        for subtopic in topic.subtopics:
            covered.update(range(subtopic.first_page, subtopic.last_page + 1))
    for page in pages:
        if page not in covered:
            outline = _with_page(outline, page)
    return outline


def _with_page(outline: Outline, page: int) -> Outline:
    before = [
        (t, s)
        for t, topic in enumerate(outline.topics)
        for s, subtopic in enumerate(topic.subtopics)
        if subtopic.last_page < page
    ]
    if not before:
        return replace(outline, front_matter=tuple(sorted({*outline.front_matter, page})))
    at, place = before[-1]
    topics = [_opened(topic) for topic in outline.topics]
    topics[at][1][place] = replace(topics[at][1][place], last_page=page)
    return replace(outline, topics=tuple(_spanning(topic) for topic in topics))
