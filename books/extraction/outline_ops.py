"""What the stages compute from their input alone. Imports neither Django nor a vendor's SDK.

Pages are scan numbers from 1.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process

from books.extraction.base import Guideline, NamedSubtopic, Statement
from books.guidelines.evidence import PrintedWords
from books.guidelines.parts import PARTS
from books.structure.base import Outline, PageText, SubtopicPlan, TopicPlan

NEIGHBOUR_LINES = 3
SAME_LINE_RATIO = 85
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
    plan: SubtopicPlan
    end_line: str


def fingerprint(*parts: object) -> str:
    """A sha256 over the JSON of ``parts``: equal exactly when the input is."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def windows(numbers: Sequence[int], size: int) -> list[tuple[int, ...]]:
    """The page numbers cut into windows of at most ``size``, in order."""
    return [tuple(numbers[at : at + size]) for at in range(0, len(numbers), size)]


def first_lines(text: str) -> str:
    return "\n".join(_printed(text)[:NEIGHBOUR_LINES])


def last_lines(text: str) -> str:
    return "\n".join(_printed(text)[-NEIGHBOUR_LINES:])


def _printed(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def placed_subtopics(outline: Outline) -> list[PlacedSubtopic]:
    """All subtopics of ``outline`` in book order, with keys that stay the same while pages and title do."""
    flat = [(index, plan) for index, topic in enumerate(outline.topics) for plan in topic.subtopics]
    followers = [*(plan for _, plan in flat[1:]), None] if flat else []
    keys = _told_apart(_key(plan) for _, plan in flat)
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


def joined(outlines: Sequence[Outline]) -> Outline:
    """One outline of the pages of all, in the order of the pages; halves of one topic become one again."""
    if len(outlines) < 2:
        return outlines[0] if outlines else Outline()
    topics: list[TopicPlan] = []
    for topic in sorted((topic for outline in outlines for topic in outline.topics), key=lambda each: each.first_page):
        if topics and (topics[-1].number, topics[-1].title) == (topic.number, topic.title):
            topics[-1] = _spanning(topic, (*topics[-1].subtopics, *topic.subtopics))
        else:
            topics.append(topic)
    taught = {page for topic in topics for plan in topic.subtopics for page in pages_in(plan)}
    matter = {page for outline in outlines for page in outline.front_matter} - taught
    return Outline(tuple(topics), tuple(sorted(matter)), max(outline.basis for outline in outlines))


def pages_in(plan: SubtopicPlan) -> range:
    return range(plan.first_page, plan.last_page + 1)


def without(outline: Outline, pages: set[int]) -> Outline:
    """``outline`` without the subtopics that lie within ``pages``."""
    topics = []
    for topic in outline.topics:
        kept = [plan for plan in topic.subtopics if not pages.issuperset(pages_in(plan))]
        if kept:
            topics.append(_spanning(topic, kept))
    return Outline(tuple(topics), tuple(sorted(set(outline.front_matter) - pages)), outline.basis)


def _spanning(topic: TopicPlan, subtopics: Iterable[SubtopicPlan]) -> TopicPlan:
    ordered = tuple(sorted(subtopics, key=lambda each: (each.first_page, each.last_page)))
    last = max(each.last_page for each in ordered)
    return replace(topic, first_page=ordered[0].first_page, last_page=last, subtopics=ordered)


def _key(plan: SubtopicPlan) -> str:
    slug = re.sub(r"[^\w]+", "-", plan.title.casefold()).strip("-")
    return f"{plan.first_page}-{plan.last_page}-{slug}"[:80]


def _end_line(plan: SubtopicPlan, follower: SubtopicPlan | None) -> str:
    shares_page = follower is not None and follower.first_page == plan.last_page
    return follower.start_line if follower is not None and shares_page else ""


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
    laid_at = _index_of(line, [laid.text for laid in page.lines])
    laid = () if laid_at is None else page.lines[:laid_at] if keep_before else page.lines[laid_at:]
    return PageText(page.number, "\n".join(wanted), laid)


def _index_of(line: str, printed: Sequence[str]) -> int | None:
    found = process.extractOne(line, printed, scorer=fuzz.ratio, score_cutoff=SAME_LINE_RATIO)
    return found[2] if found else None


def supported(guideline: Guideline, pages: Sequence[int]) -> Guideline:
    """The guideline with each statement's pages limited to ``pages``; a statement that names none of them goes."""
    allowed = set(pages)
    parts = {part: tuple(_limited(getattr(guideline, part), allowed)) for part in PARTS}
    return Guideline(**parts, summary=guideline.summary)


def _limited(statements: Sequence[Statement], allowed: set[int]) -> Iterator[Statement]:
    for statement in statements:
        pages = tuple(page for page in statement.pages if page in allowed)
        if pages:
            yield replace(statement, pages=pages)


def checked(guideline: Guideline, printed: PrintedWords) -> Guideline:
    """The guideline with each statement flagged where a reviewer must look."""
    return each_statement(guideline, lambda each: replace(each, flags=printed.flags_of(each.text, each.pages)))


def each_statement(guideline: Guideline, change: Callable[[Statement], Statement]) -> Guideline:
    parts = {part: tuple(change(each) for each in getattr(guideline, part)) for part in PARTS}
    return Guideline(**parts, summary=guideline.summary)


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
