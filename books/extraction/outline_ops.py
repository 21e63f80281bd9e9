"""What the stages compute from their input alone. Imports neither Django nor a vendor's SDK.

Outlines name pages by id; what goes to an engine or comes from it has scan numbers from 1.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process

from books.extraction.base import Guideline, NamedSubtopic, Statement
from books.stored.guideline import Part
from books.stored.outline import CutBook, CutSubtopic, CutTopic
from books.stored.pages import PageId, PageNumbers
from books.structure.base import Outline, PageText, SubtopicPlan, TopicPlan
from books.structure.numbering import parse_numbering

NEIGHBOUR_LINES = 3
SAME_LINE_RATIO = 85
LINES_OF_A_HEADING = 3
ALIKE_RATIO = 80
# Summaries are made of the same phrases, so they must agree more.
ALIKE_SUMMARY_RATIO = 90
ALIKE_TERMS = 0.85
MOST_ALIKE = 3
MOST_TERMS = 30


@dataclass(frozen=True, slots=True)
class PlacedSubtopic:
    """A subtopic of the outline with its place: topic index from 0, and the line on its last page that ends it."""

    key: str
    topic: int
    plan: CutSubtopic
    end_line: str


def windows(numbers: Sequence[int], size: int) -> list[tuple[int, ...]]:
    """The page numbers cut into windows of at most ``size``, in order."""
    return [tuple(numbers[at : at + size]) for at in range(0, len(numbers), size)]


def first_lines(text: str) -> str:
    return "\n".join(_printed(text)[:NEIGHBOUR_LINES])


def last_lines(text: str) -> str:
    return "\n".join(_printed(text)[-NEIGHBOUR_LINES:])


def _printed(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def placed_subtopics(outline: CutBook) -> list[PlacedSubtopic]:
    """All subtopics of ``outline`` in book order, with keys that stay the same while pages and title do."""
    flat = [(index, plan) for index, topic in enumerate(outline.topics) for plan in topic.subtopics]
    followers = [*(plan for _, plan in flat[1:]), None] if flat else []
    keys = _told_apart(plan.key for _, plan in flat)
    return [
        PlacedSubtopic(key, topic, plan, _end_line(plan, follower))
        for key, (topic, plan), follower in zip(keys, flat, followers, strict=True)
    ]


def _told_apart(keys: Iterable[str]) -> Iterator[str]:
    """Each key, with a number where it came before: two sections of a page may have one title."""
    seen: Counter[str] = Counter()
    for key in keys:
        seen[key] += 1
        yield key if seen[key] == 1 else f"{key[:70]}-again{seen[key]}"


def joined(outlines: Sequence[CutBook], numbers: PageNumbers) -> CutBook:
    """One outline of the pages of all, in the order of the pages; halves of one topic become one again."""
    if len(outlines) < 2:
        return outlines[0] if outlines else CutBook()
    topics: list[CutTopic] = []
    every = [topic for outline in outlines for topic in outline.topics]
    for topic in sorted(every, key=lambda each: numbers.first(each.pages)):
        if topics and (topics[-1].number, topics[-1].title) == (topic.number, topic.title):
            both = (*topics[-1].subtopics, *topic.subtopics)
            ordered = sorted(both, key=lambda each: (numbers.first(each.pages), numbers.last(each.pages)))
            topics[-1] = replace(topic, subtopics=tuple(ordered))
        else:
            topics.append(topic)
    taught = {page for topic in topics for page in topic.pages}
    matter = {page for outline in outlines for page in outline.front_matter} - taught
    return CutBook(tuple(topics), numbers.in_order(matter), max(outline.basis for outline in outlines))


def without(outline: CutBook, pages: set[PageId]) -> CutBook:
    """``outline`` without the subtopics that lie within ``pages``."""
    topics = []
    for topic in outline.topics:
        kept = tuple(plan for plan in topic.subtopics if not pages.issuperset(plan.pages))
        if kept:
            topics.append(replace(topic, subtopics=kept))
    matter = tuple(page for page in outline.front_matter if page not in pages)
    return CutBook(tuple(topics), matter, outline.basis)


def _end_line(plan: CutSubtopic, follower: CutSubtopic | None) -> str:
    return follower.start_line if follower is not None and follower.pages[:1] == plan.pages[-1:] else ""


def with_ids(outline: Outline, numbers: PageNumbers) -> CutBook:
    """What an engine cut, to be stored."""

    def subtopic(plan: SubtopicPlan) -> CutSubtopic:
        pages = numbers.ids(range(plan.first_page, plan.last_page + 1))
        return CutSubtopic(plan.title, pages, plan.number, plan.start_line, plan.note)

    topics = [CutTopic(each.title, tuple(map(subtopic, each.subtopics)), each.number) for each in outline.topics]
    return CutBook(tuple(topics), numbers.ids(outline.front_matter), outline.basis)


def with_numbers(cut: CutBook, numbers: PageNumbers) -> Outline:
    """What was stored, for an engine: each part from the first to the last of its pages that are left."""
    topics = []
    for topic in cut.topics:
        plans = tuple(
            SubtopicPlan(each.title, numbers.first(each.pages), numbers.last(each.pages), each.number, each.start_line)
            for each in topic.subtopics
            if numbers.first(each.pages)
        )
        if plans:
            first, last = min(each.first_page for each in plans), max(each.last_page for each in plans)
            topics.append(TopicPlan(topic.title, first, last, plans, topic.number))
    return Outline(tuple(topics), tuple(numbers.numbers(cut.front_matter)), cut.basis)


def trimmed(pages: Sequence[PageText], start_line: str, end_line: str) -> tuple[PageText, ...]:
    """The pages of a subtopic without what stands before its heading and from its follower's heading on.

    A heading that is not found trims nothing: too much text does less harm than too little.
    """
    result = list(pages)
    if result and end_line:
        result[-1] = _cut(result[-1], end_line, keep_before=True)
    if result and start_line:
        result[0] = _cut(result[0], start_line, keep_before=False)
    return tuple(result)


def _cut(page: PageText, line: str, *, keep_before: bool) -> PageText:
    printed = page.text.splitlines()
    at = _index_of(line, printed)
    if at is None:
        return page
    wanted = printed[:at] if keep_before else printed[at:]
    place = _index_of(line, [each.text for each in page.lines])
    kept = () if place is None else page.lines[:place] if keep_before else page.lines[place:]
    return replace(page, text="\n".join(wanted), lines=kept)


def _index_of(line: str, printed: Sequence[str]) -> int | None:
    """Where a heading begins that may run over three lines: as it is, or else without its number, which may stand apart
    or only on one of the two."""
    sizes, places = range(1, LINES_OF_A_HEADING + 1), range(len(printed))
    spans = [(at, " ".join(printed[at : at + size])) for size in sizes for at in places]
    for read in (str, _without_number):
        texts = [read(text) for _, text in spans]
        if found := process.extractOne(read(line), texts, scorer=fuzz.ratio, score_cutoff=SAME_LINE_RATIO):
            at = spans[found[2]][0]
            return at - bool(at and re.fullmatch(r"\d+(?:\.\d+)*\.?", printed[at - 1].strip()))
    return None


def _without_number(text: str) -> str:
    parsed = parse_numbering(text)
    return parsed.title if parsed and parsed.title else text


def supported(guideline: Guideline, pages: Collection[int]) -> Guideline:
    """The guideline with each statement's pages limited to ``pages``; a statement that names none of them goes."""
    allowed = set(pages)
    parts = {part: tuple(_limited(guideline.parts[part], allowed)) for part in Part}
    return Guideline.of(parts, guideline.summary)


def _limited(statements: Sequence[Statement], allowed: set[int]) -> Iterator[Statement]:
    for statement in statements:
        pages = tuple(page for page in statement.pages if page in allowed)
        if pages:
            yield replace(statement, pages=pages)


def look_alikes(subtopics: Sequence[NamedSubtopic]) -> list[tuple[NamedSubtopic, NamedSubtopic]]:
    """Pairs, in book order, that an engine should judge: each subtopic with at most three that are most like it, by
    their titles, their summaries or their terms, wherever in the book they are."""
    likeness = _Likeness(subtopics)
    pairs = {(min(at, other), max(at, other)) for at in range(len(subtopics)) for other in likeness.closest_to(at)}
    return [(subtopics[one], subtopics[other]) for one, other in sorted(pairs)]


class _Likeness:
    """Each subtopic beside all others, a row at a time: memory grows with their number alone."""

    def __init__(self, subtopics: Sequence[NamedSubtopic]) -> None:
        self.titles = [each.title.casefold() for each in subtopics]
        self.summaries = [" ".join(sorted(each.summary.split())) for each in subtopics]
        self.weights = [_weights(each.terms) for each in subtopics]
        found: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for at, weights in enumerate(self.weights):
            for term, weight in weights.items():
                found[term].append((at, weight))
        self.holders = {
            term: (np.array([at for at, _ in each]), np.array([weight for _, weight in each]))
            for term, each in found.items()
        }

    def closest_to(self, at: int) -> list[int]:
        wording, matter = self._wording(at), self._matter(at)
        is_alike = (wording >= ALIKE_RATIO) | (matter >= ALIKE_TERMS)
        is_alike[at] = False
        alike = np.flatnonzero(is_alike)
        # Rounded, so that what is equally like comes in the order of the book.
        scores = np.maximum(wording / 100, matter)[alike].round(9)
        return [int(other) for other in alike[np.lexsort((alike, -scores))][:MOST_ALIKE]]

    def _wording(self, at: int) -> Any:
        titles = _ratios(self.titles, at, fuzz.token_set_ratio, ALIKE_RATIO)
        summaries = _ratios(self.summaries, at, fuzz.ratio, ALIKE_SUMMARY_RATIO)
        return np.maximum(titles, summaries)

    def _matter(self, at: int) -> Any:
        shared = np.zeros(len(self.titles))
        for term, weight in self.weights[at].items():
            others, weights = self.holders[term]
            shared[others] += weight * weights
        return shared


def _ratios(texts: Sequence[str], at: int, scorer: Callable[..., float], least: float) -> Any:
    """0 to 100 of the text ``at`` with each; 0 below ``least``."""
    return process.cdist([texts[at]], texts, scorer=scorer, score_cutoff=least, dtype=np.float64)[0]


def _weights(terms: Mapping[str, int]) -> dict[str, float]:
    """The commonest terms, scaled so that the product of two such with themselves is 1."""
    kept = sorted(terms.items(), key=lambda term: (-term[1], term[0]))[:MOST_TERMS]
    size = math.sqrt(sum(count * count for _, count in kept))
    return {term: count / size for term, count in kept} if size else {}
